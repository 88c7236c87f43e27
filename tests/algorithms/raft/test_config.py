"""Settings that do not fit together are refused, by name."""

import msgspec
import pytest

from quorate.algorithms.raft.config import MIB, RaftConfig


def test_the_defaults_fit() -> None:
    config = RaftConfig()
    assert (config.election_timeout_ms, config.heartbeat_ms, config.fast_failover) == (500, 50, True)
    assert config.election_timeout_ns == 500_000_000
    assert config.heartbeat_ns == 50_000_000


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"heartbeat_ms": 101}, "election_timeout_ms = 500 must be at least 5 x heartbeat_ms = 505"),
        ({"election_timeout_ms": 249}, "must be at least 5 x heartbeat_ms = 250"),
        ({"heartbeat_ms": 0}, "heartbeat_ms = 0 is too small: it must be at least 1"),
        ({"inflight_messages": 0}, "inflight_messages = 0 is too small"),
        ({"waiting_reads": -1}, "waiting_reads = -1 is too small"),
        ({"log_tail_entries": -1}, "log_tail_entries = -1 is too small: it must be at least 0"),
        ({"fast_failover_wait_ms": 501}, "fast_failover_wait_ms must not exceed election_timeout_ms"),
        ({"entry_bytes": 48 * MIB + 1}, "must stay below 48 MiB, to fit one frame"),
        ({"append_bytes": 49 * MIB}, "must stay below 48 MiB"),
        ({"snapshot_chunk_bytes": 49 * MIB}, "must stay below 48 MiB"),
        ({"snapshot_window_chunks": 65}, "snapshot_window_chunks = 65 must be at most 64: a receiver keeps no more"),
        ({"snapshot_window_chunks": 0}, "snapshot_window_chunks = 0 is too small"),
        ({"commit_delay_ms": 51}, "commit_delay_ms = 51 must not exceed heartbeat_ms = 50"),
        ({"snapshot_bytes_per_s": -1}, "snapshot_bytes_per_s = -1 is too small: it must be at least 0"),
    ],
)
def test_what_does_not_fit_is_refused(settings: dict[str, int], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        RaftConfig(**settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"election_timeout_ms": 250},
        {"fast_failover": False, "fast_failover_wait_ms": 0},
        {"log_tail_entries": 0, "log_tail_bytes": 0},
        {"fast_failover_wait_ms": 500},
        {"commit_delay_ms": 0},
        {"commit_delay_ms": 50},
        {"snapshot_bytes_per_s": 0, "snapshot_hold_bytes": 0, "snapshot_window_chunks": 64},
    ],
)
def test_what_just_fits_is_taken(settings: dict[str, int]) -> None:
    RaftConfig(**settings)


def test_user_options_are_checked_in_the_same_way() -> None:
    assert msgspec.convert({"heartbeat_ms": 20}, RaftConfig).heartbeat_ms == 20
    with pytest.raises(msgspec.ValidationError, match="unknown field `hartbeat_ms`"):
        msgspec.convert({"hartbeat_ms": 20}, RaftConfig)
    with pytest.raises(msgspec.ValidationError, match="5 x heartbeat_ms"):
        msgspec.convert({"heartbeat_ms": 200}, RaftConfig)
