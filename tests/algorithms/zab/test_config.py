"""Settings that do not fit together are refused, with the remedy."""

import msgspec
import pytest

from quorate.algorithms.zab.config import ZabConfig
from quorate.core.ids import MILLISECOND


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"heartbeat_ms": 0}, "heartbeat_ms = 0 is too small: it must be at least 1"),
        ({"heartbeat_ms": 200}, "at least 5 x heartbeat_ms = 1000"),
        ({"init_timeout_ms": 100}, "or 0 for twice that"),
        ({"finalize_wait_ms": 101}, "at most 2 x heartbeat_ms = 100: lower it"),
        ({"notification_ms": 3000}, "notification_max_ms = 2000 must be at least"),
        ({"last_counter": 1}, "at least 2"),
        ({"last_counter": 1 << 33}, "a counter has 32 bits"),
        ({"snapshot_window_chunks": 65}, "at most 64"),
        ({"entry_bytes": 49 << 20}, "48 MiB"),
        ({"quorum_weights": "x"}, "write it as"),
        ({"quorum_groups": "x"}, "write groups as"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_remedy(settings: dict[str, object], remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        ZabConfig(**settings)


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="tickTime"):
        msgspec.convert({"tickTime": 2000}, ZabConfig)


def test_the_times_of_zookeeper() -> None:
    config = ZabConfig(heartbeat_ms=1000, election_timeout_ms=10_000, init_timeout_ms=20_000, finalize_wait_ms=200)
    assert (config.tick_ns, config.sync_ns, config.init_ns) == tuple(n * 1000 * MILLISECOND for n in (2, 10, 20))
    assert ZabConfig().init_ns == 2 * ZabConfig().sync_ns
    assert config.quorums.weights == {}
