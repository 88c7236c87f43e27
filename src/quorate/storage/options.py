"""Settings of the storage floor."""

import msgspec

MEBIBYTE = 1 << 20


class StoreOptions(msgspec.Struct, frozen=True):
    """`segment_bytes`: size of a log segment; a larger single write gets a larger segment. `allocate_bytes`: how far ahead of the
    writes a segment that was not prepared is filled with zeros. `prepare_bytes`: the step in which the next segment is prepared; a sync of
    the log may have to wait for one step. `write_bytes`: what is merged into one write at most, unless a single unit is larger.
    `reserve_bytes`: room in each segment that entries leave to what is small and must not wait for space, such as votes; at most a
    sixteenth of the segment. `snapshots_kept`: how many snapshots stay. Raises ValueError for values that do not fit together."""

    segment_bytes: int = 64 * MEBIBYTE
    allocate_bytes: int = MEBIBYTE
    prepare_bytes: int = MEBIBYTE // 4
    write_bytes: int = 16 * MEBIBYTE
    reserve_bytes: int = MEBIBYTE // 16
    snapshots_kept: int = 3

    def __post_init__(self) -> None:
        if self.segment_bytes < 1024:
            raise ValueError(f"segment_bytes must be at least 1024, not {self.segment_bytes}")
        if self.reserve_bytes < 0:
            raise ValueError(f"reserve_bytes must be at least 0, not {self.reserve_bytes}")
        for name in ("allocate_bytes", "prepare_bytes", "write_bytes", "snapshots_kept"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, not {getattr(self, name)}")

    @property
    def reserve(self) -> int:
        """`reserve_bytes`, or less in a small segment."""
        return min(self.reserve_bytes, self.segment_bytes // 16)


DEFAULT_OPTIONS = StoreOptions()
