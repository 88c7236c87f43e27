"""What a machine's disk holds, whatever becomes of the processes that use it: contents, names, and what of them is durable."""

from __future__ import annotations

import errno
import os
from random import Random
from typing import Literal, NamedTuple, TypeAlias

import msgspec

SECTOR = 512
"""Bytes that a disk writes as one; the unit in which the sectors rule keeps or loses."""

LossRule: TypeAlias = Literal["prefix", "sectors", "all", "none"]
"""What becomes of unsynced changes when power goes. prefix: a random number of each file's changes survive, in order, the
next one torn. sectors: each sector of each write survives or not, on its own, as when a cache is written back
in any order. all: nothing survives. none: everything does, as when only the process dies but the machine goes on later."""


class Loss(msgspec.Struct):
    """What a crash took: unsynced changes, of these torn ones, and creations, renames and removals undone."""

    changes: int = 0
    torn: int = 0
    names: int = 0


class Change(NamedTuple):
    """One unsynced change: bytes written at `at`, or with `data` None the file's length set to `at`."""

    at: int
    data: bytes | None


class Content:
    """Bytes of a file. Zeros at the end, as an allocated segment has, take no memory."""

    __slots__ = ("data", "size")

    def __init__(self, data: bytes = b"", size: int = 0) -> None:
        self.data = bytearray(data)
        self.size = max(size, len(data))

    def write(self, offset: int, data: bytes) -> None:
        if offset > len(self.data):
            self.data.extend(bytes(offset - len(self.data)))
        self.data[offset : offset + len(data)] = data
        self.size = max(self.size, offset + len(data))

    def resize(self, size: int) -> None:
        del self.data[size:]
        self.size = size

    def make(self, change: Change) -> None:
        if change.data is None:
            self.resize(change.at)
        else:
            self.write(change.at, change.data)

    def read(self, offset: int, size: int) -> bytes:
        end = min(offset + size, self.size)
        data = bytes(self.data[offset:end])
        return data + bytes(max(0, end - offset - len(data)))

    def copy(self) -> Content:
        return Content(bytes(self.data), self.size)


class Inode:
    """A file as the system sees it (`cache`), as the platter has it (`durable`), and the changes between the two, in order.
    `rotten`: bits of it have decayed."""

    __slots__ = ("cache", "directory", "durable", "pending", "rotten")

    def __init__(self, *, directory: bool = False) -> None:
        self.directory = directory
        self.cache = Content()
        self.durable = Content()
        self.pending: list[Change] = []
        self.rotten = False

    def change(self, change: Change) -> None:
        self.cache.make(change)
        self.pending.append(change)

    def sync(self) -> None:
        for change in self.pending:
            self.durable.make(change)
        self.pending.clear()

    def forget_pending(self) -> None:
        """A sync failed: the system marks the pages clean though they never reached the platter, so that a second sync
        would succeed and save nothing (the fsync error semantics of Linux that PostgreSQL met in 2018)."""
        self.pending.clear()

    def lose_power(self, rule: LossRule, random: Random, loss: Loss) -> None:
        if self.pending:
            if rule == "sectors":
                self._keep_sectors(random, loss)
            else:
                self._keep_prefix(rule, random, loss)
            self.pending.clear()
        self.cache = self.durable.copy()

    def _keep_prefix(self, rule: LossRule, random: Random, loss: Loss) -> None:
        count = len(self.pending)
        kept = {"all": 0, "none": count}.get(rule, random.randint(0, count))
        for change in self.pending[:kept]:
            self.durable.make(change)
        loss.changes += count - kept
        if rule == "prefix" and kept < count:
            offset, data = self.pending[kept]
            if data is not None and (torn := data[: random.randrange(len(data) + 1)]):
                self.durable.write(offset, torn)
                loss.torn += 1

    def _keep_sectors(self, random: Random, loss: Loss) -> None:
        for change in self.pending:
            if change.data is None:
                self.durable.make(change)
                continue
            lost = 0
            end = change.at + len(change.data)
            start = change.at
            while start < end:
                stop = min(end, start - start % SECTOR + SECTOR)
                if random.random() < 0.5:
                    self.durable.write(start, change.data[start - change.at : stop - change.at])
                else:
                    lost += 1
                start = stop
            loss.changes += bool(lost)
            loss.torn += bool(lost) and start - change.at > SECTOR


