"""Looking into a data directory: its segments and every record in them. Reads only, needs no lock, survives any garbage.

On a directory whose node is running the end of the log may be caught in the middle of a write, and then looks torn.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Literal, TypeAlias

import msgspec

from quorate.core.durable import LogPoint
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import StorageError
from quorate.core.ids import Index, Term
from quorate.storage.disk import Disk
from quorate.storage.frame import PREAMBLE, decode_preamble
from quorate.storage.label import read_label
from quorate.storage.layout import LABEL, WAL, segment_numbers, segment_path
from quorate.storage.record import Carried, Record, RecordKind
from quorate.storage.scan import Frame, SegmentScan, Stop
from quorate.storage.window import Window

RowStatus: TypeAlias = Literal["ok", "unused", "torn", "damaged"]


class SegmentRow(msgspec.Struct, frozen=True):
    """A segment. `size`: of the file. `used`: up to the end of the last intact write. `first_index`, `last_index`: smallest and largest
    index among its entries. `unused`: zeros, made ready for later."""

    file: str
    number: int
    size: int
    used: int
    writes: int
    records: int
    entries: int
    first_index: Index | None
    last_index: Index | None
    status: RowStatus


class RecordRow(msgspec.Struct, frozen=True):
    """A record, or with kind `?` a place where one should be. `write`: number of the write that it is part of. `size`: bytes of the whole
    record. `index`, `term`: where the record has them. `detail`: what it says, or what is wrong."""

    file: str
    offset: int
    write: int | None
    kind: str
    index: Index | None
    term: Term | None
    size: int
    status: RowStatus
    detail: str


def segment_rows(disk: Disk) -> Iterator[SegmentRow]:
    """The segments, oldest first."""
    for number, used_later in _segments(disk):
        yield _segment_row(disk, number, used_later=used_later)


def record_rows(disk: Disk) -> Iterator[RecordRow]:
    """Every record of every segment in order; after a bad place, what is intact behind it."""
    for number, used_later in _segments(disk):
        path = segment_path(number)
        for found in walk(disk, number):
            if isinstance(found, Stop):
                yield RecordRow(
                    path, found.at, None, "?", None, None, 0, _status(found, used_later=used_later), found.what
                )
            else:
                yield from (_record_row(path, found.number, record) for record in found.records)


def walk(disk: Disk, number: int) -> Iterator[Frame | Stop]:
    """The intact frames of a segment, and a `Stop` wherever something else lies between. A stop after which nothing intact follows has
    `interrupted` as found; every other one is False there, because a later write proves the bytes were durable."""
    with closing(disk.open(segment_path(number))) as file:
        window = Window(file)
        scan = SegmentScan(window, _disk_id(disk, window), number)
        yield from scan.frames(None)
        stop = scan.stop
        while stop is not None:
            onward = _onward(scan, stop)
            yield stop if onward is None else stop._replace(interrupted=False)
            if onward is None:
                return
            scan.stop = None
            yield from scan.frames_from(onward, None)
            stop = scan.stop


def _onward(scan: SegmentScan, stop: Stop) -> int | None:
    """Where to go on reading after `stop`: an intact header behind it, or at it if it only has the wrong number."""
    at = scan.later_write(stop.offset, -1)
    if at == stop.offset and not stop.misplaced:
        at = scan.later_write(stop.offset + 1, -1)
    return at


def _segments(disk: Disk) -> Iterator[tuple[int, bool]]:
    """(number, whether a later segment is in use)."""
    numbers = segment_numbers(disk.list(WAL))
    last_used = max((number for number in numbers if not _is_blank(disk, number)), default=0)
    yield from ((number, number < last_used) for number in numbers)


def _is_blank(disk: Disk, number: int) -> bool:
    with closing(disk.open(segment_path(number))) as file:
        return Window(file).is_blank()


def _disk_id(disk: Disk, window: Window) -> int:
    """The disk id that the checksums build on: from the label, or else from the segment itself."""
    try:
        label = read_label(disk, LABEL)
    except StorageError:
        label = None
    preamble = decode_preamble(window.read(0, PREAMBLE.size))
    if label is not None:
        return label.disk
    return preamble.disk if preamble is not None else 0


def _segment_row(disk: Disk, number: int, *, used_later: bool) -> SegmentRow:
    writes = records = entries = used = 0
    lowest: Index | None = None
    highest: Index | None = None
    status: RowStatus = "ok"
    for found in walk(disk, number):
        if isinstance(found, Stop):
            status = "damaged" if status == "damaged" else _status(found, used_later=used_later)
            continue
        writes, records, used = writes + 1, records + len(found.records), found.offset + found.size
        for record in found.records:
            if isinstance(record.value, Entry):
                entries += 1
                lowest = record.value.index if lowest is None else min(lowest, record.value.index)
                highest = record.value.index if highest is None else max(highest, record.value.index)
    with closing(disk.open(segment_path(number))) as file:
        size = file.size()
    if not writes and status == "ok":
        status = "damaged" if used_later else "unused"
    path = segment_path(number)
    return SegmentRow(path, number, size, used, writes, records, entries, lowest, highest, status)


def _status(stop: Stop, *, used_later: bool) -> RowStatus:
    return "torn" if stop.interrupted and not used_later else "damaged"


def _record_row(path: str, write: int, record: Record) -> RecordRow:
    index, term, detail = _describe(record)
    return RecordRow(path, record.offset, write, record.kind.name.lower(), index, term, record.size, "ok", detail)


def _describe(record: Record) -> tuple[Index | None, Term | None, str]:
    value = record.value
    match record.kind, value:
        case RecordKind.ENTRY, Entry():
            known = value.kind in EntryKind.__members__.values()
            name = EntryKind(value.kind).name.lower() if known else f"kind {value.kind}"
            return value.index, value.term, f"{name}, {len(value.data)} bytes"
        case RecordKind.SEGMENT, Carried():
            state = (
                f"incarnation {value.incarnation}, hard state {_plain(value.hard_state)}, commit hint {value.commit}"
            )
            return value.last, None, f"continues after {value.last}, log starts after {value.start.index}, {state}"
        case RecordKind.HARD_STATE, bytes():
            return None, None, str(_plain(value))
        case RecordKind.TRUNCATE, int():
            return value, None, "entries from here on are dropped"
        case RecordKind.RESET, LogPoint():
            return value.index, value.term, "the whole log is dropped and continues after this point"
        case RecordKind.COMPACT, LogPoint():
            return value.index, value.term, "entries up to here are dropped"
        case RecordKind.COMMIT, int():
            return value, None, "known to be committed up to here"
        case _:
            return None, None, str(value)


def _plain(hard_state: bytes) -> Any:
    """The fields of a hard state, whatever its type."""
    if not hard_state:
        return "none"
    try:
        return msgspec.msgpack.decode(hard_state)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return hard_state.hex()
