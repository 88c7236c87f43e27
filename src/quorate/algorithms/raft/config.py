"""Settings of Raft, validated together."""

import msgspec

from quorate.core.ids import MILLISECOND, Nanos

KIB = 1024
MIB = 1024 * KIB


class RaftConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds, sizes in bytes. Equal on all nodes, as far as times go.

    `election_timeout_ms`: the least silence before anyone may replace a leader; a node draws its wait uniformly from once to twice this.
    `heartbeat_ms`: a peer that was sent nothing for this long gets an empty Append; at most a fifth of the election timeout.
    `fast_failover`: campaign at once when the leader's connection broke and an immediate reconnect was refused.
    `fast_failover_wait_ms`: the random wait before such a campaign is drawn from 0 to this.
    `inflight_messages`, `inflight_bytes`: Appends with entries sent to one peer and not yet answered.
    `append_bytes`: entries in one Append; a single larger entry still travels.
    `uncommitted_bytes`: the leader's log tail that may wait for a quorum; above it proposals are refused as busy.
    `entry_bytes`: the largest proposal.
    `waiting_reads`: reads that may wait for a leader's confirmation.
    `snapshot_chunk_bytes`: bytes of a snapshot in one message.
    `log_tail_entries`, `log_tail_bytes`: what the log keeps behind a snapshot, so that a slow follower need not load one.
    """

    election_timeout_ms: int = 500
    heartbeat_ms: int = 50
    fast_failover: bool = True
    fast_failover_wait_ms: int = 10
    inflight_messages: int = 256
    inflight_bytes: int = 16 * MIB
    append_bytes: int = MIB
    uncommitted_bytes: int = 64 * MIB
    entry_bytes: int = 16 * MIB
    waiting_reads: int = 4096
    snapshot_chunk_bytes: int = 256 * KIB
    log_tail_entries: int = 10_000
    log_tail_bytes: int = 64 * MIB

    def __post_init__(self) -> None:
        least = dict.fromkeys(self.__struct_fields__, 1)
        least |= {"fast_failover": 0, "fast_failover_wait_ms": 0, "log_tail_entries": 0, "log_tail_bytes": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise ValueError(f"{name} = {getattr(self, name)} is too small: it must be at least {bound}")
        if self.election_timeout_ms < 5 * self.heartbeat_ms:
            raise ValueError(
                f"election_timeout_ms = {self.election_timeout_ms} must be at least 5 x heartbeat_ms = "
                f"{5 * self.heartbeat_ms}: one or two lost heartbeats must not look like a dead leader"
            )
        if self.fast_failover_wait_ms > self.election_timeout_ms:
            raise ValueError("fast_failover_wait_ms must not exceed election_timeout_ms, or fast failover is none")
        if self.entry_bytes > 48 * MIB or self.append_bytes > 48 * MIB or self.snapshot_chunk_bytes > 48 * MIB:
            raise ValueError(
                "entry_bytes, append_bytes and snapshot_chunk_bytes must stay below 48 MiB, to fit one frame"
            )

    @property
    def election_timeout_ns(self) -> Nanos:
        """Election timeout in nanoseconds."""
        return self.election_timeout_ms * MILLISECOND

    @property
    def heartbeat_ns(self) -> Nanos:
        """Heartbeat interval in nanoseconds."""
        return self.heartbeat_ms * MILLISECOND