NameChange: TypeAlias = tuple[tuple[str, "Inode | None"], ...]
"""One atomic change of a directory: names that get a file, or None for a name that goes."""


def parent(path: str) -> str:
    """The directory a path is in; that of the top is the empty string."""
    return path.rpartition("/")[0]


class DiskImage:
    """A disk that outlives its processes. `capacity`: bytes that files may take in all; None: no limit.
    `lies`: a sync says yes and keeps nothing, as a cache that ignores the order to flush does."""

    def __init__(self, capacity: int | None = None) -> None:
        self.capacity = capacity
        self.lies = False
        self.names: dict[str, Inode] = {}
        self.owner: object | None = None
        self._durable_names: dict[str, Inode] = {}
        self._pending_names: dict[str, list[NameChange]] = {}

    def find(self, path: str) -> Inode:
        """The file of that name; FileNotFoundError, IsADirectoryError."""
        inode = self.names.get(path)
        if inode is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        if inode.directory:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        return inode

    def rename_entries(self, *changes: tuple[str, Inode | None]) -> None:
        """Change names within one directory, atomically; not durable before `sync_names`."""
        directory = parent(changes[0][0])
        if directory and not (directory in self.names and self.names[directory].directory):
            raise FileNotFoundError(errno.ENOENT, "no such directory", directory)
        _change_names(self.names, changes)
        self._pending_names.setdefault(directory, []).append(changes)

    def sync(self, inode: Inode) -> None:
        """Make what was written to a file durable, if the disk is honest."""
        if not self.lies:
            inode.sync()

    def sync_names(self, directory: str) -> None:
        """Make the names in one directory durable, if the disk is honest."""
        if self.lies:
            return
        for changes in self._pending_names.pop(directory, ()):
            _change_names(self._durable_names, changes)

    def used(self) -> int:
        """Bytes that files take."""
        return sum(inode.cache.size for inode in self.names.values())

    def lose_power(self, random: Random, rule: LossRule = "prefix") -> Loss:
        """Keep what is synced and of the rest what `rule` says; only that is seen from now on."""
        loss = Loss()
        for directory in sorted(self._pending_names):
            changes = self._pending_names[directory]
            kept = {"all": 0, "none": len(changes)}.get(rule, random.randint(0, len(changes)))
            for change in changes[:kept]:
                _change_names(self._durable_names, change)
            loss.names += len(changes) - kept
        self._pending_names.clear()
        inodes = {id(inode): inode for inode in (*self.names.values(), *self._durable_names.values())}
        for inode in inodes.values():
            inode.lose_power(rule, random, loss)
        self._durable_names = {path: inode for path, inode in self._durable_names.items() if self._reachable(path)}
        self.names = dict(self._durable_names)
        return loss

    def unsynced(self) -> int:
        """Changes of contents and names that a power loss could take now."""
        names = sum(len(changes) for changes in self._pending_names.values())
        return names + sum(len(inode.pending) for inode in self.names.values())

    def durable_files(self, directory: str) -> dict[str, bytes]:
        """What a power loss would leave of each file that a directory has, if nothing unsynced survived, by path."""
        return {
            path: inode.durable.read(0, inode.durable.size)
            for path, inode in sorted(self.names.items())
            if parent(path) == directory and not inode.directory and self._durable_names.get(path) is inode
        }

    def flip(self, path: str, offset: int, bit: int) -> None:
        """Turn one bit, durably and unseen, as a decaying disk does."""
        inode = self.find(path)
        for content in (inode.cache, inode.durable):
            # The two differ while a change is not synced: the byte may be in one of them only.
            if offset < content.size:
                content.write(offset, bytes([content.read(offset, 1)[0] ^ 1 << bit]))

    def _reachable(self, path: str) -> bool:
        directory = parent(path)
        while directory:
            if directory not in self._durable_names:
                return False
            directory = parent(directory)
        return True


def _change_names(names: dict[str, Inode], changes: NameChange) -> None:
    for path, inode in changes:
        if inode is None:
            names.pop(path, None)
        else:
            names[path] = inode
