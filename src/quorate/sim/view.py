"""What the simulation knows of each node's log and disk, kept step by step from the effects, so that a check costs what changed."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Position, Term


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
        if index == self.start:
            return self.start_term
        if self.start < index <= self.last:
            return self.terms[index - self.start - 1]
        return None

    def digest_at(self, index: Index) -> int | None:
        """The digest at `index`; None outside, and at the start."""
        return self.digests[index - self.start - 1] if self.start < index <= self.last else None

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
    `pending` the Persists between the two, oldest first."""

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
        self.forget_process()

    def forget_process(self) -> None:
        """What dies with a process."""
        self.role = ""
        self.term: Term = 0
        self.leader: NodeId | None = None
        self.commit: Index = 0
        self.applied: Index = 0
        self.handed_over: Index | None = None
        self.steps = 0

    @property
    def leads(self) -> bool:
        return self.leader == self.node

    def started(self, durable: Durable) -> None:
        """A new process begins with what its disk gave back."""
        self.starts += 1
        self.alive = True
        self.log = ShadowLog(durable.start.index, durable.start.term, durable.entries)
        self.disk = self.log.copy()
        self.hard_state = durable.hard_state
        self.pending.clear()
        self.pending_votes.clear()
        self.forget_process()
        self.handed_over = durable.snapshot.index if durable.snapshot is not None else 0

    def persisted(self, position: Position) -> None:
        """All Persists up to `position` are durable."""
        while self.pending and self.pending[0].position <= position:
            persist = self.pending.popleft()
            self.disk.make(persist)
            if persist.hard_state is not None:
                self.hard_state = persist.hard_state
