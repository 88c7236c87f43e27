"""How far a long work is, seen from another thread."""

from collections.abc import Iterable, Iterator
from typing import Literal

from quorate.core.algorithm import SnapshotWork
from quorate.core.ids import Index


class Counted:
    """The same chunks, counted as they are taken. `size`: of all of them, if that is known."""

    def __init__(
        self, chunks: Iterable[bytes], what: Literal["taking", "loading"], index: Index, size: int | None = None
    ) -> None:
        self._chunks = chunks
        self._what: Literal["taking", "loading"] = what
        self._index = index
        self._size = size
        self._done = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._done += len(chunk)
            yield chunk

    @property
    def status(self) -> SnapshotWork:
        """How far it is now."""
        return SnapshotWork(self._what, self._index, self._done, self._size)
