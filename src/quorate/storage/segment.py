"""The segment that is written on."""

from quorate.core.ids import Index
from quorate.storage.disk import File
from quorate.storage.options import StoreOptions
from quorate.storage.space import is_out_of_space, needing_space
from quorate.storage.window import BLOCK


class ActiveSegment:
    """An open segment with a write position. `end`: offset after the last frame. `highest`: largest index of an entry that may be in it.
    `starved`: the disk had no room to fill it with zeros as far ahead as it should be.
    """

    def __init__(self, file: File, number: int, options: StoreOptions, end: int = 0, highest: Index = 0) -> None:
        self.number = number
        self.end = end
        self.highest = highest
        self.starved = False
        self._file = file
        self._options = options
        self._allocated = file.size()

    def append(self, data: bytes, leave: int = 0) -> None:
        """Make `data` durable at `end`: one write, one sync. Space is filled with zeros ahead, because a sync that must also record a new
        file size or newly used blocks costs more, and because a disk that is full must say so before anything of `data` is on it.

        Raises `DiskFullError` if there is no room for it and for `leave` bytes behind it; then nothing was written, and it can be tried
        again. Raises OSError; then what the file holds is not known."""
        self._make_room(self.end + len(data), self.end + len(data) + leave)
        self._file.write(self.end, data)
        self._file.sync()
        self.end += len(data)

    def put(self, data: bytes) -> File:
        """The first half of `append`, where there `has_room`: write `data` at `end`, and give the file, which is to be synced. Until
        `advance` it is not part of the segment. Raises OSError."""
        self._file.write(self.end, data)
        return self._file

    def advance(self, size: int) -> None:
        """The second half: so much of what was put is durable."""
        self.end += size

    def has_room(self, size: int, leave: int = 0) -> bool:
        """Whether `append` of so much would be one write and one sync, and nothing else."""
        end = self.end + size
        return self._wanted(end, end + leave)[1] <= self._allocated

    def _wanted(self, end: int, needed: int) -> tuple[int, int]:
        """How far zeros must go for that, and how far they should: half a step more, so that a disk that fills up is noticed while there
        is room."""
        limit = max(end, self._options.segment_bytes)
        needed = min(needed, limit)
        return needed, min(needed + self._options.allocate_bytes // 2, limit)

    def _make_room(self, end: int, needed: int) -> None:
        """Zeros as far as they should go."""
        step, limit = self._options.allocate_bytes, max(end, self._options.segment_bytes)
        needed, wanted = self._wanted(end, needed)
        if wanted <= self._allocated:
            return
        with needing_space(f"log segment {self.number}"):
            try:
                self._file.allocate(max(needed, min(-(-wanted // step) * step, limit)))
            except OSError as error:
                self.starved = is_out_of_space(error)
                if not self.starved or self._file.size() < needed:
                    raise
            else:
                self.starved = False
        self._allocated = self._file.size()

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
