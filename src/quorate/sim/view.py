"""What the simulation knows of each node's log and disk, kept step by step from the effects, so that a check costs what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from quorate.core.configuration import Configuration
from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.core.ids import Index, Nanos, NodeId, Position, Term


class ShadowLog:
    """Terms and digests of a log that begins right after `start`. A dumb second implementation on purpose."""

    __slots__ = ("digests", "start", "start_term", "terms")

    def __init__(self, start: Index = 0, start_term: Term = 0, entries: Sequence[Entry] = ()) -> None:
        self.start = start
        self.start_term = start_term
        self.terms = [entry.term for entry in entries]
        self.digests = [entry.crc for entry in entries]

    @property
    def last(self) -> Index:
        """Index of the last entry, or of the start."""
        return self.start + len(self.terms)

    def term_at(self, index: Index) -> Term | None:
        """The term at `index`, also at the start; None outside."""
        offset = index - self.start
        if 0 < offset <= len(self.terms):
            return self.terms[offset - 1]
        return self.start_term if offset == 0 else None

    def digest_at(self, index: Index) -> int | None:
        """The digest at `index`; None outside, and at the start."""
        offset = index - self.start
        return self.digests[offset - 1] if 0 < offset <= len(self.digests) else None

    def append(self, entry: Entry) -> None:
        self.terms.append(entry.term)
        self.digests.append(entry.crc)

    def truncate(self, index: Index) -> None:
        """Drop entries from `index` on."""
        keep = max(0, index - self.start - 1)
        del self.terms[keep:], self.digests[keep:]

    def reset(self, point: LogPoint) -> None:
        self.start, self.start_term = point.index, point.term
        self.terms, self.digests = [], []

    def compact(self, point: LogPoint) -> None:
        """Drop entries up to `point`; one that is not above the start changes nothing."""
        drop = point.index - self.start
        if drop > 0:
            del self.terms[:drop], self.digests[:drop]
            self.start, self.start_term = point.index, point.term

    def make(self, persist: Persist) -> None:
        """Change as `persist` says, in its order."""
        if persist.reset is not None:
            self.reset(persist.reset)
        if persist.truncate_from is not None:
            self.truncate(persist.truncate_from)
        for entry in persist.entries:
            self.append(entry)
        if persist.compact is not None:
            self.compact(persist.compact)

    def copy(self) -> ShadowLog:
        twin = ShadowLog(self.start, self.start_term)
        twin.terms, twin.digests = self.terms.copy(), self.digests.copy()
        return twin


class Vote(msgspec.Struct, frozen=True):
    """Whom a node voted for in a term, as its inspection showed when it asked to make that durable."""

    position: Position
    term: Term
    candidate: NodeId | None


class NodeView:
    """One node as observed. `log` is what its effects say it has in memory, `disk` what is known to be durable,
    `pending` the Persists between the two, oldest first. `snapshot`: the newest one published on the disk, 0 without one.
    `next_term`: after the step that is being looked at, while `term` is still that from before it.
    `dropped`: what was durable once, and gave way to a leader's entries. `match`: what the node, leading, counts the others as having.
    `configuration`: the newest in its log, as of its last step. `holds_lease`: whether its process would answer a read by itself now.
    `written`: up to where its disk has what was asked for, though it may not have stepped by that.
    `now`: when it stepped last, by its clock; `deadline`: when it wanted to be woken then, if writes had not finished."""

    def __init__(self, node: NodeId) -> None:
        self.node = node
        self.starts = 0
        self.alive = False
        self.log = ShadowLog()
        self.disk = ShadowLog()
        self.pending: deque[Persist] = deque()
        self.hard_state: HardState | None = None
        self.pending_votes: deque[Vote] = deque()
        self.durable_votes: dict[Term, NodeId] = {}
        self.snapshot: Index = 0
        self.configuration = Configuration()
        self.dropped: set[tuple[Index, Term]] = set()
        self.forget_process()

    def forget_process(self) -> None:
        """What dies with a process."""
        self.role = ""
        self.term: Term = 0
        self.next_term: Term = 0
        self.leader: NodeId | None = None
        self.commit: Index = 0
        self.applied: Index = 0
        self.handed_over: Index | None = None
        self.position: Position = 0
        self.written: Position = 0
        self.match: dict[NodeId, Index] = {}
        self.holds_lease: Callable[[], bool] = lambda: False
        self.steps = 0
        self.now: Nanos = 0
        self.deadline: Nanos | None = None

    @property
    def leads(self) -> bool:
        return self.leader == self.node

    @property
    def covered(self) -> Index:
        """Up to where the disk needs no log, because a snapshot on it holds what was applied."""
        return max(self.disk.start, self.snapshot)

    @property
    def hard_state_on_disk(self) -> HardState | None:
        """The newest that is durable, whether the node has been told or not."""
        written = [p.hard_state for p in self.pending if p.position <= self.written and p.hard_state is not None]
        return written[-1] if written else self.hard_state

    def holds(self, index: Index, term: Term | None) -> bool:
        """Whether the disk has the entry, or a snapshot in its place, and nothing under way drops it."""
        if index <= self.covered:
            return True
        if term is None or self.disk.term_at(index) != term:
            return False
        return all(
            persist.reset is None and (persist.truncate_from is None or persist.truncate_from > index)
            for persist in self.pending
        )

    def has_held(self, index: Index, term: Term | None) -> bool:
        """Whether the disk has the entry, or had it once."""
        return index <= self.covered or (
            term is not None and (self.disk.term_at(index) == term or (index, term) in self.dropped)
        )

    def wrote(self, index: Index, term: Term) -> bool:
        """Whether the disk has the entry, whether the node has been told or not."""
        for persist in reversed(self.pending):
            if persist.position > self.written:
                continue
            first = persist.entries[0].index if persist.entries else index + 1
            if first <= index < first + len(persist.entries):
                return persist.entries[index - first].term == term
            if persist.reset is not None:
                return index <= persist.reset.index
            if persist.truncate_from is not None and index >= persist.truncate_from:
                return False
        return index <= self.covered or self.disk.term_at(index) == term

    def started(self, durable: Durable) -> None:
        """A new process begins with what its disk gave back."""
        self.starts += 1
        self.alive = True
        self.log = ShadowLog(durable.start.index, durable.start.term, durable.entries)
        before, self.disk = self.disk, self.log.copy()
        for index, term in enumerate(before.terms, before.start + 1):
            if self.disk.term_at(index) != term:
                self.dropped.add((index, term))
        self.hard_state = durable.hard_state
        self.pending.clear()
        self.pending_votes.clear()
        self.forget_process()
        self.handed_over = self.snapshot = durable.snapshot.index if durable.snapshot is not None else 0

    def persisted(self, position: Position) -> Index | None:
        """All Persists up to `position` are durable. Returns up to where the disk kept what it had, if it took entries; else None."""
        disk = self.disk
        kept, grown = disk.last, False
        while self.pending and self.pending[0].position <= position:
            persist = self.pending.popleft()
            if persist.reset is not None or persist.truncate_from is not None:
                end = disk.start if persist.reset is not None else (persist.truncate_from or 0) - 1
                kept = min(kept, end)
                self._drop_after(end)
            grown = grown or bool(persist.entries)
            disk.make(persist)
            if persist.hard_state is not None:
                self.hard_state = persist.hard_state
        return kept if grown else None

    def _drop_after(self, index: Index) -> None:
        for gone in range(index + 1, self.disk.last + 1):
            self.dropped.add((gone, self.disk.terms[gone - self.disk.start - 1]))
