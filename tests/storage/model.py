"""A dumb store beside the clever one: what must be there after a crash, in a few lines of plain Python."""

from __future__ import annotations

from dataclasses import dataclass, replace

from quorate.core.durable import HardState, LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.core.ids import Index, Term
from quorate.storage.store import Store

ORIGIN = LogPoint(0, 0)


@dataclass(frozen=True)
class Model:
    """All that was acknowledged. `snapshots`: (index, term, state, received) of every published one."""

    hard_state: HardState | None = None
    start: LogPoint = ORIGIN
    entries: tuple[Entry, ...] = ()
    commit: Index = 0
    snapshots: tuple[tuple[Index, Term, bytes, bool], ...] = ()

    @property
    def last(self) -> LogPoint:
        return LogPoint(self.entries[-1].index, self.entries[-1].term) if self.entries else self.start

    def term_at(self, index: Index) -> Term | None:
        terms = {self.start.index: self.start.term, **{entry.index: entry.term for entry in self.entries}}
        return terms.get(index)

    def after(self, *persists: Persist) -> Model:
        """What is there once these are durable."""
        model = self
        for persist in persists:
            model = model._after(persist)
        return model

    def _after(self, persist: Persist) -> Model:
        hard_state, start, kept, commit = self.hard_state, self.start, list(self.entries), self.commit
        if persist.hard_state is not None:
            hard_state = persist.hard_state
        if persist.reset is not None:
            start, kept = persist.reset, []
        if persist.truncate_from is not None:
            kept = [entry for entry in kept if entry.index < persist.truncate_from]
        kept += persist.entries
        if persist.compact is not None and persist.compact.index > start.index:
            start = persist.compact
            kept = [entry for entry in kept if entry.index > start.index]
        return replace(
            self, hard_state=hard_state, start=start, entries=tuple(kept), commit=max(commit, persist.commit)
        )

    def with_snapshot(self, index: Index, term: Term, state: bytes, *, received: bool) -> Model:
        """What is there once this snapshot is published."""
        if any(known[:3] == (index, term, state) for known in self.snapshots):
            return self
        return replace(self, snapshots=(*self.snapshots, (index, term, state, received)))

    @property
    def newest(self) -> tuple[Index, Term, bytes, bool] | None:
        return max(self.snapshots, key=lambda known: known[:2], default=None)

    def recovered(self) -> Model:
        """What a start makes of it: a received snapshot that the log does not hold replaces the log."""
        newest = self.newest
        model = self
        if newest is not None and self.term_at(newest[0]) != newest[1] and newest[0] >= self.start.index:
            model = replace(self, start=LogPoint(newest[0], newest[1]), entries=())
        return replace(model, commit=min(model.commit, model.last.index))


def found(store: Store, known: Model) -> Model:
    """What an opened store says, in the model's words; the snapshots are those of `known` if the newest is the same."""
    durable = store.durable
    snapshots = known.snapshots
    if known.newest is not None:
        index, term, state, _ = known.newest
        meta = durable.snapshot
        assert meta is not None
        if (meta.index, meta.term) != (index, term) or b"".join(store.snapshots.chunks(meta)) != state:
            snapshots = ()
    elif durable.snapshot is not None:
        snapshots = ((0, 0, b"unexpected", False),)
    return Model(durable.hard_state, durable.start, durable.entries, durable.commit, snapshots)  # type: ignore[arg-type]


def matching(store: Store, candidates: list[Model]) -> Model:
    """The candidate that the store has recovered to."""
    for candidate in candidates:
        expected = candidate.recovered()
        if found(store, expected) == expected:
            return expected
    raise AssertionError(f"recovered {store.durable}\n{store.report}\nexpected one of {candidates}")
