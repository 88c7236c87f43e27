"""C1 to C5, and what an election costs."""

from fractions import Fraction

import pytest

from algorithms.ring.counting import all_rings, all_start, chang_roberts, one_starts
from algorithms.ring.table import GUARDED, UNGUARDED, Lone, before, eid, passed, promises, rank, reasons, settings
from quorate.algorithms.electing.epoch import Epoch
from quorate.algorithms.ring.messages import Elected, Election
from quorate.core.effects import LeaderChanged, Persist, Send

LISTENS = settings(preempt=False)


def test_c1_whoever_begins_sends_its_own_token_once() -> None:
    node = Lone(2)
    assert passed(node.started) == [(3, Election(rank(2)))]
    assert node.state.contending
    node.state.begin()
    assert len(node.state.unanswered) == 1, "one that takes part already sends no other"


def test_c2_a_higher_token_passes_and_makes_a_participant() -> None:
    node = Lone(2, LISTENS)
    assert passed(node.envelope(1, Election(rank(5)), eid(5))) == [(3, Election(rank(5)))]
    assert node.state.participant
    assert not node.state.contending


def test_c3_a_lower_token_is_replaced_by_the_own_one() -> None:
    node = Lone(4, LISTENS)
    assert passed(node.envelope(3, Election(rank(2)), eid(2))) == [(5, Election(rank(4)))]
    assert node.state.contending


def test_c4_a_participant_swallows_a_lower_token() -> None:
    node = Lone(4)
    effects = node.envelope(3, Election(rank(2)), eid(2))
    assert not passed(effects)
    assert reasons(effects) == ["token_swallowed"]


def test_c5_the_own_token_wins_and_the_promise_is_durable_before_it_is_told() -> None:
    """4.6: own `promised` before Elected."""
    node = Lone(2)
    effects = node.envelope(1, Election(rank(2)), eid(2), max_seen=Epoch(6, 5))
    assert promises(effects) == [Epoch(7, 2)]
    assert passed(effects) == [(3, Elected(Epoch(7, 2), rank(2)))]
    assert before(effects, Persist, Send)
    assert before(effects, Persist, LeaderChanged)
    assert node.state.leader == 2


def test_c5_a_second_copy_of_it_wins_nothing() -> None:
    node = Lone(2)
    node.envelope(1, Election(rank(2)), eid(2))
    effects = node.envelope(1, Election(rank(2)), eid(2))
    assert reasons(effects) == ["token_late"]
    assert not passed(effects)


def test_c5_a_token_that_returns_after_a_leader_was_accepted_wins_nothing() -> None:
    node = Lone(2)
    node.envelope(1, Elected(Epoch(1, 5), rank(5)), eid(5))
    assert reasons(node.envelope(1, Election(rank(2)), eid(2))) == ["token_late"]
    assert node.state.leader == 5


def test_c5_with_the_guard_it_claims_and_leads_nobody_yet() -> None:
    node = Lone(2, GUARDED)
    node.wait(UNGUARDED.failure_ns + UNGUARDED.delay_ns)
    effects = node.envelope(1, Election(rank(2)), eid(2))
    assert passed(effects) == [(3, Elected(Epoch(1, 2), rank(2)))]
    assert node.state.role == "claiming"
    assert node.state.leader is None


# What it costs


@pytest.mark.parametrize("n", [3, 5])
def test_the_count_on_every_ring_when_all_start(n: int) -> None:
    rings = list(all_rings(n))
    for seed, order in enumerate(rings):
        cost, network = all_start("chang_roberts", order, seed)
        assert cost == {"Election": chang_roberts(order), "Elected": n}, order
        assert network.agreed() == n


@pytest.mark.parametrize(("n", "seed"), [(8, 1), (9, 3)])
def test_the_count_on_some_larger_rings(n: int, seed: int) -> None:
    for order in (tuple(range(1, n + 1)), tuple(range(n, 0, -1)), *list(all_rings(n))[seed::1501][:3]):
        cost, network = all_start("chang_roberts", order, seed)
        assert cost == {"Election": chang_roberts(order), "Elected": n}, order
        assert network.agreed() == n


@pytest.mark.parametrize(
    ("n", "best", "worst", "mean"), [(3, 5, 6, "11/2"), (5, 9, 15, "137/12"), (8, 15, 36, "761/35")]
)
def test_best_worst_and_mean_over_all_rings(n: int, best: int, worst: int, mean: str) -> None:
    counts = [chang_roberts(order) for order in all_rings(n)]
    assert (min(counts), max(counts)) == (best, worst) == (2 * n - 1, n * (n + 1) // 2)
    harmonic = sum(Fraction(1, k) for k in range(1, n + 1))
    assert Fraction(sum(counts), len(counts)) == Fraction(mean) == n * harmonic
    assert chang_roberts(tuple(range(1, n + 1))) == best
    assert chang_roberts(tuple(range(n, 0, -1))) == worst


def test_the_best_and_the_worst_of_nine() -> None:
    assert chang_roberts(tuple(range(1, 10))) == 17
    assert chang_roberts(tuple(range(9, 0, -1))) == 45


@pytest.mark.parametrize(("n", "every"), [(3, 1), (5, 5), (8, 2521)])
def test_one_initiator_costs_two_laps_and_the_way_to_the_highest(n: int, every: int) -> None:
    for order in list(all_rings(n))[::every]:
        for away, first in enumerate((order[0], *reversed(order[1:]))):
            cost, network = one_starts("chang_roberts", order, first)
            assert cost.total() == 2 * n + away, (order, first)
            assert network.agreed() == n


def test_a_dead_node_costs_one_lost_send() -> None:
    """With q dead nodes: n - q in place of n, plus one lost send for each that is found."""
    cost, network = one_starts("chang_roberts", (1, 2, 3, 4, 5), 1, dead=[3])
    assert network.agreed() == 5
    assert cost.total() == 2 * 4 + 3 + 1
