"""Bully's settings."""

from typing import Any

import pytest

from algorithms.bully.words import config, guarded
from quorate.algorithms.bully.config import BullyConfig
from quorate.core.ids import MILLISECOND


def test_the_test_profile_is_the_least_that_the_bounds_allow() -> None:
    profile = config()
    assert profile.alive_ns == 21 * MILLISECOND
    assert profile.victory_ns == 43 * MILLISECOND
    assert profile.claim_ns == 27 * MILLISECOND


def test_the_guard_is_on_unless_it_is_switched_off() -> None:
    assert BullyConfig().guarded
    assert BullyConfig().answers


def test_settled_is_answer_with_the_guard_or_without_preemption() -> None:
    assert not config().answers
    assert config(preempt=False).answers
    assert config(settled="answer").answers
    assert guarded().answers


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"alive_ms": 20}, "alive_ms = 20 must be 0 or at least 21"),
        ({"victory_ms": 42}, "at least 43"),
        ({"alive_ms": 50, "victory_ms": 60}, "at least 72"),
        ({"claim_ms": 26}, "at least 27"),
        ({"settled": "restart", "guard": "majority"}, "needs guard = none and preempt = true"),
        ({"settled": "restart", "preempt": False}, "needs guard = none and preempt = true"),
        ({"variant": "two_phase", "guard": "majority"}, "set guard = none"),
        ({"variant": "mongodb_v0", "guard": "majority"}, "set guard = none"),
        ({"variant": "mongodb_v0", "vote_lease_ms": 10}, "vote_lease_ms = 10 is too short"),
        ({"variant": "ranked_successors", "rank": "fresh"}, "needs rank = id"),
        ({"grace_ms": -1}, "grace_ms = -1 is too small"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(changes: dict[str, Any], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        config(**changes)
