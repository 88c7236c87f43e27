"""Records: what a write-ahead log is made of.

`payload length u32 | crc32 u32 | kind u8 | payload`, little-endian. The CRC covers kind and payload and starts from
(segment seed + offset of the record), so a record that lies anywhere else than where it was written does not pass. For an entry it
covers the fixed fields only, the entry's own CRC among them, and that one covers `data`: one pass over the data for both.

A later release may add kinds, which an older one refuses by name, and fields at the end of a payload, which an older one skips; so a
field that must not be forgotten is a new kind. What a field means never changes.
"""

import struct
from collections.abc import Callable, Iterator
from enum import IntEnum
from struct import Struct
from typing import NamedTuple, TypeAlias

import msgspec

from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.ids import Index, Term

FORMAT = 1
"""Version of everything in a data directory. A reader knows exactly one."""

CRC_MASK = 0xFFFFFFFF
RECORD_PREFIX = Struct("<II")
ENTRY_HEAD = Struct("<BQQBI")
RECORD_OVERHEAD = RECORD_PREFIX.size + 1
ENTRY_OVERHEAD = RECORD_PREFIX.size + ENTRY_HEAD.size

_NUMBER = Struct("<Q")
_POINT = Struct("<QQ")


class RecordKind(IntEnum):
    """What a record says. The order inside a write is the order of replay. A number is never used for anything else."""

    SEGMENT = 1
    HARD_STATE = 2
    ENTRY = 3
    TRUNCATE = 4
    RESET = 5
    COMPACT = 6
    COMMIT = 7
    INCARNATION = 8


class Carried(msgspec.Struct, frozen=True, array_like=True):
    """First record of every segment: all that the earlier segments say, except the entries themselves.

    `runs`: (first index, term) of each run of entries of one term, for the entries after `start` up to `last`.
    """

    incarnation: int
    hard_state: bytes
    start: LogPoint
    last: Index
    runs: tuple[tuple[Index, Term], ...]
    commit: Index


Value: TypeAlias = Entry | Carried | LogPoint | bytes | int


class Record(NamedTuple):
    """A decoded record; `offset` and `size` are those of the whole record in its file."""

    kind: RecordKind
    offset: int
    size: int
    value: Value


class BadRecordError(Exception):
    """The bytes at `offset` are not a record. `written`: their checksum is right, so this is what somebody wrote and
    no interrupted write can explain it. `newer`: it is a record of a kind that only a newer release has."""

    def __init__(self, offset: int, what: str, *, written: bool = False, newer: bool = False) -> None:
        self.offset = offset
        self.what = what
        self.written = written
        self.newer = newer
        super().__init__(f"offset {offset}: {what}")


_carried_encoder = msgspec.msgpack.Encoder()
_carried_decoder = msgspec.msgpack.Decoder(Carried)


def encode_carried(carried: Carried) -> bytes:
    """Payload of a `SEGMENT` record."""
    return _carried_encoder.encode(carried)


def encode_number(number: int) -> bytes:
    """Payload of `TRUNCATE`, `COMMIT` and `INCARNATION` records."""
    return _NUMBER.pack(number)


def encode_point(point: LogPoint) -> bytes:
    """Payload of `RESET` and `COMPACT` records."""
    return _POINT.pack(point.index, point.term)


def _decode_number(payload: bytes) -> int:
    (number,) = _NUMBER.unpack_from(payload)
    return int(number)


def _decode_point(payload: bytes) -> LogPoint:
    return LogPoint(*_POINT.unpack_from(payload))


def _same(payload: bytes) -> bytes:
    return payload


_DECODERS: dict[int, Callable[[bytes], Value]] = {
    RecordKind.SEGMENT: _carried_decoder.decode,
    RecordKind.HARD_STATE: _same,
    RecordKind.TRUNCATE: _decode_number,
    RecordKind.RESET: _decode_point,
    RecordKind.COMPACT: _decode_point,
    RecordKind.COMMIT: _decode_number,
    RecordKind.INCARNATION: _decode_number,
}


def decode_records(body: bytes, base: int, seed: int) -> Iterator[Record]:
    """The records of `body`, which lies at offset `base` of a segment with this `seed`.

    Raises `BadRecordError` at the first that is not intact.
    """
    position, end = 0, len(body)
    while position < end:
        if position + RECORD_OVERHEAD > end:
            raise BadRecordError(base + position, "a record header is cut short")
        length, crc = RECORD_PREFIX.unpack_from(body, position)
        size = RECORD_OVERHEAD + length
        if position + size > end:
            raise BadRecordError(base + position, f"a record of {length} bytes does not fit in its write")
        start = (seed + base + position) & CRC_MASK
        if body[position + RECORD_PREFIX.size] == RecordKind.ENTRY:
            yield _decode_entry(body, position, base, size, crc, start)
        else:
            yield _decode_other(body, position, base, size, crc, start)
        position += size


def _decode_entry(body: bytes, position: int, base: int, size: int, crc: int, start: int) -> Record:
    head = position + RECORD_PREFIX.size
    data_at = head + ENTRY_HEAD.size
    if size < ENTRY_OVERHEAD or crc32(body[head:data_at], start) != crc:
        raise BadRecordError(base + position, "an entry record does not match its checksum")
    _, index, term, kind, data_crc = ENTRY_HEAD.unpack_from(body, head)
    data = body[data_at : position + size]
    if crc32(data) != data_crc:
        raise BadRecordError(base + position, f"the data of entry {index} of term {term} does not match its checksum")
    return Record(RecordKind.ENTRY, base + position, size, Entry(index, term, kind, data, data_crc))


def _decode_other(body: bytes, position: int, base: int, size: int, crc: int, start: int) -> Record:
    head = position + RECORD_PREFIX.size
    if crc32(body[head : position + size], start) != crc:
        raise BadRecordError(base + position, "a record does not match its checksum")
    kind, payload = body[head], body[head + 1 : position + size]
    decode = _DECODERS.get(kind)
    if decode is None:
        what = f"a record of kind {kind}, which this version of quorate does not know"
        raise BadRecordError(base + position, what, written=True, newer=True)
    try:
        value = decode(payload)
    except (msgspec.MsgspecError, ValueError, struct.error) as error:
        what = f"a {RecordKind(kind).name} record cannot be read ({error})"
        raise BadRecordError(base + position, what, written=True) from error
    return Record(RecordKind(kind), base + position, size, value)
