"""A disk in memory whose crashes can be enumerated: every operation, every byte of what was not synced."""

import errno
import os
from collections.abc import Callable, Iterator
from random import Random
from typing import TypeAlias

from quorate.core.errors import LockedError
from quorate.storage.disk import File

SECTOR = 512


class PowerLossError(BaseException):
    """The machine stopped inside this call."""


class Inode:
    """A file: as the system sees it, and as the platter has it."""

    def __init__(self, content: bytes = b"") -> None:
        self.cache = bytearray(content)
        self.durable = bytearray(content)


class WriteChange:
    """Unsynced bytes. `weight`: in how many places a prefix can be torn off."""

    def __init__(self, inode: Inode, offset: int, data: bytes) -> None:
        self.inode, self.offset, self.data, self.weight = inode, offset, data, len(data)

    def make(self, content: bytearray, kept: int) -> None:
        """Put the first `kept` bytes into `content`."""
        if kept:
            content.extend(bytes(max(0, self.offset + kept - len(content))))
            content[self.offset : self.offset + kept] = self.data[:kept]


class SizeChange:
    """An unsynced file size."""

    weight = 1

    def __init__(self, inode: Inode, size: int) -> None:
        self.inode, self.size = inode, size

    def make(self, content: bytearray, kept: int) -> None:
        """Cut or extend `content`."""
        if kept:
            del content[self.size :]
            content.extend(bytes(self.size - len(content)))


class NamesChange:
    """Names of one directory that change as one: the new file of each, or None for one that goes."""

    weight = 1

    def __init__(self, changes: dict[str, Inode | None]) -> None:
        self.changes = changes
        self.directory = parent(next(iter(changes)))

    def make_names(self, names: dict[str, Inode]) -> None:
        """Change `names`."""
        for path, inode in self.changes.items():
            if inode is None:
                names.pop(path, None)
            else:
                names[path] = inode


Change: TypeAlias = WriteChange | SizeChange | NamesChange


def parent(path: str) -> str:
    """The directory a path is in."""
    return path.rpartition("/")[0]


class MemoryDisk:
    """`operations` counts calls that change something. `watch`: called before each with (operation, path), may raise.
    Directories are durable at once; their names are not. `capacity`: bytes that files may take in all; None: no limit."""

    def __init__(self) -> None:
        self.names: dict[str, Inode] = {}
        self.operations = 0
        self.log: list[str] = []
        self.watch: Callable[[str, str], None] = lambda _operation, _path: None
        self.capacity: int | None = None
        self._durable_names: dict[str, Inode] = {}
        self._directories: set[str] = {""}
        self._changes: list[Change] = []
        self._stop_after: int | None = None
        self._locked = False

    # As a process sees it

    def open(self, path: str, *, create: bool = False) -> File:
        inode = self.names.get(path)
        if inode is None:
            if not create:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            self._act("create", path)
            inode = Inode()
            self._rename({path: inode})
        return MemoryFile(self, path, inode)

    def list(self, path: str = "") -> list[str]:
        here = {name for name in (*self.names, *self._directories) if name and parent(name) == path}
        return sorted(name.rpartition("/")[2] for name in here)

    def make_directory(self, path: str) -> None:
        self._act("make_directory", path)
        while path:
            self._directories.add(path)
            path = parent(path)

    def rename(self, source: str, target: str) -> None:
        self._act("rename", source)
        assert parent(source) == parent(target)
        self._rename({source: None, target: self._find(source)})

    def remove(self, path: str) -> None:
        self._act("remove", path)
        self._find(path)
        self._rename({path: None})

    def sync_directory(self, path: str = "") -> None:
        self._act("sync_directory", path)
        for change in self._take(lambda change: isinstance(change, NamesChange) and change.directory == path):
            assert isinstance(change, NamesChange)
            change.make_names(self._durable_names)

    def lock(self, path: str) -> None:
        if self._locked:
            raise LockedError(f"{path}: another store of this test uses the disk")
        self._locked = True

    def free_bytes(self) -> int:
        return 1 << 40 if self.capacity is None else max(0, self.capacity - self.used())

    def used(self) -> int:
        """Bytes that files take."""
        return sum(len(inode.cache) for inode in self.names.values())

    # As a test sees it

    def stop_after(self, operations: int | None) -> None:
        """Let so many more changing operations happen; the next raises `PowerLossError`, and so does every later one."""
        self._stop_after = operations

    def unlock(self) -> None:
        """The process has ended."""
        self._locked = False

    def unsynced(self) -> int:
        """In how many places the unsynced changes can be cut: bytes, sizes and names."""
        return sum(change.weight for change in self._changes)

    def restarted(self) -> "MemoryDisk":
        """The process is gone, the machine went on: what the system saw is there, and not more durable than before."""
        return self._clone([(change, change.weight) for change in self._changes], durable=False)

    def after_crash(self, kept: int = 0) -> "MemoryDisk":
        """The disk after power was lost and the first `kept` units of what was unsynced had reached it, in order."""
        parts: list[tuple[Change, int]] = []
        for change in self._changes:
            part = min(kept, change.weight)
            kept -= part
            parts.append((change, part))
        return self._clone(parts)

    def after_nameless_crash(self) -> "MemoryDisk":
        """The disk after power was lost and every unsynced byte and size had reached it, but no name."""
        return self._clone([(change, change.weight) for change in self._changes if not isinstance(change, NamesChange)])

    def after_sector_crash(self, random: Random) -> "MemoryDisk":
        """The disk after power was lost and any of the unsynced sectors had reached it, in any order; names and sizes in order."""
        parts: list[tuple[Change, int]] = []
        for change in self._changes:
            if isinstance(change, WriteChange):
                parts += [(piece, piece.weight) for piece in _sectors(change) if random.random() < 0.5]
            else:
                parts.append((change, 1))
        return self._clone(parts)

    def content(self, path: str) -> bytes:
        """What the system sees in a file."""
        return bytes(self._find(path).cache)

    def replace(self, path: str, content: bytes) -> None:
        """Change a file behind everybody's back, durably: damage, or the work of a person."""
        inode = Inode(content)
        for names in (self.names, self._durable_names):
            names[path] = inode

    def flip(self, path: str, offset: int, mask: int = 1) -> None:
        """Turn bits of one byte."""
        content = bytearray(self.content(path))
        content[offset] ^= mask
        self.replace(path, bytes(content))

    def erase(self, path: str) -> None:
        """Remove a file behind everybody's back."""
        for names in (self.names, self._durable_names):
            names.pop(path, None)

    # Inside

    def _act(self, operation: str, path: str) -> None:
        if self._stop_after is not None:
            if not self._stop_after:
                raise PowerLossError(f"{operation} {path}")
            self._stop_after -= 1
        self.watch(operation, path)
        self.operations += 1
        self.log.append(f"{operation} {path}")

    def _find(self, path: str) -> Inode:
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self.names[path]

    def _rename(self, changes: dict[str, Inode | None]) -> None:
        change = NamesChange(changes)
        assert change.directory in self._directories, f"no directory {change.directory}"
        change.make_names(self.names)
        self._changes.append(change)

    def _take(self, wanted: Callable[[Change], bool]) -> "list[Change]":
        taken = [change for change in self._changes if wanted(change)]
        self._changes = [change for change in self._changes if not wanted(change)]
        return taken

    def _clone(self, parts: "list[tuple[Change, int]]", *, durable: bool = True) -> "MemoryDisk":
        copies: dict[int, Inode] = {}

        def copied(inode: Inode) -> Inode:
            return copies.setdefault(id(inode), Inode(bytes(inode.durable)))

        other = MemoryDisk()
        other._directories = set(self._directories)
        other._durable_names = {path: copied(inode) for path, inode in self._durable_names.items()}
        for change, kept in parts:
            if not isinstance(change, NamesChange):
                change.make(copied(change.inode).durable, kept)
            elif kept:
                news = {path: inode and copied(inode) for path, inode in change.changes.items()}
                NamesChange(news).make_names(other._durable_names)
        other.names = dict(other._durable_names)
        for inode in copies.values():
            inode.cache = bytearray(inode.durable)
        if not durable:
            other._unsync(self, copies, copied)
        return other

    def _unsync(self, source: "MemoryDisk", copies: dict[int, Inode], copied: Callable[[Inode], Inode]) -> None:
        """Make what `source` had not synced unsynced here too, though seen by the system."""
        self._durable_names = {path: copied(inode) for path, inode in source._durable_names.items()}
        for inode in (*source.names.values(), *source._durable_names.values()):
            copied(inode).durable, copied(inode).cache = bytearray(inode.durable), bytearray(inode.cache)
        for change in source._changes:
            if isinstance(change, NamesChange):
                news = {path: inode and copied(inode) for path, inode in change.changes.items()}
                self._changes.append(NamesChange(news))
            elif isinstance(change, WriteChange):
                self._changes.append(WriteChange(copied(change.inode), change.offset, change.data))
            else:
                self._changes.append(SizeChange(copied(change.inode), change.size))


