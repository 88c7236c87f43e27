"""Segments to come and segments to go: the slow work with files, off the write lane."""

from threading import Lock

from quorate.storage.disk import Disk, File
from quorate.storage.layout import DEAD_SUFFIX, SPARE_TEMPORARY, WAL, segment_path
from quorate.storage.options import StoreOptions

_SHRINK = 1 << 20
"""Bytes freed at once. Freeing 64 MiB in one go held up the syncs of another file for 15 ms, in steps for 1 ms."""


class SegmentPool:
    """Prepares the next segment and removes dead ones.

    `work()` runs in the background lane, the rest in the write lane. If nobody calls `work()`, `take()` does what is
    needed, only slower. `_current` is the number that was taken last; a spare always has the number after it.
    """

    def __init__(self, disk: Disk, options: StoreOptions, current: int, *, has_spare: bool) -> None:
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
        """The current segment fills up: a spare will be needed. Tried once a segment; `take` makes up for a failure."""
        self._asked = not self._has_spare and self._tried != self._current

    def retire(self, number: int) -> None:
        """Nothing needs this segment any more, durably."""
        with self._lock:
            self._dead.append(number)

    def take(self) -> tuple[int, File]:
        """Number and file of the next segment: zeros, or nothing yet; its name is durable. Raises OSError."""
        with self._lock:
            prepared, number = self._has_spare, self._current + 1
            file = self._disk.open(segment_path(number), create=not prepared)
            if not prepared:
                self._disk.sync_directory(WAL)
                self._remove_dead()
            self._current, self._has_spare, self._asked = number, False, False
        return number, file

    def work(self) -> None:
        """Remove what is dead, oldest first, and make a spare ready if one was asked for. Raises OSError; the log is none the worse."""
        while (number := self._next_dead()) is not None:
            self._bury(number)
        if self._asked:
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
        file = self._disk.open(temporary, create=True)
        try:
            for size in range(file.size(), self._options.segment_bytes, self._options.prepare_bytes):
                file.allocate(min(size + self._options.prepare_bytes, self._options.segment_bytes))
                file.sync()  # in steps, so that no sync of the log waits for more than one
        finally:
            file.close()
        with self._lock:
            self._disk.rename(temporary, segment_path(self._current + 1))
            self._disk.sync_directory(WAL)
            self._has_spare = True
