"""Settings of Raft, validated together."""

from functools import cached_property

import msgspec

from quorate.algorithms.logged.incoming import MAX_WINDOW_CHUNKS
from quorate.core.ids import MILLISECOND, Nanos

KIB = 1024
MIB = 1024 * KIB

MAX_DRIFT_PERCENT = 50
"""A clock that is further off is no clock."""

LEASE_MARGIN_NS = MILLISECOND
"""By so much a lease is shorter than it need be: more than any clock's grain."""


class RaftConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Times in milliseconds, sizes in bytes. Equal on all nodes, as far as times go. What follows from the fields is worked out once: it is
    looked at in every step.

    `election_timeout_ms`: the least silence before anyone may replace a leader; a node draws its wait uniformly from once to twice this.
    `heartbeat_ms`: a peer that was sent nothing for this long gets an empty Append; at most a fifth of the election timeout.
    `commit_delay_ms`: after a commit, followers that wait for nothing learn of it with the next entries, but so much later at most.
    `fast_failover`: campaign at once when the leader's connection broke and an immediate reconnect was refused, and at a start
    as soon as the others are met.
    `fast_failover_wait_ms`: the random wait before such a campaign is drawn from 0 to this.
    `lease_reads`: a leader that a quorum has heard may answer reads that ask for it without asking anybody; it costs fast failover.
    `clock_drift_percent`: by so much at most the clock of any node is wrong about how long something takes. A lease rests on it.
    `inflight_messages`, `inflight_bytes`: Appends with entries sent to one peer and not yet answered.
    `append_bytes`: entries in one Append; a single larger entry still travels.
    `uncommitted_bytes`: the leader's log tail that may wait for a quorum; above it proposals are refused as busy.
    `entry_bytes`: the largest proposal.
    `unwritten_bytes`: entries that may wait for the leader's own disk; above it proposals are refused as busy.
    `disk_stall_ms`: a write that has taken so long means that the disk hangs, and a leader gives up; 0: as long as the election timeout.
    `disk_slow_factor`: a leader whose writes take so many times longer than the answers of another voter, for long, makes way; 0: never.
    `waiting_reads`: reads that may wait for a leader's confirmation.
    `snapshot_chunk_bytes`: bytes of a snapshot in one message; `snapshot_window_chunks`: messages of it that one peer has not answered.
    `snapshot_bytes_per_s`: of snapshots sent to all peers together; 0: no limit. `snapshot_transfers`: peers that are sent one at once.
    `snapshot_hold_bytes`: of log that is kept for the sake of a snapshot under way, because its receiver needs what follows it.
    `log_tail_entries`, `log_tail_bytes`: what the log keeps behind a snapshot, so that a slow follower need not load one.
    `catch_up_entries`: a learner that lacks no more than these may vote.
    `remove_dead_after_ms`: a leader removes a voter that has been silent for so long, if at least `least_voters` are left; 0: never.
    """

    election_timeout_ms: int = 500
    heartbeat_ms: int = 50
    commit_delay_ms: int = 1
    fast_failover: bool = True
    fast_failover_wait_ms: int = 10
    lease_reads: bool = False
    clock_drift_percent: int = 5
    inflight_messages: int = 256
    inflight_bytes: int = 16 * MIB
    append_bytes: int = MIB
    uncommitted_bytes: int = 64 * MIB
    entry_bytes: int = 16 * MIB
    unwritten_bytes: int = 64 * MIB
    disk_stall_ms: int = 0
    disk_slow_factor: int = 8
    waiting_reads: int = 4096
    snapshot_chunk_bytes: int = 256 * KIB
    snapshot_window_chunks: int = 4
    snapshot_bytes_per_s: int = 0
    snapshot_transfers: int = 2
    snapshot_hold_bytes: int = 256 * MIB
    log_tail_entries: int = 10_000
    log_tail_bytes: int = 64 * MIB
    catch_up_entries: int = 1000
    remove_dead_after_ms: int = 0
    least_voters: int = 3

    def __post_init__(self) -> None:
        least = dict.fromkeys(self.__struct_fields__, 1)
        least |= {
            "commit_delay_ms": 0,
            "fast_failover": 0,
            "fast_failover_wait_ms": 0,
            "log_tail_entries": 0,
            "log_tail_bytes": 0,
            "catch_up_entries": 0,
            "remove_dead_after_ms": 0,
            "disk_stall_ms": 0,
            "disk_slow_factor": 0,
        }
        least |= {"snapshot_bytes_per_s": 0, "snapshot_hold_bytes": 0, "lease_reads": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} = {getattr(self, name)} is too small: it must be at least {bound}")
        if self.snapshot_window_chunks > MAX_WINDOW_CHUNKS:
            raise ValueError(
                f"snapshot_window_chunks = {self.snapshot_window_chunks} must be at most {MAX_WINDOW_CHUNKS}: "
                "a receiver keeps no more of them in memory"
            )
        if self.election_timeout_ms < 5 * self.heartbeat_ms:
            raise ValueError(
                f"election_timeout_ms = {self.election_timeout_ms} must be at least 5 x heartbeat_ms = "
                f"{5 * self.heartbeat_ms}: one or two lost heartbeats must not look like a dead leader"
            )
        if self.commit_delay_ms > self.heartbeat_ms:
            raise ValueError(
                f"commit_delay_ms = {self.commit_delay_ms} must not exceed heartbeat_ms = {self.heartbeat_ms}"
            )
        self._check_lease()
        if self.fast_failover_wait_ms > self.election_timeout_ms:
            raise ValueError("fast_failover_wait_ms must not exceed election_timeout_ms, or fast failover is none")
        if self.entry_bytes > 48 * MIB or self.append_bytes > 48 * MIB or self.snapshot_chunk_bytes > 48 * MIB:
            raise ValueError(
                "entry_bytes, append_bytes and snapshot_chunk_bytes must stay below 48 MiB, to fit one frame"
            )

    def _check_lease(self) -> None:
        if self.clock_drift_percent > MAX_DRIFT_PERCENT:
            raise ValueError(f"clock_drift_percent = {self.clock_drift_percent} must be at most {MAX_DRIFT_PERCENT}")
        if self.lease_reads and self.fast_failover:
            raise ValueError(
                "lease_reads and fast_failover exclude each other: a leader with a lease must be the only one until it ends, even if its "
                "process seems dead; set fast_failover = false, or leave lease_reads off and use linearizable reads"
            )
        if self.lease_reads and self.lease_ns < 2 * self.heartbeat_ns:
            raise ValueError(
                f"a lease of {self.lease_ns / MILLISECOND:g} ms would end before two heartbeats of {self.heartbeat_ms} ms: raise "
                "election_timeout_ms, or lower clock_drift_percent or heartbeat_ms"
            )

    @cached_property
    def lease_ns(self) -> Nanos:
        """How long a lease lasts by the leader's clock: at the worst that is slow while a voter's is fast, and the voter still waits."""
        drift = self.clock_drift_percent
        return self.election_timeout_ns * (100 - drift) // (100 + drift) - LEASE_MARGIN_NS

    @cached_property
    def silence_ms(self) -> int:
        """For how long a node promises the leader that it hears to help nobody else: what a lease rests on."""
        return self.election_timeout_ms if self.lease_reads else 0

    @cached_property
    def election_timeout_ns(self) -> Nanos:
        """Election timeout in nanoseconds."""
        return self.election_timeout_ms * MILLISECOND

    @cached_property
    def disk_stall_ns(self) -> Nanos:
        """How long a write may take, in nanoseconds."""
        return (self.disk_stall_ms or self.election_timeout_ms) * MILLISECOND

    @cached_property
    def remove_dead_after_ns(self) -> Nanos:
        """Silence after which a voter is taken for dead, in nanoseconds; 0: never."""
        return self.remove_dead_after_ms * MILLISECOND

    @cached_property
    def commit_delay_ns(self) -> Nanos:
        """How much later a commit is told to those that do not wait for it, in nanoseconds."""
        return self.commit_delay_ms * MILLISECOND

    @cached_property
    def heartbeat_ns(self) -> Nanos:
        """Heartbeat interval in nanoseconds."""
        return self.heartbeat_ms * MILLISECOND
