"""Bounds of the driver. Everything has a limit, and the limit has a reason."""

import msgspec

from quorate.core.ids import MILLISECOND, Nanos


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Times in milliseconds, sizes in bytes.

    `batch_commands`, `batch_bytes`: what one entry gathers; a larger list of commands is still one batch.
    `batches_in_flight`: more would make batches smaller, and each costs the same; fewer would leave the network idle.
    `queued_commands`, `queued_bytes`: what waits to be proposed; above it callers are told `busy` rather than memory
    growing.
    `queued_reads`: reads that wait; above it callers are told `busy`.
    `retry_ms`: after a refusal that time may cure. `resend_ms`: after silence, for proposals doubled each time; a
    session makes it safe.
    `snapshot_entries`, `snapshot_bytes`: applied since the last snapshot, whichever comes first.
    """

    batch_commands: int = 4096
    batch_bytes: int = 1024 * 1024
    batches_in_flight: int = 4
    queued_commands: int = 100_000
    queued_bytes: int = 64 * 1024 * 1024
    queued_reads: int = 100_000
    retry_ms: int = 10
    resend_ms: int = 2000
    snapshot_entries: int = 10_000
    snapshot_bytes: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} = {getattr(self, name)} must be at least 1")

    @property
    def retry_ns(self) -> Nanos:
        """`retry_ms` in nanoseconds."""
        return self.retry_ms * MILLISECOND

    @property
    def resend_ns(self) -> Nanos:
        """`resend_ms` in nanoseconds."""
        return self.resend_ms * MILLISECOND
