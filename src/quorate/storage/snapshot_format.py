"""A snapshot file: the state stream in pieces, each with a checksum, and at the end what it is.

    header  magic 8s | format u32 | index u64 | term u64 | crc32 u32
    piece   length u32 | crc32 u32 | bytes                  (any number)
    footer  msgpack of `Footer`
    tail    length of the footer u32 | crc32 of the footer u32 | magic 8s

Size and digest are known only when the stream has ended, and a snapshot that is being received must survive a restart
half way: so the file only ever grows, and says at its end what it is. The checksum of a piece starts from its place in
the stream and from the snapshot's index and term.
"""

import re
import struct
from struct import Struct

import msgspec

from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.ids import Index, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.record import CRC_MASK, FORMAT

HEADER = Struct("<8sIQQI")
PIECE = Struct("<II")
TAIL = Struct("<II8s")
PIECE_BYTES = 1 << 18
"""Largest piece: what a writer or a reader holds in memory at once."""

DIGEST_BYTES = 16

FOOTER_LIMIT = 1 << 26
"""Largest footer that a reader takes into memory."""

_DIGEST = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"(\d{20})-(\d{20})-[0-9a-f]{32}\b")
_HEADER_MAGIC = b"QUORATES"
_TAIL_MAGIC = b"QSNAPEND"


class Footer(msgspec.Struct, frozen=True, array_like=True):
    """`taken`: made here from this node's own state, not received. `runs`: (how many, length) of the pieces, in order."""

    meta: SnapshotMeta
    taken: bool
    runs: tuple[tuple[int, int], ...]


_footer_encoder = msgspec.msgpack.Encoder()
_footer_decoder = msgspec.msgpack.Decoder(Footer)


def encode_header(index: Index, term: Term) -> bytes:
    """First bytes of the file."""
    crc = crc32(struct.pack("<IQQ", FORMAT, index, term))
    return HEADER.pack(_HEADER_MAGIC, FORMAT, index, term, crc)


def encode_piece(data: bytes, offset: int, seed: int) -> bytes:
    """A piece whose first byte is the stream's byte `offset`."""
    return PIECE.pack(len(data), piece_crc(data, offset, seed)) + data


def encode_footer(footer: Footer) -> bytes:
    """Last bytes of the file: footer and tail."""
    data = _footer_encoder.encode(footer)
    return data + TAIL.pack(len(data), crc32(data), _TAIL_MAGIC)


def decode_tail(data: bytes) -> tuple[int, int] | None:
    """(length, crc) of the footer; None if `data` is not a tail."""
    if len(data) != TAIL.size:
        return None
    length, crc, magic = TAIL.unpack(data)
    return (length, crc) if magic == _TAIL_MAGIC else None


def decode_footer(data: bytes, crc: int) -> Footer | None:
    """None if `data` is not an intact footer."""
    if crc32(data) != crc:
        return None
    try:
        footer = _footer_decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return footer if is_plausible(footer.meta) else None


def is_plausible(meta: SnapshotMeta) -> bool:
    """Whether a snapshot can be like that at all. What a peer says of its snapshot becomes a file name: check first."""
    numbers = (meta.index, meta.term, meta.size)
    return all(0 <= number < 1 << 64 for number in numbers) and _DIGEST.fullmatch(meta.digest) is not None


def snapshot_name(meta: SnapshotMeta) -> str:
    """File name, without directory and ending, of a plausible snapshot. Names sort by index, then term."""
    return f"{meta.index:020d}-{meta.term:020d}-{meta.digest}"


def point_of_name(name: str) -> LogPoint | None:
    """Where the snapshot of that file name ends; None for a name that `snapshot_name` does not give."""
    found = _NAME.match(name)
    return LogPoint(int(found[1]), int(found[2])) if found is not None else None


def piece_seed(index: Index, term: Term) -> int:
    """What the checksums of a snapshot's pieces start from."""
    return crc32(struct.pack("<QQ", index, term))


def piece_crc(data: bytes, offset: int, seed: int) -> int:
    """Checksum of a piece whose first byte is the stream's byte `offset`."""
    return crc32(data, (seed + offset) & CRC_MASK)
