"""Runs of plain writes, read quickly: those that hold nothing but entries of one term and commit hints, as nearly all do.

This is the second reader of what `record` and `frame` describe, made for a start on a long log: one loop over the bytes, no object but
the entries. It checks all that `SegmentScan` and `LogState` check, and stops before the first write that is anything else: not
intact, not whole in the block, of another kind or term, out of order. What that is, and what it means, is for them to say.
"""

from struct import Struct
from typing import NamedTuple

from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.ids import Index, Term
from quorate.storage.frame import END, HEADER, HEADER_MAGIC, MARK
from quorate.storage.record import CRC_MASK, ENTRY_OVERHEAD, RECORD_OVERHEAD, RECORD_PREFIX, RecordKind

_WRITE = Struct("<4sIQIBIIBQQBI")
"""`HEADER`, `RECORD_PREFIX` and `ENTRY_HEAD` in one: most writes begin so, and one call is quicker than three."""

_ENTRY = Struct("<IIBQQBI")
"""`RECORD_PREFIX` and `ENTRY_HEAD` in one."""

_HINT = Struct("<IIBQ")
"""`RECORD_PREFIX`, the kind and a number."""

_HINT_BYTES = _HINT.size - RECORD_OVERHEAD
_KIND_AT = RECORD_PREFIX.size
_ENTRY_KIND, _HINT_KIND = int(RecordKind.ENTRY), int(RecordKind.COMMIT)


class Run(NamedTuple):
    """`writes` of them, of which the last lies at `last_at`; `end`: the offset after it. `commit`: the highest hint, 0 without one."""

    writes: int
    last_at: int
    end: int
    entries: list[Entry]
    commit: Index


def read_run(block: bytes, low: int, offset: int, seed: int, number: int, last: LogPoint) -> Run:
    """The plain writes in `block` from `low` on, which is the segment's byte `offset`. `number`: of the write that comes next. `last`: the
    entry before. `seed`: of the segment."""
    entries: list[Entry] = []
    unpack, crc_of, make, append = _WRITE.unpack_from, crc32, Entry, entries.append
    position, bias, limit = low, seed + offset - low, len(block) - len(END)
    (index, term), commit, last_at, first = (last.index, last.term), 0, low, number
    while position <= limit - _WRITE.size:
        magic, length, found, crc, mark, size, entry_crc, kind, at, entry_term, entry_kind, data_crc = unpack(
            block, position
        )
        record_at = position + HEADER.size
        data_at, end_of_data, end = record_at + ENTRY_OVERHEAD, record_at + RECORD_OVERHEAD + size, record_at + length
        data = block[data_at:end_of_data]
        if (
            magic != HEADER_MAGIC
            or mark != MARK
            or found != number
            or crc_of(block[position + 4 : position + 16], (bias + position) & CRC_MASK) != crc
            or kind != _ENTRY_KIND
            or at != index + 1
            or entry_term != term
            or not data_at <= end_of_data <= end <= limit
            or crc_of(block[record_at + _KIND_AT : data_at], (bias + record_at) & CRC_MASK) != entry_crc
            or crc_of(data) != data_crc
            or block[end : end + len(END)] != END
        ):
            break
        append(make(at, term, entry_kind, data, data_crc))
        hint = _read_rest(block, end_of_data, end, bias, term, entries) if end_of_data < end else 0
        if hint is None:
            break
        if hint > commit:
            commit = hint
        index = entries[-1].index
        last_at, position, number = position, end + len(END), number + 1
    del entries[index - last.index :]
    return Run(number - first, last_at - low + offset, position - low + offset, entries, commit)


def _read_rest(block: bytes, at: int, end: int, bias: int, term: Term, entries: list[Entry]) -> Index | None:
    """Append the entries of a write after its first; returns its commit hint, 0 without one, or None if it holds anything else."""
    hint, index = 0, entries[-1].index
    while at + RECORD_OVERHEAD <= end:
        kind = block[at + _KIND_AT]
        if kind == _HINT_KIND and at + _HINT.size <= end:
            size, crc, _, value = _HINT.unpack_from(block, at)
            after = at + _HINT.size
            if size != _HINT_BYTES or crc32(block[at + _KIND_AT : after], (bias + at) & CRC_MASK) != crc:
                return None
            hint = max(hint, value)
        elif kind == _ENTRY_KIND and at + ENTRY_OVERHEAD <= end:
            size, crc, _, found, entry_term, entry_kind, data_crc = _ENTRY.unpack_from(block, at)
            data_at, after = at + ENTRY_OVERHEAD, at + RECORD_OVERHEAD + size
            data = block[data_at:after]
            index += 1
            if (
                found != index
                or entry_term != term
                or not data_at <= after <= end
                or crc32(block[at + _KIND_AT : data_at], (bias + at) & CRC_MASK) != crc
                or crc32(data) != data_crc
            ):
                return None
            entries.append(Entry(index, term, entry_kind, data, data_crc))
        else:
            return None
        at = after
    return hint if at == end else None
