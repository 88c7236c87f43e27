"""L1 to L5: the lap ring, and what it costs."""

import pytest

from algorithms.ring.counting import all_rings, all_start, one_starts
from algorithms.ring.table import (
    GUARDED,
    UNGUARDED,
    Lone,
    before,
    eid,
    envelopes,
    passed,
    promises,
    rank,
    reasons,
    settings,
)
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.ring.messages import Collect, Coordinator, Install, Visit
from quorate.core.effects import LeaderChanged, Persist, Send
from quorate.core.ids import NodeId

LAP = settings(variant="lap")
LISTENS = settings(variant="lap", preempt=False)
GUARDED_LAP = settings(GUARDED, variant="lap")
EVER = UNGUARDED.failure_ns + UNGUARDED.delay_ns


def visits(*nodes: NodeId) -> tuple[Visit, ...]:
    """Signatures."""
    return tuple(Visit(rank(node), 1) for node in nodes)


def told(epoch: Epoch, *nodes: NodeId) -> Coordinator:
    """What comes of a list."""
    return Coordinator(epoch, max(visits(*nodes)), visits(*nodes))


def test_l1_the_list_begins_with_the_initiator() -> None:
    assert passed(Lone(2, LAP).started) == [(3, Collect(visits(2)))]


def test_l2_whoever_it_visits_signs() -> None:
    node = Lone(2, LISTENS)
    assert passed(node.envelope(1, Collect(visits(5, 1)), eid(5))) == [(3, Collect(visits(5, 1, 2)))]
    assert node.state.participant


def test_l2_a_list_that_was_signed_here_belongs_to_nobody_any_more() -> None:
    effects = Lone(2, LISTENS).envelope(1, Collect(visits(5, 1, 2, 3)), eid(5))
    assert reasons(effects) == ["orphan_dropped"]
    assert not passed(effects)


def test_l3_back_home_the_highest_that_signed_is_chosen() -> None:
    node = Lone(2, LAP)
    effects = node.envelope(1, Collect(visits(2, 3, 5, 1)), eid(2), max_seen=Epoch(3, 1))
    assert passed(effects) == [(3, told(Epoch(4, 5), 2, 3, 5, 1))]
    assert node.state.leader == 5
    assert before(effects, Persist, Send)


def test_l3_the_initiator_may_be_it() -> None:
    node = Lone(5, LAP)
    effects = node.envelope(4, Collect(visits(5, 1, 2)), eid(5))
    assert before(effects, Persist, LeaderChanged)
    assert passed(effects) == [(1, told(Epoch(1, 5), 5, 1, 2))]
    assert node.state.leader == 5


def test_l3_a_second_copy_of_the_list_chooses_nobody() -> None:
    node = Lone(2, LAP)
    node.envelope(1, Collect(visits(2, 3)), eid(2))
    assert reasons(node.envelope(1, Collect(visits(2, 3)), eid(2))) == ["token_late"]


def test_l4_everybody_records_it_and_passes_it_on() -> None:
    node = Lone(2, LISTENS)
    coordinator = told(Epoch(1, 5), 4, 5)
    effects = node.envelope(1, coordinator, eid(4))
    assert passed(effects) == [(3, coordinator)]
    assert node.state.leader == 5
    assert node.state.leader_boot == 1, "so that its first heartbeat is not taken for that of a restarted process"


def test_l4_the_same_twice_is_recorded_once_and_goes_all_the_way() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, told(Epoch(1, 5), 4, 5), eid(4))
    effects = node.envelope(1, told(Epoch(1, 5), 3, 5), eid(3))
    assert len(passed(effects)) == 1
    assert not promises(effects)


def test_l4_one_of_an_epoch_that_has_passed_is_dropped() -> None:
    node = Lone(2, LISTENS, promised=Epoch(2, 1))
    assert reasons(node.envelope(1, told(Epoch(1, 5), 4, 5), eid(4))) == ["elected_stale"]


def test_l4_the_initiator_takes_it_off_the_ring() -> None:
    node = Lone(2, LAP)
    node.envelope(1, Collect(visits(2, 3)), eid(2))
    assert not node.envelope(1, told(Epoch(1, 3), 2, 3), eid(2))


def test_l5_whoever_is_named_leads() -> None:
    node = Lone(5, LISTENS)
    effects = node.envelope(4, told(Epoch(1, 5), 2, 5), eid(2))
    assert promises(effects) == [Epoch(1, 5)]
    assert before(effects, Persist, LeaderChanged)
    assert node.state.leader == 5


def test_l5_with_the_guard_it_is_only_nominated_and_asks_for_grants_once() -> None:
    node = Lone(5, GUARDED_LAP)
    coordinator = told(Epoch(1, 5), 2, 5)
    effects = node.envelope(4, coordinator, eid(2))
    assert passed(effects) == [(1, coordinator), (1, Install(Epoch(1, 5), rank(5)))]
    assert promises(effects) == [Epoch(1, 5)]
    assert node.state.role == "claiming"
    again = node.envelope(4, told(Epoch(1, 5), 3, 5), eid(3))
    assert [type(body) for _, body in passed(again)] == [Coordinator]


def test_l5_with_the_guard_all_others_follow_nobody_for_that() -> None:
    node = Lone(2, GUARDED_LAP)
    effects = node.envelope(1, told(Epoch(1, 5), 4, 5), eid(4))
    assert node.state.leader is None
    assert not promises(effects)
    effects = node.envelope(1, Install(Epoch(1, 5), rank(5)), eid(5))
    assert passed(effects) == [(3, Install(Epoch(1, 5), rank(5), (2,)))]


def test_l5_with_the_guard_an_initiator_may_nominate_itself() -> None:
    node = Lone(5, GUARDED_LAP)
    node.wait(EVER)
    effects = node.envelope(4, Collect(visits(5, 1, 2)), eid(5))
    assert [type(body) for _, body in passed(effects)] == [Coordinator, Install]
    effects = node.envelope(4, Install(Epoch(1, 5), rank(5), (1, 2)), eid(5))
    assert node.state.leader == 5


def test_l5_whoever_is_nominated_again_asks_under_another_number() -> None:
    node = Lone(5, GUARDED_LAP)
    numbers = set()
    for counter in range(1, 10):
        effects = node.envelope(4, told(Epoch(counter, 5), 2, 5), eid(2, number=counter))
        numbers |= {envelope.eid.number for _, envelope in envelopes(effects) if isinstance(envelope.body, Install)}
        node.wait(GUARDED_LAP.victory_ns * 4)
    assert len(numbers) == 9


@pytest.mark.parametrize("n", [3, 5])
def test_what_it_costs(n: int) -> None:
    for seed, order in enumerate(all_rings(n)):
        cost, network = all_start("lap", order, seed)
        assert cost == {"Collect": n * n, "Coordinator": n * n}
        assert network.agreed() == n
        cost, network = one_starts("lap", order, order[seed % n], seed)
        assert cost == {"Collect": n, "Coordinator": n}
        assert network.agreed() == n
