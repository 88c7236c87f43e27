"""The part of the log that a node keeps: everything after `start`, in memory, oldest first."""

from collections.abc import Iterable, Sequence

from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Term

ORIGIN = LogPoint(0, 0)
"""Before the first entry."""


class Log:
    """Entries `start.index + 1` to `last_index`, contiguous, with terms that never fall.

    `start` is the point before the first entry kept: its term is known, its entry is not.
    """

    __slots__ = ("_entries", "start")

    def __init__(self, start: LogPoint = ORIGIN, entries: Iterable[Entry] = ()) -> None:
        self.start = start
        self._entries: list[Entry] = list(entries)

    @property
    def last_index(self) -> Index:
        """Index of the newest entry; `start.index` if there is none."""
        return self.start.index + len(self._entries)

    @property
    def last_term(self) -> Term:
        """Term of the newest entry; `start.term` if there is none."""
        return self._entries[-1].term if self._entries else self.start.term

    def term_at(self, index: Index) -> Term | None:
        """Term of the entry at `index`, or of `start` itself; None when it is compacted or not there."""
        offset = index - self.start.index
        if offset == 0:
            return self.start.term
        if 0 < offset <= len(self._entries):
            return self._entries[offset - 1].term
        return None

    def entry(self, index: Index) -> Entry:
        """The entry at `index`, which must be here."""
        offset = index - self.start.index
        if not 0 < offset <= len(self._entries):
            raise InvariantError(
                f"entry {index} is not in the log, which holds {self.start.index + 1} to {self.last_index}"
            )
        return self._entries[offset - 1]

    def between(self, first: Index, last: Index) -> Sequence[Entry]:
        """Entries `first` to `last`, both included."""
        base = self.start.index
        if first <= base:
            raise InvariantError(f"entry {first} is compacted, the log starts after {base}")
        return self._entries[first - base - 1 : last - base]

    def page(self, first: Index, last: Index, limit_bytes: int) -> tuple[Entry, ...]:
        """Entries from `first` to at most `last` with at most `limit_bytes` of data, but at least one if there is one."""
        entries = self.between(first, last)
        if len(entries) == 1:
            return (entries[0],)
        size = 0
        for count, entry in enumerate(entries):
            size += len(entry.data)
            if size > limit_bytes and count:
                return tuple(entries[:count])
        return tuple(entries)

    def append(self, entries: Iterable[Entry]) -> None:
        """Add at the end. The first must follow `last_index`."""
        for entry in entries:
            if entry.index != self.last_index + 1 or entry.term < self.last_term:
                raise InvariantError(
                    f"entry ({entry.index}, term {entry.term}) cannot follow ({self.last_index}, term {self.last_term})"
                )
            self._entries.append(entry)

    def truncate_from(self, index: Index) -> None:
        """Drop the entry at `index` and all after it."""
        if index <= self.start.index:
            raise InvariantError(f"truncation at {index} reaches into what is compacted up to {self.start.index}")
        del self._entries[index - self.start.index - 1 :]

    def compact(self, index: Index) -> None:
        """Drop entries up to and including `index`, which must be in the log."""
        term = self.term_at(index)
        if term is None:
            raise InvariantError(f"compaction at {index} outside of {self.start.index} to {self.last_index}")
        del self._entries[: index - self.start.index]
        self.start = LogPoint(index, term)

    def reset(self, point: LogPoint) -> None:
        """Drop everything; the log continues right after `point`."""
        self._entries.clear()
        self.start = point

    def last_index_with_term_at_most(self, term: Term, index: Index) -> Index:
        """The largest index at or below `index` whose entry's term is at most `term`; `start.index` if none of those kept is.

        Terms never fall with rising index, so this is a binary search.
        """
        low, high = self.start.index, min(index, self.last_index)
        while low < high:
            middle = (low + high + 1) // 2
            if self._entries[middle - self.start.index - 1].term <= term:
                low = middle
            else:
                high = middle - 1
        return low
