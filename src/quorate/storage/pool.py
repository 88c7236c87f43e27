"""Segments to come and segments to go: the slow work with files, off the write lane."""

import errno
from contextlib import suppress
from threading import Lock

from quorate.storage.disk import Disk, File
from quorate.storage.layout import DEAD_SUFFIX, SPARE_TEMPORARY, WAL, segment_path
from quorate.storage.options import StoreOptions
from quorate.storage.space import is_out_of_space, needing_space

_SHRINK = 1 << 20
"""Bytes freed at once. Freeing 64 MiB in one go held up the syncs of another file for 15 ms, in steps for 1 ms."""


class SegmentPool:
    """Prepares the next segment and removes dead ones.

    `work()` runs in the background lane, the rest in the write lane. If nobody calls `work()`, `take()` does what is
    needed, only slower. `_current` is the number that was taken last; a spare always has the number after it.
    `starved`: the disk has no room for the next segment.
    """

    def __init__(self, disk: Disk, options: StoreOptions, current: int, *, has_spare: bool) -> None:
        self.starved = False
        self._disk = disk
        self._options = options
        self._lock = Lock()
        self._current = current
        self._has_spare = has_spare
        self._asked = False
        self._tried = 0
        self._dead: list[int] = []

    @property
    def wants_work(self) -> bool:
        """Whether `work()` has something to do."""
        return self._asked or bool(self._dead)

    def ask(self) -> None:
        """The current segment fills up: a spare will be needed. Tried once a segment, and when `work` is told to try again; `take` makes
        up for a failure."""
        self._asked = not self._has_spare and self._tried != self._current

    def retire(self, number: int) -> None:
        """Nothing needs this segment any more, durably."""
        with self._lock:
            self._dead.append(number)

    def take(self, size: int = 0) -> tuple[int, File]:
        """Number and file of the next segment: zeros, at least `size` of them; its name is durable. Raises `DiskFullError` and OSError;
        then none was taken."""
        with self._lock:
            prepared, number = self._has_spare, self._current + 1
            with needing_space(segment_path(number)):
                file = self._disk.open(segment_path(number), create=not prepared)
            try:
                if not prepared:
                    self._disk.sync_directory(WAL)
                    self._remove_dead()
                if file.size() < size:
                    with needing_space(segment_path(number)):
                        file.allocate(size)
            except BaseException:
                file.close()
                raise
            self._current, self._has_spare, self._asked = number, False, False
        return number, file

    def work(self, *, again: bool = False) -> None:
        """Remove what is dead, oldest first, and make a spare ready if one was asked for; with `again`, also if there was no room for
        one before. Raises OSError; the log is none the worse."""
        while (number := self._next_dead()) is not None:
            self._bury(number)
        if self._asked or (again and self.starved):
            self._asked, self._tried = False, self._current
            self._prepare()

    def _next_dead(self) -> int | None:
        with self._lock:
            return self._dead.pop(0) if self._dead else None

    def _remove_dead(self) -> None:
        """Without a spare nobody seems to call `work()`."""
        for number in self._dead:
            self._disk.remove(segment_path(number))
        self._dead.clear()

    def _bury(self, number: int) -> None:
        dead = segment_path(number).removesuffix(".wal") + DEAD_SUFFIX
        self._disk.rename(segment_path(number), dead)
        self._disk.sync_directory(WAL)  # before it shrinks: a log whose first segment is cut short would look damaged
        file = self._disk.open(dead)
        try:
            for size in range(file.size() - _SHRINK, 0, -_SHRINK):
                file.truncate(size)
        finally:
            file.close()
        self._disk.remove(dead)

    def _prepare(self) -> None:
        temporary = f"{WAL}/{SPARE_TEMPORARY}"
        self.starved = False
        try:
            file = self._disk.open(temporary, create=True)
            try:
                self._fill(file)
            finally:
                file.close()
        except OSError as error:
            self.starved = is_out_of_space(error)
            raise
        with self._lock:
            self._disk.rename(temporary, segment_path(self._current + 1))
            self._disk.sync_directory(WAL)
            self._has_spare = True

    def _fill(self, file: File) -> None:
        """All or nothing: what is left of a disk that is nearly full may be enough for a snapshot, which lets segments go."""
        missing = self._options.segment_bytes - file.size()
        if self._disk.free_bytes() < missing:
            raise OSError(
                errno.ENOSPC, f"the next log segment needs {missing} bytes more than it has, and so much is not free"
            )
        try:
            for size in range(file.size(), self._options.segment_bytes, self._options.prepare_bytes):
                file.allocate(min(size + self._options.prepare_bytes, self._options.segment_bytes))
                file.sync()  # in steps, so that no sync of the log waits for more than one
        except OSError as error:
            if is_out_of_space(error):
                with suppress(OSError):  # the first error is the one to report
                    file.truncate(0)
            raise
