"""Short names for what storage tests are made of."""

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from quorate.core.configuration import Configuration, first_configuration
from quorate.core.durable import HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry, EntryKind
from quorate.core.ids import Index, Term
from quorate.storage.disk import Disk
from quorate.storage.options import StoreOptions
from quorate.storage.store import Store

DISK_ID = 0xD15C
SMALL = StoreOptions(segment_bytes=4096, allocate_bytes=1024, prepare_bytes=1024)


def group(*ids: int) -> Configuration:
    """All of them vote, from the beginning."""
    return first_configuration(dict.fromkeys(ids, ""))


class Words(HardState, frozen=True, array_like=True):
    """A hard state of the usual shape."""

    term: int
    vote: int | None = None


def entry(index: Index, term: Term = 1, data: bytes | None = None) -> Entry:
    """An intact entry; its data tells index and term unless given."""
    data = b"%d/%d" % (index, term) if data is None else data
    return Entry(index, term, EntryKind.BATCH, data, crc32(data))


def entries(first: Index, last: Index, term: Term = 1, size: int = 0) -> tuple[Entry, ...]:
    """Entries `first` to `last`, each with `size` bytes of data if given."""
    return tuple(
        entry(index, term, bytes([index % 251 + 1]) * size if size else None) for index in range(first, last + 1)
    )


def persist(**fields: Any) -> Persist:
    """A Persist whose position does not matter."""
    return Persist(0, **fields)


def open_store(disk: Disk, options: StoreOptions = SMALL, **fields: Any) -> Store:
    """Open with the names all tests use."""
    wanted = {"cluster": "house", "node": 1, "algorithm": "any", "hard_state": Words, "disk_id": DISK_ID, **fields}
    return Store.open(disk, options=options, **wanted)


def snapshot(store: Store, index: Index, term: Term = 1, chunks: Sequence[bytes] = (b"state",)) -> LogPoint:
    """Take a snapshot and say where it is."""
    meta = store.snapshots.save(index, term, group(1, 2, 3), chunks)
    return LogPoint(meta.index, meta.term)
