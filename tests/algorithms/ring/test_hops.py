"""H1 to H7: how an envelope gets to the next node that lives."""

from algorithms.ring.table import GUARDED, HOP_NS, UNGUARDED, Lone, eid, envelopes, passed, rank, reasons, settings
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.ring.messages import Elected, Election, HopAck
from quorate.core.effects import LeaderChanged, Send
from quorate.core.ids import MILLISECOND

LISTENS = settings(preempt=False)
"""Nobody begins at the start."""


def test_h1_forward_counts_and_merges_and_remembers() -> None:
    node = Lone(2, LISTENS, promised=Epoch(4, 1))
    (sent,) = envelopes(node.envelope(1, Election(rank(5)), eid(5), hops=2, ttl=6, max_seen=Epoch(3, 3)))
    to, ring = sent
    assert (to, ring.hops, ring.ttl, ring.max_seen) == (3, 3, 5, Epoch(4, 1))
    assert node.state.unanswered[ring.msg_id].to == 3
    assert node.state.deadlines["hop_by"] == HOP_NS
    assert node.state.max_seen == Epoch(4, 1), "and what the envelope has seen is merged into the node"
    node.envelope(1, Election(rank(5)), eid(5), max_seen=Epoch(9, 3))
    assert node.state.max_seen == Epoch(9, 3)


def test_h1_a_token_of_ones_own_lives_for_two_laps() -> None:
    ((to, ring),) = envelopes(Lone(2).started)
    assert (to, ring.hops, ring.ttl) == (3, 1, 9)


def test_h2_an_acknowledged_hop_is_forgotten() -> None:
    node = Lone(2)
    node.receive(3, HopAck(1, 1))
    assert not node.state.unanswered
    assert node.state.deadlines["hop_by"] is None
    node.receive(3, HopAck(1, 1))


def test_h2_the_acknowledgement_waits_for_no_write() -> None:
    """4.6: it promises nothing, and comes before the Persist of its step. `Lone.envelope` looks at each."""
    node = Lone(2, LISTENS)
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert node.state.promised == Epoch(1, 5)


def test_h3_by_time_the_same_envelope_goes_to_the_next() -> None:
    node = Lone(2, LISTENS)
    ((_, ring),) = envelopes(node.envelope(1, Election(rank(5)), eid(5)))
    assert not envelopes(node.wait(HOP_NS - 1))
    effects = node.wait(1)
    assert envelopes(effects) == [(4, ring)], "the very same: no hop is counted twice"
    assert reasons(effects) == ["successor_suspected"]
    assert node.state.suspects == [3]


def test_h3_a_broken_link_is_seen_at_once() -> None:
    node = Lone(2, LISTENS)
    ((_, ring),) = envelopes(node.envelope(1, Election(rank(5)), eid(5)))
    assert envelopes(node.disconnect(3)) == [(4, ring)]
    assert not envelopes(node.disconnect(1)), "nothing was under way there"
    assert node.state.suspects == [3]


def test_h3_everything_that_is_under_way_goes_to_the_next_in_order() -> None:
    node = Lone(2, LISTENS)
    for initiator in (4, 5):
        node.envelope(1, Election(rank(initiator)), eid(initiator))
    assert passed(node.wait(HOP_NS)) == [(4, Election(rank(4))), (4, Election(rank(5)))]


def test_h3_a_renewed_link_gets_it_again_and_nobody_is_passed_over() -> None:
    node = Lone(2, LISTENS)
    ((_, ring),) = envelopes(node.envelope(1, Election(rank(5)), eid(5)))
    node.now += HOP_NS - 1
    assert envelopes(node.connect(3)) == [(3, ring)]
    assert not node.wait(2), "and it has all the time again"
    assert not node.state.suspects


def test_h3_whoever_is_alone_wins_without_the_guard() -> None:
    node = Lone(2, members=(1, 2, 3))
    node.disconnect(3)
    effects = node.disconnect(1)
    assert "alone" in reasons(effects)
    assert LeaderChanged(2, node.node.status(0).term, ready=True, exclusive="best_effort") in effects
    assert node.state.leader == 2


def test_h3_whoever_is_alone_is_blocked_with_the_guard() -> None:
    node = Lone(2, GUARDED, members=(1, 2, 3))
    node.wait(100 * MILLISECOND)
    node.disconnect(3)
    effects = node.disconnect(1)
    assert [reason for reason in reasons(effects) if reason in ("alone", "blocked")] == ["alone", "blocked"]
    assert node.state.role == "blocked"
    assert node.state.deadlines["retry_at"] is not None


