"""Settings of ZAB, validated together."""

from functools import cached_property

import msgspec

from quorate.algorithms.logged.incoming import MAX_WINDOW_CHUNKS
from quorate.algorithms.zab.quorums import Quorums, parse_groups, parse_weights
from quorate.core.ids import MILLISECOND, Nanos

KIB = 1024
MIB = 1024 * KIB

LAST_COUNTER = (1 << 32) - 1
"""ZooKeeper packs a zxid into 64 bits, half of them for the counter."""


class ZabConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Times in milliseconds, sizes in bytes. Equal on all nodes, as far as times and quorums go.

    `heartbeat_ms`: a leader pings this often, and looks at its quorum every second time (ZooKeeper: half a tick).
    `election_timeout_ms`: silence after which a follower leaves its leader, and a leader without a quorum gives up (syncLimit ticks).
    `init_timeout_ms`: for each of the steps before that, finding an epoch and taking over a history (initLimit ticks); 0: twice the
    election timeout. `finalize_wait_ms`: from the moment at which a quorum of votes stands to the decision; a better vote may still come.
    `notification_ms`: a vote that decided nothing is sent again after this, then after twice that, up to `notification_max_ms`.
    `observer_wait_ms`: an observer that lost its leader waits for up to this before it looks for another.
    `fast_failover`: when all voters but those whose processes have died agree, decide at once.
    `quorum_weights`, `quorum_groups`: who decides, if not any majority: `1=2, 3=0` and `1,2,3; 4,5,6`.
    `last_counter`: an epoch has fewer entries than this; then the leader steps down, and the next epoch counts from 1.
    `inflight_bytes`: entries of the history sent to one learner and not yet received. `uncommitted_bytes`: the leader's log tail that may
    wait for a quorum; above it proposals are refused as busy. `entry_bytes`: the largest proposal. `unwritten_bytes`: entries that may
    wait for the leader's own disk. `waiting_reads`: reads that may wait for a leader's confirmation.
    `snapshot_chunk_bytes`: bytes of a snapshot in one message; `snapshot_window_chunks`: messages of it that one peer has not answered.
    `snapshot_bytes_per_s`: of snapshots sent to all peers together; 0: no limit. `snapshot_transfers`: peers that are sent one at once.
    `snapshot_hold_bytes`: of log that is kept for the sake of a snapshot under way, because its receiver needs what follows it.
    `log_tail_entries`, `log_tail_bytes`: what the log keeps behind a snapshot, so that a slow follower need not load one.
    `disk_stall_ms`: a write that has taken so long means that the disk hangs, and a leader gives up; 0: as long as the election timeout.
    `disk_slow_factor`: a leader whose writes take so many times longer than the answers of another voter, for long, makes way; 0: never.
    `catch_up_entries`: a learner that lacks no more than these may vote.
    `remove_dead_after_ms`: a leader removes a voter that has been silent for so long, if at least `least_voters` are left; 0: never.
    """

    heartbeat_ms: int = 50
    election_timeout_ms: int = 500
    init_timeout_ms: int = 0
    finalize_wait_ms: int = 50
    notification_ms: int = 200
    notification_max_ms: int = 2000
    observer_wait_ms: int = 200
    fast_failover: bool = True
    quorum_weights: str = ""
    quorum_groups: str = ""
    last_counter: int = LAST_COUNTER
    inflight_bytes: int = 4 * MIB
    uncommitted_bytes: int = 64 * MIB
    entry_bytes: int = 16 * MIB
    unwritten_bytes: int = 64 * MIB
    waiting_reads: int = 4096
    snapshot_chunk_bytes: int = 256 * KIB
    snapshot_window_chunks: int = 4
    snapshot_bytes_per_s: int = 0
    snapshot_transfers: int = 2
    snapshot_hold_bytes: int = 256 * MIB
    log_tail_entries: int = 10_000
    log_tail_bytes: int = 64 * MIB
    disk_stall_ms: int = 0
    disk_slow_factor: int = 8
    catch_up_entries: int = 1000
    remove_dead_after_ms: int = 0
    least_voters: int = 3

    def __post_init__(self) -> None:
        least = {name: 1 for name, value in msgspec.structs.asdict(self).items() if not isinstance(value, str)}
        least |= dict.fromkeys(
            ("init_timeout_ms", "fast_failover", "observer_wait_ms", "snapshot_bytes_per_s", "snapshot_hold_bytes"), 0
        )
        least |= dict.fromkeys(("disk_stall_ms", "disk_slow_factor", "catch_up_entries", "remove_dead_after_ms"), 0)
        least |= {"log_tail_entries": 0, "log_tail_bytes": 0, "last_counter": 2}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} = {getattr(self, name)} is too small: it must be at least {bound}")
        self._check_times()
        if self.last_counter > LAST_COUNTER:
            raise ValueError(
                f"last_counter = {self.last_counter} must be at most {LAST_COUNTER}: a counter has 32 bits"
            )
        if self.snapshot_window_chunks > MAX_WINDOW_CHUNKS:
            raise ValueError(
                f"snapshot_window_chunks = {self.snapshot_window_chunks} must be at most {MAX_WINDOW_CHUNKS}: "
                "a receiver keeps no more of them in memory"
            )
        if self.entry_bytes > 48 * MIB or self.snapshot_chunk_bytes > 48 * MIB:
            raise ValueError("entry_bytes and snapshot_chunk_bytes must stay below 48 MiB, to fit one frame")
        parse_weights(self.quorum_weights)
        parse_groups(self.quorum_groups)

    def _check_times(self) -> None:
        if self.election_timeout_ms < 5 * self.heartbeat_ms:
            raise ValueError(
                f"election_timeout_ms = {self.election_timeout_ms} must be at least 5 x heartbeat_ms = "
                f"{5 * self.heartbeat_ms}: one or two late pings must not look like a dead leader"
            )
        if self.init_timeout_ms and self.init_timeout_ms < self.election_timeout_ms:
            raise ValueError(
                f"init_timeout_ms = {self.init_timeout_ms} must be at least election_timeout_ms = {self.election_timeout_ms}, "
                "or 0 for twice that: taking over a history takes longer than answering a ping"
            )
        if self.finalize_wait_ms > self.tick_ms:
            raise ValueError(
                f"finalize_wait_ms = {self.finalize_wait_ms} must be at most 2 x heartbeat_ms = {self.tick_ms}: "
                "lower it, or raise heartbeat_ms"
            )
        if self.notification_max_ms < self.notification_ms:
            raise ValueError(
                f"notification_max_ms = {self.notification_max_ms} must be at least notification_ms = {self.notification_ms}: "
                "the wait doubles from one to the other"
            )

    @cached_property
    def quorums(self) -> Quorums:
        """Who decides."""
        return Quorums(parse_weights(self.quorum_weights), parse_groups(self.quorum_groups))

    @cached_property
    def tick_ms(self) -> int:
        """ZooKeeper's tick: two pings."""
        return 2 * self.heartbeat_ms

    @cached_property
    def disk_stall_ns(self) -> Nanos:
        """How long a write may take, in nanoseconds."""
        return (self.disk_stall_ms or self.election_timeout_ms) * MILLISECOND

    @cached_property
    def remove_dead_after_ns(self) -> Nanos:
        """Silence after which a voter is taken for dead, in nanoseconds; 0: never."""
        return self.remove_dead_after_ms * MILLISECOND

    @cached_property
    def heartbeat_ns(self) -> Nanos:
        """Half a tick, in nanoseconds."""
        return self.heartbeat_ms * MILLISECOND

    @cached_property
    def tick_ns(self) -> Nanos:
        """A tick, in nanoseconds."""
        return self.tick_ms * MILLISECOND

    @cached_property
    def sync_ns(self) -> Nanos:
        """syncLimit ticks, in nanoseconds."""
        return self.election_timeout_ms * MILLISECOND

    @cached_property
    def init_ns(self) -> Nanos:
        """initLimit ticks, in nanoseconds."""
        return (self.init_timeout_ms or 2 * self.election_timeout_ms) * MILLISECOND
