"""S1 to S7: Hirschberg and Sinclair's ring, and what it costs."""

from fractions import Fraction

import pytest

from algorithms.ring.counting import all_rings, all_start, hirschberg_sinclair, phases, ring_of
from algorithms.ring.table import Lone, eid, envelopes, passed, promises, rank, reasons, settings
from quorate.algorithms.electing.epoch import NEVER, Epoch
from quorate.algorithms.ring.messages import Elected, Probe, Reply
from quorate.core.ids import SECOND

HS = settings(variant="hirschberg_sinclair")
LISTENS = settings(variant="hirschberg_sinclair", preempt=False)


def probe(node: int, phase: int = 0, hop: int = 1, knew: Epoch = NEVER) -> Probe:
    """Of a candidate."""
    return Probe(rank(node), phase, hop, knew)


def test_s1_a_candidate_asks_both_neighbours() -> None:
    assert passed(Lone(3, HS).started) == [(4, probe(3)), (2, probe(3))]


def test_s2_a_higher_node_swallows_it_and_sets_out_itself() -> None:
    node = Lone(3, LISTENS)
    effects = node.envelope(2, probe(1), eid(1))
    assert passed(effects) == [(4, probe(3)), (2, probe(3))]
    assert reasons(effects)[0] == "token_swallowed"
    assert not passed(node.envelope(2, probe(2), eid(2))), "once"


def test_s2_a_late_probe_of_an_election_that_is_over_wakes_nobody() -> None:
    node = Lone(3, LISTENS)
    node.envelope(2, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert not passed(node.envelope(4, probe(1), eid(1), clockwise=False))
    fresh = probe(1, knew=Epoch(1, 5))
    assert passed(node.envelope(4, fresh, eid(1, 2), clockwise=False)) == [
        (4, probe(3, knew=Epoch(1, 5))),
        (2, probe(3, knew=Epoch(1, 5))),
    ]


def test_s3_a_lower_node_passes_it_on_up_to_the_last_hop_and_answers_there() -> None:
    node = Lone(3, LISTENS)
    assert passed(node.envelope(4, probe(5, 2, 3), eid(5), clockwise=False)) == [(2, probe(5, 2, 4))]
    ((to, ring),) = envelopes(node.envelope(4, probe(5, 2, 4), eid(5), clockwise=False))
    assert (to, ring.body, ring.clockwise, ring.ttl) == (4, Reply(rank(5), 2), True, 9)


def test_s3_a_reply_goes_back_to_whom_it_is_meant_for() -> None:
    node = Lone(3, LISTENS)
    assert passed(node.envelope(2, Reply(rank(5), 2), eid(5))) == [(4, Reply(rank(5), 2))]


def test_s4_ones_own_probe_has_come_round_however_far_it_was_to_go() -> None:
    node = Lone(3, HS)
    for hop in (5, 8):
        effects = node.envelope(2, probe(3, 3, hop), eid(3))
        if hop == 5:
            assert promises(effects) == [Epoch(1, 3)]
            assert passed(effects) == [(4, Elected(Epoch(1, 3), rank(3)))]
        else:
            assert reasons(effects) == ["token_late"], "that of the other direction changes nothing"


def test_s5_a_reply_from_either_side_begins_the_next_phase() -> None:
    node = Lone(3, HS)
    assert not passed(node.envelope(4, Reply(rank(3), 0), eid(3), clockwise=False))
    assert not passed(node.envelope(4, Reply(rank(3), 0), eid(3), clockwise=False)), (
        "a second copy is none from the other side"
    )
    assert passed(node.envelope(2, Reply(rank(3), 0), eid(3))) == [(4, probe(3, 1)), (2, probe(3, 1))]
    assert not passed(node.envelope(2, Reply(rank(3), 0), eid(3))), "late"


def test_s6_a_candidate_that_has_heard_of_a_leader_goes_on_asking() -> None:
    """No passive flag: so the count does not depend on what overtakes what."""
    node = Lone(3, HS)
    node.envelope(4, Reply(rank(3), 0), eid(3), clockwise=False)
    node.envelope(2, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert passed(node.envelope(2, Reply(rank(3), 0), eid(3))) == [(4, probe(3, 1)), (2, probe(3, 1))]
    assert node.state.leader == 5


def test_s7_a_gap_in_either_direction_sends_a_candidate_back_to_phase_0() -> None:
    node = Lone(3, HS)
    node.envelope(4, Reply(rank(3), 0), eid(3), clockwise=False)
    node.envelope(2, Reply(rank(3), 0), eid(3))
    effects = node.disconnect(2)
    assert node.state.number == 2
    assert passed(effects)[-2:] == [(4, probe(3)), (1, probe(3))]


def test_s7_whoever_is_no_candidate_only_repairs() -> None:
    node = Lone(3, LISTENS)
    node.envelope(2, probe(5, 1), eid(5))
    assert passed(node.disconnect(4)) == [(5, probe(5, 1, 2))]
    assert node.state.number == 0


@pytest.mark.parametrize("n", [3, 5])
def test_the_count_on_every_ring_when_all_start(n: int) -> None:
    for seed, order in enumerate(all_rings(n)):
        for schedule in range(2):
            cost, network = all_start("hirschberg_sinclair", order, 100 * schedule + seed)
            assert cost["Probe"] + cost["Reply"] == hirschberg_sinclair(order), order
            assert cost["Elected"] == n
            assert network.agreed() == n


@pytest.mark.parametrize("n", [8, 9])
def test_the_count_on_some_larger_rings(n: int) -> None:
    for seed, order in enumerate([tuple(range(1, n + 1)), *list(all_rings(n))[7::3001][:3]]):
        cost, network = all_start("hirschberg_sinclair", order, seed)
        assert cost["Probe"] + cost["Reply"] == hirschberg_sinclair(order), order
        assert network.agreed() == n


@pytest.mark.parametrize(
    ("n", "least", "greatest", "mean"), [(3, 23, 23, "23"), (5, 49, 55, "158/3"), (8, 64, 89, "8408/105")]
)
def test_least_greatest_and_mean_over_all_rings(n: int, least: int, greatest: int, mean: str) -> None:
    counts = [hirschberg_sinclair(order) for order in all_rings(n)]
    assert (min(counts), max(counts)) == (least, greatest)
    assert Fraction(sum(counts), len(counts)) == Fraction(mean)
    assert greatest <= 8 * n * phases(n)


@pytest.mark.parametrize(("n", "runs"), [(3, 3), (5, 4), (8, 4), (9, 5)])
def test_the_phases_that_the_winner_runs(n: int, runs: int) -> None:
    network = ring_of("hirschberg_sinclair", tuple(range(1, n + 1)))
    network.start()
    network.run(3 * SECOND)
    assert network[n].algorithm._state.phase + 1 == phases(n) == runs
