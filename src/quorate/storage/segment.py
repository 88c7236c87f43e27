"""The segment that is written on."""

from quorate.core.ids import Index
from quorate.storage.disk import File
from quorate.storage.options import StoreOptions
from quorate.storage.window import BLOCK


class ActiveSegment:
    """An open segment with a write position. `end`: offset after the last frame. `highest`: largest index of an entry that may be in it."""

    def __init__(self, file: File, number: int, options: StoreOptions, end: int = 0, highest: Index = 0) -> None:
        self.number = number
        self.end = end
        self.highest = highest
        self._file = file
        self._options = options
        self._allocated = file.size()

    def append(self, data: bytes) -> None:
        """Make `data` durable at `end`: one write, one sync. Space is filled with zeros ahead, because a sync that must also record a new
        file size or newly used blocks costs more. Raises OSError; then what the file holds is not known."""
        end = self.end + len(data)
        if end > self._allocated:
            self._allocate(end, len(data))
        self._file.write(self.end, data)
        self._file.sync()
        self.end = end

    def _allocate(self, end: int, size: int) -> None:
        """Zeros beyond what was prepared; not worth it before a write that is as large as the step."""
        step = self._options.allocate_bytes
        if size < step:
            end = max(end, min(-(-end // step) * step, self._options.segment_bytes))
            self._file.allocate(end)
        self._allocated = end

    def write_again(self, offset: int, size: int) -> None:
        """Write what is at `offset` once more and sync: what a process that was killed, or whose sync failed, left behind
        can be read without being on the disk."""
        while size:
            data = self._file.read(offset, min(size, BLOCK))
            self._file.write(offset, data)
            offset, size = offset + len(data), size - len(data)
        self._file.sync()

    def close(self) -> None:
        """Release the file."""
        self._file.close()


def erase(file: File, offset: int, size: int) -> None:
    """Overwrite a region with zeros, durably, so that what was cut never comes back."""
    zeros = bytes(BLOCK)
    for low in range(offset, offset + size, BLOCK):
        file.write(low, zeros[: min(BLOCK, offset + size - low)])
    file.sync()
