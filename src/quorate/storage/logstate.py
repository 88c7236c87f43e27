"""What the log says, without its entries: the rules that every write and every replay obey."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.core.ids import Index, Term
from quorate.storage.record import Carried, Record, RecordKind


class LogState:
    """Hard state, borders and terms of a log.

    Invariants: `start.index <= last`; `runs` holds (first index, term) of each run of entries of one term after
    `start`, both ascending; `commit` is the highest hint seen, not cut to `last`.
    `missing`: entries up to this index are not in the segments read so far. It must not exceed `start.index` at the end.
    Every method raises `InvariantError`, and changes nothing, for a step that no algorithm may ask for.
    """

    __slots__ = ("commit", "hard_state", "incarnation", "last_index", "missing", "runs", "start")

    def __init__(self) -> None:
        self.incarnation = 0
        self.hard_state = b""
        self.start = LogPoint(0, 0)
        self.last_index: Index = 0
        self.runs: list[tuple[Index, Term]] = []
        self.commit: Index = 0
        self.missing: Index = 0

    @classmethod
    def from_carried(cls, carried: Carried) -> "LogState":
        """The state at the start of a segment whose predecessors are not read."""
        state = cls()
        state.incarnation, state.hard_state, state.start = carried.incarnation, carried.hard_state, carried.start
        state.last_index, state.runs, state.commit = carried.last, list(carried.runs), carried.commit
        state.missing = carried.last
        state.check()
        return state

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        firsts = [first for first, _ in self.runs]
        terms = [self.start.term, *(term for _, term in self.runs)]
        begins = self.start.index + 1
        if firsts != sorted(set(firsts)) or terms != sorted(terms):
            raise InvariantError("the terms of the log do not ascend")
        if (
            self.last_index < self.start.index
            or (firsts[0] if firsts else self.last_index + 1) != begins
            or max(firsts, default=0) > self.last_index
        ):
            raise InvariantError(f"the log's terms do not cover the entries from {begins} to {self.last_index}")

    def carried(self) -> Carried:
        """What the first record of the next segment says."""
        return Carried(self.incarnation, self.hard_state, self.start, self.last_index, tuple(self.runs), self.commit)

    def copy(self) -> "LogState":
        """A state of its own, to try a write on."""
        other = LogState()
        other.incarnation, other.hard_state, other.start = self.incarnation, self.hard_state, self.start
        other.last_index, other.runs, other.commit = self.last_index, list(self.runs), self.commit
        other.missing = self.missing
        return other

    @property
    def last(self) -> LogPoint:
        """The last entry, or `start` if there is none."""
        return LogPoint(self.last_index, self.runs[-1][1]) if self.runs else self.start

    def term_at(self, index: Index) -> Term | None:
        """Term of the entry at `index`, `start` included; None outside the log."""
        if index == self.start.index:
            return self.start.term
        if not self.start.index < index <= self.last_index:
            return None
        return self.runs[bisect_right(self.runs, index, key=_first) - 1][1]

    def extend(self, count: int, runs: Sequence[tuple[Index, Term]]) -> None:
        """Take note of `count` checked entries after `last`. `runs`: where the term differs from the entry before."""
        if not count:
            return
        if not self.runs and (not runs or runs[0][0] != self.last_index + 1):
            self.runs.append((self.last_index + 1, self.start.term))
        self.runs += runs
        self.last_index += count

    def append(self, entry: Entry) -> None:
        """Take note of one entry."""
        index = entry.index
        if index != self.last_index + 1:
            raise InvariantError(f"entry {index} follows entry {self.last_index}")
        if not self.runs or entry.term != self.runs[-1][1]:
            if entry.term < self.last.term:
                raise InvariantError(f"entry {index} has term {entry.term}, the one before has {self.last.term}")
            self.runs.append((index, entry.term))
        self.last_index = index

    def truncate(self, first: Index) -> None:
        """Drop the entries from `first` on. Beyond the end there is nothing to drop."""
        if first <= self.start.index:
            raise InvariantError(f"cannot drop entries from {first} on: the log starts after {self.start.index}")
        if first > self.last_index:
            return
        del self.runs[bisect_left(self.runs, first, key=_first) :]
        self.last_index = first - 1
        self.missing = min(self.missing, self.last_index)

    def reset(self, point: LogPoint) -> None:
        """Drop the whole log; it continues after `point`."""
        self.start = point
        self.last_index = point.index
        self.runs.clear()
        self.missing = 0

    def compact(self, point: LogPoint) -> None:
        """Drop the entries up to and including `point`. At or before the start there is nothing to drop."""
        if point.index <= self.start.index:
            return
        term = self.term_at(point.index)
        if term is None:
            raise InvariantError(f"cannot compact at {point.index}: the log ends at {self.last_index}")
        if term != point.term:
            raise InvariantError(f"cannot compact at {point.index} of term {point.term}: the entry has term {term}")
        keep = bisect_right(self.runs, point.index, key=_first)
        following = self.runs[keep:]
        if point.index < self.last_index and (not following or following[0][0] != point.index + 1):
            following.insert(0, (point.index + 1, term))
        self.runs = following
        self.start = point

    def replay(self, record: Record) -> None:
        """Follow one record of the log, in order."""
        value = record.value
        match record.kind, value:
            case RecordKind.ENTRY, Entry():
                self.append(value)
            case RecordKind.HARD_STATE, bytes():
                self.hard_state = value
            case RecordKind.TRUNCATE, int():
                self.truncate(value)
            case RecordKind.RESET, LogPoint():
                self.reset(value)
            case RecordKind.COMPACT, LogPoint():
                self.compact(value)
            case RecordKind.COMMIT, int():
                self.commit = max(self.commit, value)
            case RecordKind.INCARNATION, int():
                self.incarnation = value
            case RecordKind.SEGMENT, Carried():
                if value != self.carried():
                    raise InvariantError("the segment does not continue where the earlier one ends")
            case _:
                raise InvariantError(f"a {record.kind.name} record holds a {type(value).__name__}")


def _first(run: tuple[Index, Term]) -> Index:
    return run[0]
