"""Bounds of the driver. Everything has a limit, and the limit has a reason."""

import msgspec

from quorate.core.ids import MILLISECOND, Nanos
from quorate.core.message import NEWEST_VERSION, OLDEST_VERSION


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds, sizes in bytes.

    `batch_commands`, `batch_bytes`: what one entry gathers; a larger list of commands is still one batch.
    `batches_in_flight`: more would make batches smaller, and each costs the same; fewer would leave the network idle.
    `queued_commands`, `queued_bytes`: what waits to be proposed; above it callers are told `busy` rather than memory
    growing.
    `queued_reads`: reads that wait; above it callers are told `busy`. `queued_requests`: the same for operators.
    `retry_ms`: after a refusal that time may cure. `resend_ms`: after silence, for proposals doubled each time; a
    session makes it safe.
    `space_retry_ms`: while the disk is full, how often it is looked whether there is space again.
    `snapshot_entries`, `snapshot_bytes`: applied since the last snapshot, whichever comes first.
    `unapplied_bytes`: committed and not yet applied; above it the node does nothing else until it has applied the excess.
    `max_protocol_version`: the newest version of the protocol between nodes to speak; below the newest, a node does as an older release.
    """

    batch_commands: int = 4096
    batch_bytes: int = 1024 * 1024
    batches_in_flight: int = 4
    queued_commands: int = 100_000
    queued_bytes: int = 64 * 1024 * 1024
    queued_reads: int = 100_000
    queued_requests: int = 64
    retry_ms: int = 10
    resend_ms: int = 2000
    space_retry_ms: int = 1000
    snapshot_entries: int = 10_000
    snapshot_bytes: int = 64 * 1024 * 1024
    unapplied_bytes: int = 128 * 1024 * 1024
    max_protocol_version: int = NEWEST_VERSION

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)} must be at least 1")
        if not OLDEST_VERSION <= self.max_protocol_version <= NEWEST_VERSION:
            raise ValueError(
                f"max_protocol_version = {self.max_protocol_version}: this release speaks {OLDEST_VERSION} to {NEWEST_VERSION}"
            )

    @property
    def retry_ns(self) -> Nanos:
        """`retry_ms` in nanoseconds."""
        return self.retry_ms * MILLISECOND

    @property
    def space_retry_ns(self) -> Nanos:
        """`space_retry_ms` in nanoseconds."""
        return self.space_retry_ms * MILLISECOND

    @property
    def resend_ns(self) -> Nanos:
        """`resend_ms` in nanoseconds."""
        return self.resend_ms * MILLISECOND
