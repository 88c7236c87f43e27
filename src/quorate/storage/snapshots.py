"""The snapshots of a data directory: taking, receiving, reading, keeping the newest few."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from threading import Lock

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.errors import StorageError
from quorate.core.events import SnapshotWritten
from quorate.core.ids import Index, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.damage import LocatedDamageError, damaged
from quorate.storage.disk import Disk
from quorate.storage.layout import PARTIAL_SUFFIX, SAVING_SUFFIX, SNAPSHOT_SUFFIX, SNAPSHOTS
from quorate.storage.snapshot_format import PIECE_BYTES, is_plausible, snapshot_name
from quorate.storage.snapshot_reader import SnapshotReader
from quorate.storage.snapshot_receiver import SnapshotReceiver
from quorate.storage.snapshot_writer import SnapshotWriter


class SnapshotGoneError(StorageError):
    """The snapshot is not there: replaced by newer ones, or never was. Ask for the newest instead."""


class SnapshotScan(msgspec.Struct, frozen=True):
    """What a start finds. `newest`: the newest intact snapshot. `taken`: it was made here, not received. `damaged` and
    `leftovers`: file names."""

    newest: SnapshotMeta | None = None
    taken: bool = False
    damaged: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()


class SnapshotStore:
    """Published snapshots. A file under its published name is complete and durable; the newest `kept` stay, and older ones that
    somebody has read of since another was published: they may be on their way to a slow peer.

    Two lanes use it at once: `save`, `read` and `chunks` in the background, `receive` in the write lane. The lock guards the catalogue, and
    what publishes or removes a file.
    """

    def __init__(self, disk: Disk, kept: int = 3) -> None:
        self._disk = disk
        self._kept = kept
        self._lock = Lock()
        self._published: dict[str, SnapshotMeta] = {}
        self._read_lately: set[str] = set()
        self._receiver = SnapshotReceiver(disk, self._publish)

    def scan(self) -> SnapshotScan:
        """Look at what is there, changing nothing; read the newest in full, and older ones while they are damaged."""
        names = self._disk.list(SNAPSHOTS)
        newest: SnapshotMeta | None = None
        taken = False
        damaged: list[str] = []
        for name in reversed([name for name in names if name.endswith(SNAPSHOT_SUFFIX)]):
            try:
                reader = self._check(name, everything=newest is None)
            except LocatedDamageError:
                damaged.append(name)
                continue
            self._published[name] = reader.meta
            if newest is None:
                newest, taken = reader.meta, reader.taken
        return SnapshotScan(newest, taken, tuple(damaged), tuple(_leftovers(names, newest)))

    def damages(self) -> Iterator[LocatedDamageError]:
        """Read every snapshot in full and tell what is wrong, changing nothing."""
        for name in self._disk.list(SNAPSHOTS):
            if name.endswith(SNAPSHOT_SUFFIX):
                try:
                    self._check(name, everything=True)
                except LocatedDamageError as error:
                    yield error

    def tidy(self, scan: SnapshotScan) -> None:
        """Remove what is damaged or left over, and what is more than should be kept; make what is there durable."""
        for name in (*scan.damaged, *scan.leftovers):
            self._disk.remove(f"{SNAPSHOTS}/{name}")
        with self._lock:
            self._prune()
        self._disk.sync_directory(SNAPSHOTS)

    def published(self) -> list[SnapshotMeta]:
        """All that are kept, oldest first."""
        with self._lock:
            return [meta for _, meta in sorted(self._published.items(), key=lambda item: item[0])]

    def newest(self) -> SnapshotMeta | None:
        """The newest published snapshot."""
        with self._lock:
            return self._published[max(self._published)] if self._published else None

    def save(self, index: Index, term: Term, configuration: Configuration, chunks: Iterable[bytes]) -> SnapshotMeta:
        """Write a snapshot of this node's own state and publish it; it is durable on return. Raises OSError, or what `chunks` raises;
        then nothing is published."""
        path = f"{SNAPSHOTS}/{index:020d}-{term:020d}{SAVING_SUFFIX}"
        file = self._disk.open(path, create=True)
        try:
            writer = SnapshotWriter.begin(file, index, term)
            for piece in regroup(chunks, PIECE_BYTES):
                writer.write(piece)
            meta = writer.finish(configuration, taken=True)
        except BaseException:
            with suppress(OSError):  # the first error is the one to report
                self._disk.remove(path)
            raise
        finally:
            file.close()
        self._publish(path, meta)
        return meta

    def read(self, meta: SnapshotMeta, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the state at `offset`; fewer only at its end. Raises `SnapshotGoneError`, `DamagedError`."""
        reader = self._open(meta)
        try:
            return reader.read(offset, size)
        finally:
            reader.close()

    def chunks(self, meta: SnapshotMeta, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """The whole state. Raises `SnapshotGoneError`, and `DamagedError`, that at the end too: what was read is good only
        if the iterator ends by itself."""
        reader = self._open(meta)
        try:
            yield from regroup(reader.pieces(), size)
        finally:
            reader.close()

    def receive(self, meta: SnapshotMeta, offset: int, data: bytes) -> SnapshotWritten:
        """Take a piece of a snapshot from another node; durable on return. Offset 0 starts anew; any other offset than the one held is
        answered with the one held. With the last byte the digest is checked and the snapshot published. Raises OSError."""
        if not is_plausible(meta):
            return SnapshotWritten(meta, 0, damaged=True)
        with self._lock:
            known = self._published.get(snapshot_name(meta) + SNAPSHOT_SUFFIX)
        if known is not None:
            return SnapshotWritten(meta, known.size, complete=True)
        return self._receiver.receive(meta, offset, data)

    def close(self) -> None:
        """Release what is open."""
        self._receiver.close()

    def _publish(self, path: str, meta: SnapshotMeta) -> None:
        """Give a complete, durable file its name. A rename is durable only once the directory is. The same again takes the place of what is
        there, which may have rotted."""
        name = snapshot_name(meta) + SNAPSHOT_SUFFIX
        with self._lock:
            self._disk.rename(path, f"{SNAPSHOTS}/{name}")
            self._disk.sync_directory(SNAPSHOTS)
            self._published[name] = meta
            self._prune()

    def _prune(self) -> None:
        in_use, self._read_lately = self._read_lately, set()
        for name in sorted(self._published)[: -self._kept]:
            if name not in in_use:
                del self._published[name]
                self._disk.remove(f"{SNAPSHOTS}/{name}")

    def _open(self, meta: SnapshotMeta) -> SnapshotReader:
        name = snapshot_name(meta) + SNAPSHOT_SUFFIX if is_plausible(meta) else ""
        with self._lock:
            known = name in self._published
            if known:
                self._read_lately.add(name)
        try:
            if known:
                return self._reader(name)
        except FileNotFoundError:
            pass  # removed between the look and the opening
        raise SnapshotGoneError(
            f"the snapshot at index {meta.index} of term {meta.term} is no longer kept; ask for the newest"
        )

    def _reader(self, name: str) -> SnapshotReader:
        path = f"{SNAPSHOTS}/{name}"
        file = self._disk.open(path)
        try:
            return SnapshotReader(file, path)
        except BaseException:
            file.close()
            raise

    def _check(self, name: str, *, everything: bool) -> SnapshotReader:
        """The closed reader of an intact file: its description, or also all of its state."""
        reader = self._reader(name)
        try:
            if snapshot_name(reader.meta) + SNAPSHOT_SUFFIX != name:
                raise damaged(f"{SNAPSHOTS}/{name}", 0, f"it holds another snapshot: {snapshot_name(reader.meta)}")
            if everything:
                reader.verify()
        finally:
            reader.close()
        return reader


def regroup(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter; never more than one piece and one chunk in memory."""
    buffer = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while len(view):
            taken = view[: size - len(buffer)]
            buffer += taken
            view = view[len(taken) :]
            if len(buffer) == size:
                yield bytes(buffer)
                buffer.clear()
    if buffer:
        yield bytes(buffer)


def _leftovers(names: list[str], newest: SnapshotMeta | None) -> Iterator[str]:
    """What an interrupted taking left, and every partial snapshot but the newest, if that is still of use."""
    yield from (name for name in names if name.endswith(SAVING_SUFFIX))
    partial = [name for name in names if name.endswith(PARTIAL_SUFFIX)]
    useful = partial and (newest is None or partial[-1] > snapshot_name(newest))
    yield from partial[:-1] if useful else partial
