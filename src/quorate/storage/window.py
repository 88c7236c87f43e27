"""Reading a file piece by piece, in bounded memory."""

from collections.abc import Iterator

from quorate.storage.disk import File

BLOCK = 1 << 20
_ZEROS = bytes(BLOCK)


class Window:
    """Random access to a file whose size does not change meanwhile; keeps one block."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.size = file.size()
        self._base = 0
        self._block = b""

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer only at the end of the file."""
        low = offset - self._base
        if low < 0 or low + size > len(self._block):
            self._base, low = offset, 0
            self._block = self._file.read(offset, max(size, BLOCK))
        return self._block[low : low + size]

    def held(self, offset: int, least: int) -> tuple[bytes, int]:
        """A block, and where in it the byte at `offset` is. At least `least` bytes follow it there, unless the file ends."""
        low = offset - self._base
        if low < 0 or low + least > len(self._block):
            self.read(offset, BLOCK)
            low = offset - self._base
        return self._block, low

    def blocks(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """(offset, bytes) from `offset` to the end of the file."""
        while offset < self.size and (block := self.read(offset, min(BLOCK, self.size - offset))):
            yield offset, block
            offset += len(block)

    def is_blank(self, offset: int = 0) -> bool:
        """Whether nothing but zeros follows from `offset` on."""
        return all(block == _ZEROS[: len(block)] for _, block in self.blocks(offset))

    def content_end(self, offset: int) -> int:
        """Offset after the last byte at or after `offset` that is not zero; `offset` if there is none."""
        end = self.size
        while end > offset:
            low = max(offset, end - BLOCK)
            block = self.read(low, end - low).rstrip(b"\0")
            if block:
                return low + len(block)
            end = low
        return offset

    def find(self, pattern: bytes, offset: int) -> int | None:
        """Offset of the first `pattern` at or after `offset`."""
        tail = b""
        for start, block in self.blocks(offset):
            at = (tail + block).find(pattern)
            if at >= 0:
                return start - len(tail) + at
            tail = (tail + block)[-(len(pattern) - 1) :]
        return None
