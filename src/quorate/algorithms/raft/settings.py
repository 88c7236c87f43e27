"""Settings that change while the node runs."""

import msgspec

from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.events import SettingsChanged

RELOADABLE = frozenset(
    {
        "append_bytes",
        "catch_up_entries",
        "commit_delay_ms",
        "disk_slow_factor",
        "disk_stall_ms",
        "election_timeout_ms",
        "entry_bytes",
        "fast_failover",
        "fast_failover_wait_ms",
        "heartbeat_ms",
        "inflight_bytes",
        "inflight_messages",
        "least_voters",
        "log_tail_bytes",
        "log_tail_entries",
        "remove_dead_after_ms",
        "snapshot_bytes_per_s",
        "snapshot_hold_bytes",
        "snapshot_transfers",
        "uncommitted_bytes",
        "unwritten_bytes",
        "waiting_reads",
    }
)
"""What is looked at anew each time. Not among them: what both ends of a transfer under way count with, and what a lease rests on."""

PROMISED = frozenset({"election_timeout_ms", "fast_failover"})
"""While leases are given, voters must keep as silent as leaders reckon: a leader may hold a lease under the longer time of before."""


def reloadable(config: RaftConfig) -> frozenset[str]:
    """Names of the settings that may change, given the present ones."""
    return RELOADABLE - PROMISED if config.lease_reads else RELOADABLE


def handle_settings_changed(raft: RaftState, event: SettingsChanged) -> None:
    """Take them over, and let what is measured by the new times begin now: nobody campaigns, and no leader gives up, because of
    a silence that was none by the old ones."""
    before, raft.config = raft.config, msgspec.structs.replace(raft.config, **event.settings)
    if (
        raft.config.election_timeout_ms == before.election_timeout_ms
        and raft.config.heartbeat_ms == before.heartbeat_ms
    ):
        return
    if raft.role is Role.LEADER:
        raft.quorum_check_at = raft.now + raft.config.election_timeout_ns
    elif raft.suspect is None:
        raft.reset_election_deadline()
