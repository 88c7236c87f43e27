"""Remedies against a node that comes and goes (2.7)."""

from typing import Any

import pytest

from algorithms.bully.words import SPEC, Epoch, bully, config, following, heartbeat, leading, rank
from algorithms.electing.one import One, kinds, reasons
from quorate.algorithms.electing.flapping import best_other, may_take_over, outranks, preempts
from quorate.algorithms.electing.promise import Promise
from quorate.algorithms.electing.roles import follow_nobody, resign
from quorate.core.effects import Persist
from quorate.core.ids import MILLISECOND


def test_preempt_delay_lets_it_take_over_only_when_it_has_been_up_for_long() -> None:
    one = bully(3, preempt_delay_ms=100)
    assert not preempts(one.state)
    one.wait(60)
    assert not preempts(one.state)
    one.receive(2, heartbeat(2, 1))
    one.wait(40)
    one.receive(2, heartbeat(2, 1))
    assert preempts(one.state)
    assert one.role == "leader"


def test_who_may_not_claim_yet_does_not_ask_for_leadership() -> None:
    one = bully(3, guard="majority", promised=Epoch(1, 3), boot=2)
    assert "Takeover>2" not in kinds(one.receive(2, heartbeat(2, 2)))
    for _ in range(4):
        one.wait(20)
        one.receive(2, heartbeat(2, 2))
    assert "Takeover>2" in kinds(one.did)


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


def test_damping_who_makes_way_has_lost_nothing() -> None:
    """Or the next in line would stand back when the one that it made way for is gone again."""
    resigned = leading(3, damping_ms=100, guard="majority")
    resign(resigned.state, 1)
    assert (resigned.role, resigned.state.losses) == ("follower", 0)
    bullied = leading(2, damping_ms=100)
    bullied.receive(3, heartbeat(3, 8))
    assert (bullied.state.leader, bullied.state.losses) == (3, 0)
    outvoted = leading(3, damping_ms=100, guard="majority")
    outvoted.receive(2, heartbeat(2, 8))
    assert (outvoted.state.leader, outvoted.state.losses) == (2, 1)


def restarted(one: One, boot: int, **changes: Any) -> One:
    """Another process on what this one has written."""
    hard = [effect.hard_state for effect in one.effects if isinstance(effect, Persist)]
    return One(SPEC, config(**changes), 3, (1, 2, 3), hard=hard[-1] if hard else one.hard, boot=boot)


@pytest.mark.parametrize("counter", [5, 50])
def test_damping_counts_over_restarts(counter: int) -> None:
    """A node that flaps by restarting: each time it leads, and dies. What it follows meanwhile does not change the count."""
    settings = {"damping_ms": 100, "damping_window_ms": 60_000}
    one = bully(3, **settings)
    for losses in (1, 2, 3, 4):
        assert one.role == "leader"
        one.disk()
        one = restarted(one, losses + 1, **settings)
        assert (one.role, one.state.losses) == ("follower", losses)
        assert one.state.stand_back_until == one.now + (100 << (losses - 1)) * MILLISECOND
        one.receive(2, heartbeat(2, counter + losses * 10))
        one = restarted(one, losses + 1, **settings)
        assert one.state.losses == losses
        assert one.state.stand_back_until == one.now + (100 << (losses - 1)) * MILLISECOND
        while one.role != "leader":
            one.wait(20)


def test_damping_a_leadership_that_outlives_the_window_ends_the_count_on_the_disk_too() -> None:
    settings = {"damping_ms": 100, "damping_window_ms": 1000}
    one = restarted(bully(3, **settings), 2, **settings)
    assert one.state.losses == 1
    one.wait(900)
    assert (one.role, one.state.losses) == ("leader", 1)
    one.disk()
    ready = one.algorithm.status(one.now).ready
    one.wait(200)
    assert one.state.losses == 0
    written = [effect for effect in one.did if isinstance(effect, Persist)]
    assert [effect.hard_state for effect in written] == [Promise(one.state.promised, 0)]
    assert ready
    assert one.algorithm.status(one.now).ready
    assert restarted(one, 3, **settings).state.losses == 1


def test_damping_who_stands_back_answers_nobody_and_claims_later() -> None:
    one = bully(3, damping_ms=300, promised=Epoch(4, 3), boot=2)
    assert reasons(one.did) == []
    assert one.role == "follower"
    one.receive(2, heartbeat(2, 5))
    assert one.state.leader == 2
    assert kinds(one.wait(69)) == []


def test_damping_without_the_guard_it_takes_over_when_it_stands_back_no_more() -> None:
    """By the next heartbeat of whoever it follows meanwhile."""
    one = bully(3, damping_ms=300, promised=Epoch(4, 3), boot=2)
    one.receive(2, heartbeat(2, 5))
    for _ in range(5):
        one.wait(50)
        one.receive(2, heartbeat(2, 5))
    assert one.role == "follower"
    one.wait(50)
    one.receive(2, heartbeat(2, 5))
    assert one.role == "leader"


def test_best_other_is_the_highest_that_seems_to_live() -> None:
    one = following(3)
    assert best_other(one.state) == 3
    one.disconnect(3)
    assert best_other(one.state) == 1
    one.disconnect(1)
    assert best_other(one.state) is None
