"""Writing a snapshot file, from the start or from where an earlier process stopped."""

from hashlib import blake2b

from quorate.core.configuration import Configuration
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.storage.disk import File
from quorate.storage.snapshot_format import (
    DIGEST_BYTES,
    HEADER,
    PIECE,
    PIECE_BYTES,
    Footer,
    encode_footer,
    encode_header,
    encode_piece,
    piece_crc,
    piece_seed,
)


class SnapshotWriter:
    """Appends a state stream to a file. `size`: bytes of the stream so far. Nothing is durable before `sync` or `finish`."""

    def __init__(self, file: File, index: Index, term: Term) -> None:
        self.size = 0
        self._file = file
        self._index = index
        self._term = term
        self._seed = piece_seed(index, term)
        self._digest = blake2b(digest_size=DIGEST_BYTES)
        self._runs: list[tuple[int, int]] = []
        self._end = HEADER.size

    @classmethod
    def begin(cls, file: File, index: Index, term: Term) -> "SnapshotWriter":
        """Start anew, whatever the file held."""
        file.truncate(0)
        file.write(0, encode_header(index, term))
        return cls(file, index, term)

    @classmethod
    def resume(cls, file: File, index: Index, term: Term) -> "SnapshotWriter":
        """Continue after the intact pieces that the file holds; they are durable on return, the rest is cut off."""
        header = encode_header(index, term)
        if file.read(0, len(header)) != header:
            return cls.begin(file, index, term)
        writer = cls(file, index, term)
        while (data := writer._piece()) is not None:
            writer._count(data)
        file.truncate(writer._end)
        file.sync()
        return writer

    def write(self, data: bytes) -> None:
        """Append to the stream."""
        for low in range(0, len(data), PIECE_BYTES):
            piece = bytes(data[low : low + PIECE_BYTES])
            self._file.write(self._end, encode_piece(piece, self.size, self._seed))
            self._count(piece)

    def sync(self) -> None:
        """Make durable what was written."""
        self._file.sync()

    def digest(self) -> str:
        """Digest of the stream so far."""
        return self._digest.hexdigest()

    def finish(
        self, configuration: Configuration, *, taken: bool, members: tuple[NodeId, ...] | None = None
    ) -> SnapshotMeta:
        """End the stream; the file is complete and durable on return."""
        meta = SnapshotMeta(
            self._index,
            self._term,
            configuration.voters if members is None else members,
            self.size,
            self.digest(),
            configuration,
        )
        self._file.write(self._end, encode_footer(Footer(meta, taken, tuple(self._runs))))
        self._file.sync()
        return meta

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _count(self, piece: bytes) -> None:
        self._digest.update(piece)
        self._end += PIECE.size + len(piece)
        self.size += len(piece)
        if self._runs and self._runs[-1][1] == len(piece):
            self._runs[-1] = (self._runs[-1][0] + 1, len(piece))
        else:
            self._runs.append((1, len(piece)))

    def _piece(self) -> bytes | None:
        """The intact piece at the end of what is counted; None if there is none."""
        head = self._file.read(self._end, PIECE.size)
        if len(head) != PIECE.size:
            return None
        length, crc = PIECE.unpack(head)
        if not 0 < length <= PIECE_BYTES:
            return None
        data = self._file.read(self._end + PIECE.size, length)
        return data if len(data) == length and piece_crc(data, self.size, self._seed) == crc else None
