"""Receiving a snapshot: one at a time, piece by piece, in order. For the write lane."""

from collections.abc import Callable
from contextlib import suppress
from errno import ENOSPC

from quorate.core.events import SnapshotWritten
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.disk import Disk
from quorate.storage.layout import PARTIAL_SUFFIX, SNAPSHOTS
from quorate.storage.snapshot_format import snapshot_name
from quorate.storage.snapshot_writer import SnapshotWriter


class SnapshotReceiver:
    """The partial file and how far it is. `publish(path, meta)` takes over a file that is complete, durable and right.

    A partial file survives a restart: the first piece that asks for an offset above 0 finds what is still intact.
    """

    def __init__(self, disk: Disk, publish: Callable[[str, SnapshotMeta], None]) -> None:
        self._disk = disk
        self._publish = publish
        self._name = ""
        self._writer: SnapshotWriter | None = None

    def receive(self, meta: SnapshotMeta, offset: int, data: bytes) -> SnapshotWritten:
        """Take bytes of the stream of a plausible `meta`; they are durable on return. A wrong offset changes nothing and is
        answered with the right one. Raises OSError; then the partial file is given up: what it holds is not known."""
        try:
            writer = self._begin(meta) if offset == 0 else self._continue(meta)
            if writer is None or writer.size != offset:
                return SnapshotWritten(meta, writer.size if writer else 0)
            if offset + len(data) > meta.size:
                return self._refuse(meta)
            writer.write(data)
            if writer.size < meta.size:
                writer.sync()
                return SnapshotWritten(meta, writer.size)
            if writer.digest() != meta.digest:
                return self._refuse(meta)
            writer.finish(meta.configuration, taken=False, members=meta.members)
        except OSError:
            with suppress(OSError):  # the first error is the one to report
                self._discard()
            raise
        path = self._path
        self.close()
        self._publish(path, meta)
        return SnapshotWritten(meta, meta.size, complete=True)

    def close(self) -> None:
        """Release the partial file; it stays on the disk."""
        if self._writer is not None:
            self._writer.close()
        self._writer, self._name = None, ""

    @property
    def _path(self) -> str:
        return f"{SNAPSHOTS}/{self._name}{PARTIAL_SUFFIX}"

    def _begin(self, meta: SnapshotMeta) -> SnapshotWriter:
        """A new partial file; every other one is dropped."""
        self.close()
        self._name = snapshot_name(meta)
        for name in self._disk.list(SNAPSHOTS):
            if name.endswith(PARTIAL_SUFFIX) and name != self._name + PARTIAL_SUFFIX:
                self._disk.remove(f"{SNAPSHOTS}/{name}")
        if self._disk.free_bytes() < meta.size:
            raise OSError(
                ENOSPC, f"a snapshot of {meta.size} bytes is to be received, and so much is not free", self._path
            )
        self._writer = SnapshotWriter.begin(self._disk.open(self._path, create=True), meta.index, meta.term)
        self._disk.sync_directory(SNAPSHOTS)
        return self._writer

    def _continue(self, meta: SnapshotMeta) -> SnapshotWriter | None:
        """The partial file under way, or the one that an earlier process left; None if there is none."""
        name = snapshot_name(meta)
        if name == self._name:
            return self._writer
        if name + PARTIAL_SUFFIX not in self._disk.list(SNAPSHOTS):
            return None
        self.close()
        self._name = name
        self._writer = SnapshotWriter.resume(self._disk.open(self._path), meta.index, meta.term)
        return self._writer

    def _refuse(self, meta: SnapshotMeta) -> SnapshotWritten:
        self._discard()
        return SnapshotWritten(meta, 0, damaged=True)

    def _discard(self) -> None:
        path = self._path
        self.close()
        self._disk.remove(path)
