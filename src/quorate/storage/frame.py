"""Frames: one frame is what one write made durable with one sync. It counts whole or not at all.

A segment is `preamble frame* zeros`, a frame is `header records end`:

    preamble  magic 8s | format u32 | segment u64 | disk u64 | crc32 u32 | 0xFE
    header    magic 4s | length of the records u32 | write number u64 | crc32 u32 | 0xFE
    end       magic 4s

Write numbers rise by one from frame to frame, through all segments. A write begins only after the sync of the one
before has returned, so an intact frame proves that everything with a lower number was durable: that is how recovery
tells an interrupted write from damage.

Segments are zeros before they are written, and a frame neither begins nor ends with a zero byte. So an interrupted write leaves
its mark (a sector that is still zero, or a zero last byte), and a frame without the mark was written in full.
"""

import struct
from collections.abc import Sequence
from itertools import pairwise
from struct import Struct
from typing import NamedTuple

from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Term
from quorate.storage.record import CRC_MASK, ENTRY_HEAD, ENTRY_OVERHEAD, FORMAT, RECORD_PREFIX, RecordKind

PREAMBLE = Struct("<8sIQQIB")
HEADER = Struct("<4sIQIB")
HEADER_MAGIC = b"QFRM"
END = b"QEND"
FRAME_OVERHEAD = HEADER.size + len(END)

FRAME_LIMIT = 1 << 28
"""Bytes of records in one frame: what a reader is ready to hold in memory at once."""

_PREAMBLE_MAGIC = b"QUORATEW"
MARK = 0xFE
_SECTOR = 512
_DISK = Struct("<QQ")


class Preamble(NamedTuple):
    """Start of a segment file, readable without knowing anything."""

    format: int
    segment: int
    disk: int


class Header(NamedTuple):
    """Start of a frame. `length`: bytes of its records."""

    length: int
    number: int


def segment_seed(disk: int, segment: int) -> int:
    """What the checksums of a segment start from: bytes of another disk or segment never pass."""
    return crc32(_DISK.pack(disk, segment))


def encode_preamble(disk: int, segment: int) -> bytes:
    """First bytes of a segment file."""
    crc = crc32(struct.pack("<IQQ", FORMAT, segment, disk))
    return PREAMBLE.pack(_PREAMBLE_MAGIC, FORMAT, segment, disk, crc, MARK)


def decode_preamble(data: bytes) -> Preamble | None:
    """None if `data` is not an intact preamble."""
    if len(data) != PREAMBLE.size:
        return None
    magic, version, segment, disk, crc, mark = PREAMBLE.unpack(data)
    if magic != _PREAMBLE_MAGIC or mark != MARK or crc != crc32(struct.pack("<IQQ", version, segment, disk)):
        return None
    return Preamble(version, segment, disk)


def encode_header(header: Header, offset: int, seed: int) -> bytes:
    """Header of a frame that lies at `offset`."""
    crc = crc32(struct.pack("<IQ", *header), (seed + offset) & CRC_MASK)
    return HEADER.pack(HEADER_MAGIC, header.length, header.number, crc, MARK)


def decode_header(data: bytes, offset: int, seed: int) -> Header | None:
    """None if `data` is not the intact header of a frame written at `offset` of the segment with this `seed`."""
    if len(data) != HEADER.size:
        return None
    magic, length, number, crc, mark = HEADER.unpack(data)
    if magic != HEADER_MAGIC or mark != MARK or crc != crc32(data[4:16], (seed + offset) & CRC_MASK):
        return None
    return Header(length, number)


def looks_interrupted(region: bytes, offset: int) -> bool:
    """Whether an interrupted write can have left `region`, the bytes from `offset` on, which should begin and end with a
    byte that is not zero. Disks write whole sectors, in any order; the idea is etcd's `isTornEntry`, wal/decoder.go.

    A zero first byte is the trace of an interrupted erasure of such a write, which begins at its start."""
    if not region or region[0] == 0 or region[-1] == 0:
        return True
    first = _SECTOR - offset % _SECTOR
    borders = [0, *range(first, len(region), _SECTOR), len(region)]
    return any(not region[low:high].strip(b"\0") for low, high in pairwise(borders))


class FrameBuilder:
    """Collects the records of one write for a known place: `offset` in the segment with `seed`.

    `size`: bytes of records so far. `highest`: largest index among its entries, those before a reset not counted.
    `resets`: whether it drops the whole log.
    """

    def __init__(self, seed: int, offset: int, number: int) -> None:
        self.size = 0
        self.highest: Index = 0
        self.resets = False
        self._seed = seed
        self._offset = offset
        self._base = seed + offset + HEADER.size
        self._number = number
        self._parts: list[bytes] = []

    def add(self, kind: RecordKind, payload: bytes) -> None:
        """Append a record that is not an entry."""
        content = bytes((kind,)) + payload
        prefix = RECORD_PREFIX.pack(len(payload), crc32(content, (self._base + self.size) & CRC_MASK))
        self._parts += (prefix, content)
        self.size += len(prefix) + len(content)

    def add_reset(self, payload: bytes) -> None:
        """Append the record that drops the whole log."""
        self.add(RecordKind.RESET, payload)
        self.resets = True
        self.highest = 0

    def add_entries(self, entries: Sequence[Entry], last: LogPoint) -> list[tuple[Index, Term]]:
        """Append entries that follow `last`; returns (first index, term) where the term changes.

        The hot path: one pass over the data, for its checksum. Raises `InvariantError` for a gap, a falling term or damaged data.
        """
        index, term = last.index, last.term
        base, size = self._base, self.size
        append, pack_head, pack_prefix = self._parts.append, ENTRY_HEAD.pack, RECORD_PREFIX.pack
        runs: list[tuple[Index, Term]] = []
        for entry in entries:
            index += 1
            data, crc = entry.data, entry.crc
            if entry.index != index or entry.term < term or crc32(data) != crc:
                raise _refused(entry, LogPoint(index - 1, term))
            if entry.term != term:
                term = entry.term
                runs.append((index, term))
            try:
                head = pack_head(RecordKind.ENTRY, index, term, entry.kind, crc)
            except struct.error as error:
                raise InvariantError(f"entry {index} of term {term} cannot be stored: {error}") from error
            length = len(data)
            append(pack_prefix(length + ENTRY_HEAD.size - 1, crc32(head, (base + size) & CRC_MASK)))
            append(head)
            append(data)
            size += length + ENTRY_OVERHEAD
        self.size = size
        self.highest = max(self.highest, index)
        return runs

    def finish(self) -> bytes:
        """The frame's bytes. Raises `InvariantError` if it is larger than any reader would accept."""
        if self.size > FRAME_LIMIT:
            raise InvariantError(
                f"one unit of {self.size} bytes is more than the {FRAME_LIMIT} that a log write may hold"
            )
        header = encode_header(Header(self.size, self._number), self._offset, self._seed)
        return b"".join((header, *self._parts, END))


def _refused(entry: Entry, last: LogPoint) -> InvariantError:
    name = f"entry {entry.index} of term {entry.term}"
    if entry.index != last.index + 1:
        return InvariantError(
            f"{name} would leave a gap in the log, which ends at index {last.index}; nothing was written"
        )
    if entry.term < last.term:
        return InvariantError(f"{name} follows an entry of term {last.term}: terms never fall; nothing was written")
    return InvariantError(f"the data of {name} does not match its checksum; nothing was written")
