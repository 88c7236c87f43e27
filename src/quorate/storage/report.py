"""What recovery found and did: for the log, for people, for tests."""

import msgspec

from quorate.core.durable import LogPoint
from quorate.core.snapshot import SnapshotMeta


class Cut(msgspec.Struct, frozen=True):
    """A torn tail: `size` bytes at `offset` of `file` came from a write that never finished and are no more."""

    file: str
    offset: int
    size: int
    what: str


class RecoveryReport(msgspec.Struct, frozen=True):
    """`writes` and `segments`: how many were replayed. `entries`: how many the log holds now. `reset_to`: the log was dropped, because a
    received snapshot was published but the log did not know of it yet. `damaged_snapshots`: not used, and removed.
    `removed`: leftovers of work that was interrupted."""

    created: bool
    segments: int = 0
    writes: int = 0
    entries: int = 0
    cut: Cut | None = None
    snapshot: SnapshotMeta | None = None
    reset_to: LogPoint | None = None
    damaged_snapshots: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def notes(self) -> list[str]:
        """Sentences for the log: only what is out of the ordinary."""
        found: list[str] = []
        if self.cut is not None:
            where = f"{self.cut.file} at offset {self.cut.offset}"
            found.append(
                f"cut {self.cut.size} bytes of an interrupted write from {where} ({self.cut.what}); nobody was told of it"
            )
        if self.reset_to is not None:
            found.append(f"the log continues after index {self.reset_to.index}, where the received snapshot ends")
        found += [
            f"snapshot {name} is damaged; an older one is used, and the log reaches back to it"
            for name in self.damaged_snapshots
        ]
        if self.removed:
            found.append(f"removed leftovers of interrupted work: {', '.join(self.removed)}")
        return found