def _sectors(change: WriteChange) -> Iterator[WriteChange]:
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        yield WriteChange(change.inode, start, change.data[start - change.offset : stop - change.offset])
        start = stop


class MemoryFile:
    """An open file of a `MemoryDisk`."""

    def __init__(self, disk: MemoryDisk, path: str, inode: Inode) -> None:
        self._disk, self._path, self._inode = disk, path, inode

    def write(self, offset: int, data: bytes) -> None:
        self._disk._act("write", self._path)
        if offset + len(data) - self.size() > self._disk.free_bytes():
            raise self._full()
        self._change(WriteChange(self._inode, offset, bytes(data)))

    def read(self, offset: int, size: int) -> bytes:
        return bytes(self._inode.cache[offset : offset + size])

    def sync(self) -> None:
        try:
            self._disk._act("sync", self._path)
        except OSError:
            self._unsynced()  # as Linux does: the pages count as clean, are seen, and never reach the platter
            raise
        for change in self._unsynced():
            change.make(self._inode.durable, change.weight)

    def _unsynced(self) -> "list[WriteChange | SizeChange]":
        taken = self._disk._take(lambda change: not isinstance(change, NamesChange) and change.inode is self._inode)
        return [change for change in taken if not isinstance(change, NamesChange)]

    def allocate(self, size: int) -> None:
        """As far as there is room, as a real one does that writes zeros."""
        growth = size - self.size()
        if growth > 0:
            self.truncate(self.size() + min(growth, self._disk.free_bytes()))
        if self.size() < size:
            raise self._full()

    def _full(self) -> OSError:
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), self._path)

    def truncate(self, size: int) -> None:
        self._disk._act("resize", self._path)
        if size - self.size() > self._disk.free_bytes():
            raise self._full()
        self._change(SizeChange(self._inode, size))

    def size(self) -> int:
        return len(self._inode.cache)

    def close(self) -> None:
        """Nothing to release."""

    def _change(self, change: WriteChange | SizeChange) -> None:
        change.make(self._inode.cache, change.weight)
        self._disk._changes.append(change)
