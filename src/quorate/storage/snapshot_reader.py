"""Reading a snapshot file."""

from bisect import bisect_right
from collections.abc import Iterator
from hashlib import blake2b

from quorate.core.errors import DamagedError
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.damage import damaged
from quorate.storage.disk import File
from quorate.storage.snapshot_format import (
    DIGEST_BYTES,
    FOOTER_LIMIT,
    HEADER,
    PIECE,
    PIECE_BYTES,
    TAIL,
    Footer,
    decode_footer,
    decode_tail,
    encode_header,
    piece_crc,
    piece_seed,
)

_REMEDY = (
    "Keep the file. If an older snapshot is there and the log reaches back to it, the next start uses that one by itself; "
    "a member that is asked for this snapshot takes a new one. `quorate wal verify DIR` shows the extent."
)


class SnapshotReader:
    """A published snapshot file, open. Every method raises `DamagedError` for bytes that are not what was written.

    Memory is bounded by one piece and the index of pieces, whatever the file holds.
    """

    def __init__(self, file: File, path: str) -> None:
        self._file = file
        self._path = path
        footer, end = self._load_footer()
        self.meta: SnapshotMeta = footer.meta
        self.taken: bool = footer.taken
        self._seed = piece_seed(self.meta.index, self.meta.term)
        self._runs = footer.runs
        self._check_layout(end)

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes of the stream at `offset`; fewer only at its end."""
        parts: list[bytes] = []
        end = min(offset + size, self.meta.size)
        while offset < end:
            start, piece = self._piece_at(offset)
            parts.append(piece[offset - start : end - start])
            offset = start + len(piece)
        return b"".join(parts)

    def pieces(self) -> Iterator[bytes]:
        """The whole stream. The digest is checked after the last piece: until then what was read is not to be trusted."""
        digest = blake2b(digest_size=DIGEST_BYTES)
        offset = 0
        while offset < self.meta.size:
            _, piece = self._piece_at(offset)
            digest.update(piece)
            offset += len(piece)
            yield piece
        if digest.hexdigest() != self.meta.digest:
            raise self._damaged(0, "the state does not match its digest")

    def verify(self) -> None:
        """Read everything."""
        for _ in self.pieces():
            pass

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _load_footer(self) -> tuple[Footer, int]:
        """The footer, and the offset at which it begins."""
        size = self._file.size()
        tail = decode_tail(self._file.read(max(0, size - TAIL.size), TAIL.size))
        if tail is None:
            raise self._damaged(max(0, size - TAIL.size), "the file does not end as a snapshot does")
        length, crc = tail
        start = size - TAIL.size - length
        footer = (
            decode_footer(self._file.read(start, length), crc)
            if start >= HEADER.size and length <= FOOTER_LIMIT
            else None
        )
        if footer is None:
            raise self._damaged(max(0, start), "its description is not intact")
        return footer, start

    def _check_layout(self, end: int) -> None:
        meta = self.meta
        if self._file.read(0, HEADER.size) != encode_header(meta.index, meta.term):
            raise self._damaged(0, "its header is not intact, or of another format")
        self._starts: list[tuple[int, int]] = []
        stream, count = 0, 0
        for many, length in self._runs:
            if many < 1 or not 0 < length <= PIECE_BYTES:
                raise self._damaged(end, "its index is not intact")
            self._starts.append((stream, count))
            stream, count = stream + many * length, count + many
        if stream != meta.size or HEADER.size + stream + count * PIECE.size != end:
            raise self._damaged(end, f"it holds {end} bytes, which its index does not add up to")

    def _piece_at(self, offset: int) -> tuple[int, bytes]:
        """The piece that holds the stream's byte `offset`, and where in the stream it starts."""
        run = bisect_right(self._starts, (offset, self.meta.size)) - 1
        first, count = self._starts[run]
        length = self._runs[run][1]
        nth = (offset - first) // length
        start = first + nth * length
        at = HEADER.size + start + (count + nth) * PIECE.size
        data = self._file.read(at, PIECE.size + length)
        piece = data[PIECE.size :]
        if len(piece) != length or PIECE.unpack_from(data) != (length, piece_crc(piece, start, self._seed)):
            raise self._damaged(at, "a piece does not match its checksum")
        return start, piece

    def _damaged(self, offset: int, what: str) -> DamagedError:
        return damaged(self._path, offset, what, _REMEDY)