def test_h3_a_ring_of_one_is_its_own_majority() -> None:
    node = Lone(1, GUARDED, members=(1,))
    node.wait(100 * MILLISECOND)
    assert node.state.leader == 1


def test_h4_any_word_of_a_suspect_heals_the_ring() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Election(rank(5)), eid(5))
    node.wait(HOP_NS)
    node.receive(3, HopAck(1, 1))
    assert not node.state.suspects
    assert passed(node.envelope(1, Election(rank(5)), eid(5, 2))) == [(3, Election(rank(5)))]


def test_h4_so_does_a_connection() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Election(rank(5)), eid(5))
    node.disconnect(3)
    node.connect(3)
    assert not node.state.suspects


def test_h4_a_suspicion_ends_by_itself() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Election(rank(5)), eid(5))
    node.disconnect(3)
    node.receive(4, HopAck(1, 1))
    node.now += UNGUARDED.suspicion_ns
    assert passed(node.envelope(1, Election(rank(4)), eid(4)))[-1][0] == 3


def test_h5_what_has_no_life_left_is_dropped() -> None:
    node = Lone(2, LISTENS)
    effects = node.envelope(1, Election(rank(5)), eid(5), ttl=0)
    assert reasons(effects) == ["orphan_dropped"]
    assert not envelopes(effects)
    ((_, last),) = envelopes(node.envelope(1, Election(rank(5)), eid(5), ttl=1))
    assert last.ttl == 0


def test_h5_what_comes_by_oftener_than_one_envelope_can_is_dropped() -> None:
    """Each slow hop makes a copy, and every hop of a copy may make another one."""
    node = Lone(2, LISTENS)
    for _ in range(5):
        assert envelopes(node.envelope(1, Election(rank(5)), eid(5)))
    sixth = node.envelope(1, Election(rank(5)), eid(5))
    assert (reasons(sixth), envelopes(sixth)) == (["orphan_dropped"], [])
    assert envelopes(node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))), "another kind"
    assert envelopes(node.envelope(1, Election(rank(5)), eid(5, 2))), "and the next election"


def test_h6_an_own_token_of_before_is_dropped() -> None:
    node = Lone(2, boot=2)
    for old in (eid(2, 1, boot=1), eid(2, 0, boot=2)):
        effects = node.envelope(1, Election(rank(2)), old)
        assert reasons(effects) == ["orphan_dropped"]
        assert not envelopes(effects)
    assert node.state.leader is None


def test_h6_so_is_one_whose_owner_has_set_out_again() -> None:
    node = Lone(2, LISTENS)
    node.envelope(1, Election(rank(5)), eid(5, 2))
    effects = node.envelope(1, Election(rank(5)), eid(5, 1))
    assert reasons(effects) == ["orphan_dropped"]
    assert envelopes(node.envelope(1, Election(rank(5)), eid(5, 1, boot=2))), "its process began anew"


def test_h6_what_waits_here_is_forgotten_once_its_owner_has_set_out_again() -> None:
    node = Lone(2, LISTENS)
    for number in (1, 2):
        node.envelope(1, Election(rank(5)), eid(5, number))
    assert [(to, ring.eid) for to, ring in envelopes(node.connect(3))] == [(3, eid(5, 2))]
    node.envelope(1, Election(rank(5)), eid(5, 3))
    assert [(to, ring.eid) for to, ring in envelopes(node.disconnect(3))] == [(4, eid(5, 3))]
    assert len(node.state.unanswered) == 1


def test_h7_another_order_of_the_ring_is_not_for_us() -> None:
    node = Lone(2, settings(LISTENS, ring_version=3))
    effects = node.envelope(1, Election(rank(5)), eid(5), version=2)
    assert reasons(effects) == ["ring_version"]
    assert not envelopes(effects)
    assert envelopes(node.envelope(1, Election(rank(5)), eid(5), version=3))


def test_whoever_is_no_member_is_not_heard() -> None:
    node = Lone(2, LISTENS)
    effects = node.receive(9, HopAck(1, 1))
    assert reasons(effects) == ["not_a_member"]
    assert not [effect for effect in effects if isinstance(effect, Send)]


def test_a_heartbeat_goes_past_the_ring() -> None:
    node = Lone(2, LISTENS)
    node.receive(5, Heartbeat(1, Epoch(1, 5), 1, 0, rank(5)))
    assert node.state.leader == 5
