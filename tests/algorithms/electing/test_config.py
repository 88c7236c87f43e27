"""Settings and their bounds."""

from typing import Any

import pytest

from quorate.algorithms.electing.config import ElectingConfig, bounded
from quorate.core.ids import MILLISECOND


def test_the_assumed_times_follow_from_the_election_timeout() -> None:
    config = ElectingConfig()
    assert config.failure_ns == 500 * MILLISECOND
    assert config.delay_ns == 50 * MILLISECOND
    assert config.suspicion_ns == 1000 * MILLISECOND
    assert (config.alive_ns, config.victory_ns, config.claim_ns) == tuple(ms * MILLISECOND for ms in (105, 215, 130))


def test_a_lease_ends_before_a_fast_member_may_forget_a_slow_leader() -> None:
    for drift in (0, 5, 10, 40):
        config = ElectingConfig(clock_drift_percent=drift)
        assert config.lease_ns * (100 + drift) < config.failure_ns * (100 - drift)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"election_timeout_ms": 199, "delay_ms": 50}, "at least 3 x heartbeat_ms"),
        ({"heartbeat_ms": 0}, "heartbeat_ms = 0 is too small"),
        ({"suspicion_ms": 999}, "0 or at least 2 x election_timeout_ms"),
        ({"clock_drift_percent": 51}, "must be at most 50"),
        ({"clock_drift_percent": 50, "heartbeat_ms": 100}, "lower clock_drift_percent"),
        ({"freshness_gap": 3}, "needs rank = fresh"),
        ({"damping_ms": -1}, "damping_ms = -1 is too small"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        ElectingConfig(**changes)


def test_a_leader_that_lives_is_left_in_peace_with_the_guard_or_without_preemption() -> None:
    assert ElectingConfig().settles
    assert ElectingConfig(guard="none", preempt=False).settles
    assert not ElectingConfig(guard="none").settles


def test_a_wait_that_is_not_given_is_the_least_possible() -> None:
    assert bounded("x", 0, 21 * MILLISECOND, "") == 21 * MILLISECOND
    assert bounded("x", 30, 21 * MILLISECOND, "") == 30 * MILLISECOND
    with pytest.raises(ValueError, match="x = 20 must be 0 or at least 21: so it is"):
        bounded("x", 20, 21 * MILLISECOND, "so it is")
