"""Settings that do not fit together are refused, with a remedy."""

import pytest

from algorithms.ring.table import TIMES
from quorate.algorithms.ring import RingConfig
from quorate.core.ids import MILLISECOND


def test_the_defaults_fit() -> None:
    config = RingConfig()
    assert config.guarded
    assert config.settled
    assert config.hop_ns == config.alive_ns
    assert config.ring_ns(5) > 3 * config.lap_ns(5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"hop_ms": 20}, "hop_ms = 20 must be 0 or at least 21"),
        ({"hop_ms": -1}, "hop_ms = -1 is too small"),
        ({"ring_ms": -1}, "ring_ms = -1 is too small"),
        ({"ring_version": -1}, "ring_version = -1 is too small"),
        ({"ring_order": (1, 2, 1)}, "names a member twice"),
        ({"election_timeout_ms": 60}, "must be at least 3 x heartbeat_ms"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RingConfig(**{**TIMES, **changes})


def test_times_follow_from_the_delay() -> None:
    config = RingConfig(guard="none", **TIMES)
    assert config.hop_ns == 21 * MILLISECOND
    assert config.lap_ns(5) == 55 * MILLISECOND
    assert config.ring_ns(5) == (3 * 55 + 5 * 21) * MILLISECOND
    assert RingConfig(**TIMES).lap_ns(5) == 60 * MILLISECOND, "with the guard everybody writes"


def test_a_ring_that_is_not_waited_for_long_enough_is_refused() -> None:
    config = RingConfig(guard="none", ring_ms=100, **TIMES)
    assert config.ring_ns(3) == 100 * MILLISECOND
    with pytest.raises(ValueError, match="ring_ms = 100 must be 0 or at least 132"):
        config.ring_ns(4)


def test_without_the_guard_preempting_is_what_disturbs_a_leader() -> None:
    assert not RingConfig(guard="none", **TIMES).settled
    assert RingConfig(guard="none", preempt=False, **TIMES).settled
