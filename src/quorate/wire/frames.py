"""Frames: `length u32 big-endian | crc32 u32 | payload`. Both numbers are of the payload alone.

The stream is cut into frames as bytes arrive. A whole frame inside a chunk is handed out as a view of the chunk; a
frame that spans chunks is gathered in one buffer that never grows past the frame it is for. So each byte is copied at most
once, and a peer that announces much and sends little costs what it has sent.
"""

from collections.abc import Iterator
from struct import Struct

import msgspec

from quorate.core.checksum import crc32
from quorate.core.errors import ProtocolError
from quorate.wire.refusal import Reason, RefusedError

HEADER = Struct(">II")
HEADER_BYTES = HEADER.size

MAX_FRAME_BYTES = 64 * 1024 * 1024
"""Payload limit on a link: far above one append (1 MiB) or snapshot chunk (256 KiB), far below memory."""

MAX_HELLO_BYTES = 4 * 1024
"""Payload limit before the hello is done: a hello is some 100 bytes, and the sender is a stranger yet."""

UNDECODABLE = (msgspec.DecodeError, ValueError, RecursionError, OverflowError)
"""What msgspec raises for a payload that does not fit: beside its own error, UnicodeDecodeError (a ValueError) for text
that is not UTF-8, and RecursionError for nesting without end."""

_encoder = msgspec.msgpack.Encoder()
_NO_HEADER = bytes(HEADER_BYTES)


def append_frame(buffer: bytearray, content: msgspec.Struct, max_frame_bytes: int = MAX_FRAME_BYTES) -> int:
    """Append `content` as one frame to `buffer`, encoded in place; returns the size of the frame with its header.

    Raises `ProtocolError` if the payload exceeds `max_frame_bytes`, and whatever msgspec raises for a value it cannot
    encode; the buffer is then as it was.
    """
    start = len(buffer)
    buffer += _NO_HEADER
    try:
        _encoder.encode_into(content, buffer, -1)
        length = len(buffer) - start - HEADER_BYTES
        if length > max_frame_bytes:
            raise ProtocolError(
                f"{type(content).__name__} is {length} bytes on the wire, the limit is {max_frame_bytes}: "
                "let entries and chunks be smaller, or raise max_frame_bytes on every node"
            )
    except BaseException:
        del buffer[start:]
        raise
    HEADER.pack_into(buffer, start, length, crc32(memoryview(buffer)[start + HEADER_BYTES :]))
    return length + HEADER_BYTES


def frame(content: msgspec.Struct, max_frame_bytes: int = MAX_FRAME_BYTES) -> bytearray:
    """One frame by itself."""
    buffer = bytearray()
    append_frame(buffer, content, max_frame_bytes)
    return buffer


class FrameParser:
    """Cuts the bytes of one connection into payloads.

    `source` names the sender in errors. Both it and `max_frame_bytes` may be changed between two frames, also while
    `feed` is being iterated. After an error the parser is of no further use: the stream has lost its borders.

    Invariants: `_partial` holds the beginning of one frame, shorter than `_wanted`; `_wanted` is the size of that
    frame with its header, or `HEADER_BYTES` as long as the header is not complete.
    """

    __slots__ = ("_partial", "_wanted", "max_frame_bytes", "source")

    def __init__(self, source: str, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self.source = source
        self.max_frame_bytes = max_frame_bytes
        self._partial = bytearray()
        self._wanted = HEADER_BYTES

    @property
    def buffered(self) -> int:
        """Bytes held back until their frame is complete."""
        return len(self._partial)

    def feed(self, chunk: bytes) -> Iterator[memoryview]:
        """The payloads that `chunk` completes, in order; iterate to the end, or give the connection up.

        A payload is a view that stays valid as long as it is held. Raises `RefusedError`.
        """
        view = memoryview(chunk)
        end = len(view)
        position = 0
        while position < end:
            if self._partial:
                position = self._gather(view, position)
                if len(self._partial) < self._wanted:
                    return
                # A fresh buffer, not clear(): the decoded message may hold on to the view.
                whole, self._partial, self._wanted = self._partial, bytearray(), HEADER_BYTES
                yield self._payload(memoryview(whole))
            else:
                size = self._frame_size(view, position)
                if end - position < size:
                    self._partial += view[position:]
                    self._wanted = size
                    return
                yield self._payload(view[position : position + size])
                position += size

    def _gather(self, view: memoryview, position: int) -> int:
        """Move bytes into the partial frame, no more than it wants; the new position."""
        while len(self._partial) < self._wanted and position < len(view):
            piece = view[position : position + self._wanted - len(self._partial)]
            self._partial += piece
            position += len(piece)
            if len(self._partial) == HEADER_BYTES:
                self._wanted = self._frame_size(memoryview(self._partial), 0)
        return position

    def _frame_size(self, view: memoryview, position: int) -> int:
        """Size with header of the frame at `position`; `HEADER_BYTES` if its header is not complete."""
        if len(view) - position < HEADER_BYTES:
            return HEADER_BYTES
        length: int = HEADER.unpack_from(view, position)[0]
        if length > self.max_frame_bytes:
            raise RefusedError(
                Reason.TOO_LARGE,
                f"{self.source} announces a frame of {length} bytes, the limit is {self.max_frame_bytes}",
            )
        return HEADER_BYTES + length

    def _payload(self, whole: memoryview) -> memoryview:
        payload = whole[HEADER_BYTES:]
        announced: int = HEADER.unpack_from(whole)[1]
        actual = crc32(payload)
        if actual != announced:
            raise RefusedError(
                Reason.BAD_FRAME,
                f"a frame of {len(payload)} bytes from {self.source} has checksum {actual:08x}, its header says "
                f"{announced:08x}: damaged on the way, or in the memory of one of the two machines",
            )
        return payload
