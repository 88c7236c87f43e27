"""A backup: the state stream of one snapshot as a file that travels, and says from its first bytes on what it is.

    head    magic 8s | format u32 | length of the header u32 | crc32 of the header u32
    header  JSON of `BackupHeader`
    piece   length u32 | crc32 u32 | bytes                  (any number, the last one empty)

The state is what a snapshot holds: the machine's, and the sessions with which what is sent again is not applied again. Members,
votes and log are not in it: they belong to a cluster, and a backup begins a new one.
"""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from struct import Struct
from typing import Protocol

import msgspec

from quorate.core.checksum import crc32
from quorate.core.errors import DamagedError, MismatchError
from quorate.core.ids import Index, NodeId, Term
from quorate.storage.snapshot_format import DIGEST_BYTES, PIECE, PIECE_BYTES

BACKUP_FORMAT = 1

_HEAD = Struct("<8sIII")
_MAGIC = b"QUORATEB"
_HEADER_LIMIT = 1 << 16


class BackupHeader(msgspec.Struct, frozen=True):
    """What is in the file and where it comes from. `index`, `term`: the last entry that it covers. `size`, `digest`: of the state stream.
    `created_s`: seconds since 1970, by the clock of `node`. `version`: of the program that wrote it."""

    cluster: str
    node: NodeId
    algorithm: str
    index: Index
    term: Term
    size: int
    digest: str
    created_s: int
    version: str


class Source(Protocol):
    """A file open for reading."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        ...


def encode_backup(header: BackupHeader, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a backup, one piece in memory at a time. What `chunks` raises passes through."""
    encoded = msgspec.json.encode(header)
    yield _HEAD.pack(_MAGIC, BACKUP_FORMAT, len(encoded), crc32(encoded)) + encoded
    for chunk in chunks:
        for low in range(0, len(chunk), PIECE_BYTES):
            piece = chunk[low : low + PIECE_BYTES]
            yield PIECE.pack(len(piece), crc32(piece)) + piece
    yield PIECE.pack(0, 0)


class BackupReader:
    """A backup file, read once from front to end. `name` stands in errors. Every method raises `DamagedError` for bytes that are not
    what was written, and the constructor `MismatchError` for another format."""

    def __init__(self, source: Source, name: str) -> None:
        self._source = source
        self._name = name
        self._offset = 0
        self.header = self._read_header()

    def pieces(self) -> Iterator[bytes]:
        """The state stream. Size and digest are checked after the last piece: until the iterator ends by itself, what was read is not
        to be trusted."""
        digest = blake2b(digest_size=DIGEST_BYTES)
        size = 0
        while piece := self._piece():
            digest.update(piece)
            size += len(piece)
            yield piece
        if (size, digest.hexdigest()) != (self.header.size, self.header.digest):
            raise self._damaged(
                f"it holds {size} bytes of state, which are not the {self.header.size} that its header tells of"
            )
        if self._source.read(1):
            raise self._damaged("there is something behind its end")

    def verify(self) -> None:
        """Read everything."""
        for _ in self.pieces():
            pass

    def _read_header(self) -> BackupHeader:
        head = self._source.read(_HEAD.size)
        if len(head) != _HEAD.size or not head.startswith(_MAGIC):
            raise MismatchError(f"{self._name}: this is not a backup; `quorate snapshot save FILE` writes one")
        _, version, length, crc = _HEAD.unpack(head)
        if version != BACKUP_FORMAT:
            raise MismatchError(
                f"{self._name}: a backup of format {version}, this version of quorate reads format {BACKUP_FORMAT}; "
                "use the version that wrote it"
            )
        self._offset = _HEAD.size
        encoded = self._take(length) if length <= _HEADER_LIMIT else b""
        try:
            if length and crc32(encoded) == crc:
                return msgspec.json.decode(encoded, type=BackupHeader)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass  # told below
        raise self._damaged("its header is not intact")

    def _piece(self) -> bytes:
        length, crc = PIECE.unpack(self._take(PIECE.size))
        if length > PIECE_BYTES:
            raise self._damaged("a piece is too long")
        piece = self._take(length)
        if crc32(piece) != crc:
            raise self._damaged("a piece does not match its checksum")
        return piece

    def _take(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) != size:
            raise self._damaged("it ends too early")
        self._offset += size
        return data

    def _damaged(self, what: str) -> DamagedError:
        return DamagedError(
            f"{self._name}: damaged at byte {self._offset}: {what}. Use another copy, or save a new one: nothing can be restored from this"
        )
