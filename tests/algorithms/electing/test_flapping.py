"""Remedies against a node that comes and goes (2.7)."""

from algorithms.bully.words import Epoch, bully, following, heartbeat, leading, rank
from algorithms.electing.one import kinds, reasons
from quorate.algorithms.electing.flapping import best_other, may_take_over, outranks, preempts
from quorate.algorithms.electing.roles import follow_nobody
from quorate.core.ids import MILLISECOND


def test_preempt_delay_lets_it_take_over_only_when_it_has_been_up_for_long() -> None:
    one = bully(3, preempt_delay_ms=100)
    assert not preempts(one.state)
    one.wait(60)
    assert not preempts(one.state)
    one.receive(2, heartbeat(2, 1))
    one.wait(40)
    assert preempts(one.state)


def test_freshness_gap_keeps_one_that_lags_from_taking_over() -> None:
    one = bully(3, rank="fresh", freshness_gap=10, priority=1)
    one.state.freshness = 50
    assert may_take_over(one.state, rank(2, freshness=60))
    assert not may_take_over(one.state, rank(2, freshness=61))


def test_with_the_guard_nobody_outranks_one_that_is_fresher() -> None:
    safe = bully(3, guard="majority", rank="fresh", priority=1)
    assert not outranks(safe.state, rank(2, freshness=1))
    assert outranks(bully(3, rank="fresh", priority=1).state, rank(2, freshness=1))


def test_damping_doubles_with_each_loss_within_the_window() -> None:
    one = leading(3, damping_ms=100, damping_window_ms=1000)
    for stands_back in (100, 200, 400):
        follow_nobody(one.state)
        assert one.state.stand_back_until == one.now + stands_back * MILLISECOND
        one.state.begin()
        one.wait(stands_back)
        assert one.role == "leader"


def test_damping_forgets_what_is_long_ago() -> None:
    one = leading(3, damping_ms=100, damping_window_ms=1000)
    for _ in range(2):
        follow_nobody(one.state)
        assert one.state.stand_back_until == one.now + 100 * MILLISECOND
        one.state.begin()
        one.wait(1000)
        assert one.role == "leader"


def test_damping_who_stands_back_answers_nobody_and_claims_later() -> None:
    one = bully(3, damping_ms=300, promised=Epoch(4, 3), boot=2)
    assert reasons(one.did) == []
    assert one.role == "follower"
    one.receive(2, heartbeat(2, 5))
    assert one.state.leader == 2
    assert kinds(one.wait(69)) == []


def test_damping_without_the_guard_it_takes_over_when_it_stands_back_no_more() -> None:
    """Nothing else would tell it: whoever it follows meanwhile goes on beating."""
    one = bully(3, damping_ms=300, promised=Epoch(4, 3), boot=2)
    one.receive(2, heartbeat(2, 5))
    for _ in range(5):
        one.wait(50)
        one.receive(2, heartbeat(2, 5))
    assert one.role == "follower"
    one.wait(50)
    assert one.role == "leader"


def test_damping_leader_that_lost_looks_again_as_soon_as_it_may() -> None:
    one = leading(3, damping_ms=100, damping_window_ms=1000)
    follow_nobody(one.state)
    assert one.state.deadlines["preempt_at"] == one.state.stand_back_until
    one = leading(3, damping_ms=100, preempt=False)
    follow_nobody(one.state)
    assert one.state.deadlines["preempt_at"] is None


def test_best_other_is_the_highest_that_seems_to_live() -> None:
    one = following(3)
    assert best_other(one.state) == 3
    one.disconnect(3)
    assert best_other(one.state) == 1
    one.disconnect(1)
    assert best_other(one.state) is None
