"""Snapshot streams: frames of bytes, cut into chunks anywhere, put together again.

A frame is a length (4 bytes, big-endian) and that many bytes. Chunk borders mean nothing, because a snapshot
travels through files and messages that cut it where they like.
"""

from collections.abc import Iterable, Iterator

from quorate.core.errors import DamagedError

CHUNK_BYTES = 64 * 1024
"""Aim of the writers. One chunk takes about 0.1 ms to build, and what consumes it then lets other threads run."""

LENGTH_BYTES = 4

REMEDY = (
    "this snapshot cannot be used: stop the node, move the snapshot away and start again, "
    "so that it takes an older one or the leader's"
)


def frame(payload: bytes) -> bytes:
    """`payload` with its length in front. Raises OverflowError for 4 GiB and more."""
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def coalesce(parts: Iterable[bytes], size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The same bytes in chunks of at least `size`, the last one excepted; lazily."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        if len(buffer) >= size:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


class ChunkReader:
    """Reads a stream of chunks once, from front to end, and holds one chunk of it at a time.

    Raises `DamagedError` with the offset where the stream is not what it should be; what the source of the chunks
    raises passes through.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._position = 0
        self.offset = 0

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        end = self._position + size
        if end <= len(self._chunk):
            taken = self._chunk[self._position : end]
            self._position = end
        else:
            taken = self._gather(size)
        self.offset += size
        return taken

    def frame(self, limit: int) -> bytes:
        """The payload of the next frame. `limit`: the largest that its writer makes; more is damage."""
        start = self.offset
        size = int.from_bytes(self.take(LENGTH_BYTES), "big")
        if size > limit:
            raise DamagedError(f"snapshot: a frame of {size} bytes at byte {start}, at most {limit} expected; {REMEDY}")
        return self.take(size)

    def rest(self) -> Iterator[bytes]:
        """What has not been taken. Iterate over it once."""
        if self._position < len(self._chunk):
            chunk, self._chunk, position, self._position = self._chunk, b"", self._position, 0
            self.offset += len(chunk) - position
            yield chunk[position:]
        for chunk in self._chunks:
            self.offset += len(chunk)
            yield chunk

    def expect_end(self) -> None:
        """Raise `DamagedError` unless every byte was taken."""
        extra = next((chunk for chunk in self.rest() if chunk), None)
        if extra is not None:
            raise DamagedError(f"snapshot: {len(extra)} bytes or more behind the end at {self.offset}; {REMEDY}")

    def _gather(self, size: int) -> bytes:
        parts = [self._chunk[self._position :]]
        missing = size - len(parts[0])
        self._chunk, self._position = b"", 0
        while missing:
            chunk = next(self._chunks, None)
            if chunk is None:
                raise DamagedError(
                    f"snapshot: ends at byte {self.offset + size - missing}, {missing} bytes too early; {REMEDY}"
                )
            parts.append(chunk[:missing])
            if len(chunk) > missing:
                self._chunk, self._position = chunk, missing
            missing -= len(parts[-1])
        return b"".join(parts)
