"""Real directories that hang, or have only so much room, when a test says so."""

import errno
import os
from pathlib import Path
from threading import Event, Lock

from quorate.real.disk import RealDisk
from quorate.storage.disk import File


class BadDisk(RealDisk):
    """`works`: while it is not set, every sync of the log waits. `room`: bytes by which files may still grow; None: no limit."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.works = Event()
        self.works.set()
        self.room: int | None = None
        self._counting = Lock()

    def open(self, path: str, *, create: bool = False) -> File:
        """A file with the disk's vices."""
        return BadFile(self, super().open(path, create=create), path)

    def remove(self, path: str) -> None:
        """What a file took is free again."""
        size = (self.root / path).stat().st_size
        super().remove(path)
        self.grow(-size, path)

    def free_bytes(self) -> int:
        """The room, if it is limited."""
        return super().free_bytes() if self.room is None else max(0, self.room)

    def grow(self, size: int, path: str) -> None:
        """Take room, or give some back."""
        with self._counting:
            if self.room is None:
                return
            if size > max(0, self.room):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
            self.room -= size


class BadFile:
    """An open file of a bad disk."""

    def __init__(self, disk: BadDisk, file: File, path: str) -> None:
        self._disk = disk
        self._file = file
        self._path = path

    def write(self, offset: int, data: bytes) -> None:
        """As far as there is room."""
        self._disk.grow(max(0, offset + len(data) - self._file.size()), self._path)
        self._file.write(offset, data)

    def read(self, offset: int, size: int) -> bytes:
        """As ever."""
        return self._file.read(offset, size)

    def sync(self) -> None:
        """When the disk works."""
        self._disk.works.wait()
        self._file.sync()

    def allocate(self, size: int) -> None:
        """Piece by piece, as the real one."""
        while (at := self._file.size()) < size:
            self.write(at, bytes(min(4096, size - at)))

    def truncate(self, size: int) -> None:
        """Room comes back with what is cut."""
        self._disk.grow(size - self._file.size(), self._path)
        self._file.truncate(size)

    def size(self) -> int:
        """As ever."""
        return self._file.size()

    def close(self) -> None:
        """As ever."""
        self._file.close()
