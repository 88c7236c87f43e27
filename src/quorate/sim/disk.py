"""One process's view of a simulated disk: the `Disk` protocol, with failures on order and death in the middle of a job."""

from __future__ import annotations

import errno
import os
from typing import Literal, TypeAlias

import msgspec

from quorate.core.errors import LockedError
from quorate.sim.image import Change, DiskImage, Inode, parent

Operation: TypeAlias = Literal["open", "read", "write", "sync", "resize", "rename", "remove", "sync_directory", "any"]

UNLIMITED_FREE_BYTES = 1 << 40


class Failure(msgspec.Struct):
    """Let `after` calls of `operation` pass, then fail `times` calls with `code` (an errno); `times` below 0: for ever."""

    operation: Operation
    after: int = 0
    code: int = errno.EIO
    times: int = 1

    def strikes(self, operation: Operation) -> bool:
        """Count this call; whether it is to fail."""
        if self.operation not in (operation, "any") or self.times == 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


class CrashedError(BaseException):
    """The process died inside this call. Not an `Exception`: code that handles failures must not survive it."""


class SimDisk:
    """A data directory as one process has it. Opened files die with it."""

    def __init__(self, image: DiskImage) -> None:
        self.image = image
        self.failures: list[Failure] = []
        self._operations_left: int | None = None
        self._counted: Operation = "any"

    def crash_after(self, operations: int | None, kind: Operation = "any") -> None:
        """Let so many more operations of this kind happen; the next one raises `CrashedError`, and so does everything after it. None:
        no crash."""
        self._operations_left = operations
        self._counted = kind

    def release(self) -> None:
        """The process is gone: the kernel gives its lock back."""
        if self.image.owner is self:
            self.image.owner = None
        self.crash_after(0)

    def act(self, operation: Operation, path: str) -> None:
        """Every operation passes here first: it may fail, or be the last thing the process never did."""
        if self._operations_left is not None and self._counted in (operation, "any"):
            if self._operations_left == 0:
                self._counted = "any"
                raise CrashedError(f"{operation} {path}")
            self._operations_left -= 1
        for failure in self.failures:
            if failure.strikes(operation):
                raise OSError(failure.code, os.strerror(failure.code), path)

    def require_space(self, growth: int, path: str) -> None:
        """ENOSPC if the disk cannot take `growth` bytes more."""
        if growth > 0 and self.image.capacity is not None and self.image.used() + growth > self.image.capacity:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    def open(self, path: str, *, create: bool = False) -> SimFile:
        self.act("open", path)
        if create and path not in self.image.names:
            self.image.rename_entries((path, Inode()))
        return SimFile(self, path, self.image.find(path))

    def list(self, path: str = "") -> list[str]:
        self.act("read", path)
        return sorted(name.rpartition("/")[2] for name in self.image.names if parent(name) == path)

    def make_directory(self, path: str) -> None:
        self.act("open", path)
        missing = []
        while path and path not in self.image.names:
            missing.append(path)
            path = parent(path)
        for directory in reversed(missing):
            self.image.rename_entries((directory, Inode(directory=True)))

    def rename(self, source: str, target: str) -> None:
        self.act("rename", source)
        if parent(source) != parent(target):
            raise OSError(
                errno.EXDEV, "a rename stays in its directory here: two directories are never changed as one", source
            )
        inode = self.image.find(source)
        self.image.rename_entries((source, None), (target, inode))

    def remove(self, path: str) -> None:
        self.act("remove", path)
        self.image.find(path)
        self.image.rename_entries((path, None))

    def sync_directory(self, path: str = "") -> None:
        self.act("sync_directory", path)
        self.image.sync_names(path)

    def lock(self, path: str) -> None:
        self.act("open", path)
        if self.image.owner not in (None, self):
            raise LockedError(f"{path}: another process uses this data directory; stop it, or choose another directory")
        self.image.owner = self
        if path not in self.image.names:
            self.image.rename_entries((path, Inode()))

    def free_bytes(self) -> int:
        capacity = self.image.capacity
        return UNLIMITED_FREE_BYTES if capacity is None else max(0, capacity - self.image.used())


class SimFile:
    """An open file of a `SimDisk`."""

    __slots__ = ("_disk", "_inode", "_path")

    def __init__(self, disk: SimDisk, path: str, inode: Inode) -> None:
        self._disk = disk
        self._path = path
        self._inode = inode

    def write(self, offset: int, data: bytes) -> None:
        data = bytes(data)
        try:
            self._disk.act("write", self._path)
            self._disk.require_space(offset + len(data) - self._inode.cache.size, self._path)
        except OSError:
            # A write that fails may have written part of what it was given, where the file had space already.
            written = data[: max(0, min(len(data) // 2, self._inode.cache.size - offset))]
            if written:
                self._inode.change(Change(offset, written))
            raise
        self._inode.change(Change(offset, data))

    def read(self, offset: int, size: int) -> bytes:
        self._disk.act("read", self._path)
        return self._inode.cache.read(offset, size)

    def sync(self) -> None:
        try:
            self._disk.act("sync", self._path)
        except OSError:
            self._inode.forget_pending()
            raise
        self._disk.image.sync(self._inode)

    def allocate(self, size: int) -> None:
        if size > self._inode.cache.size:
            self.truncate(size)

    def truncate(self, size: int) -> None:
        self._disk.act("resize", self._path)
        self._disk.require_space(size - self._inode.cache.size, self._path)
        self._inode.change(Change(size, None))

    def size(self) -> int:
        return self._inode.cache.size

    def close(self) -> None:
        """Nothing to release: a simulated file holds no descriptor."""
