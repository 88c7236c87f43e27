"""Watches every step of every node, and tells the invariants the facts. It looks at what changed, and only on the node that stepped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from quorate.core.algorithm import Algorithm, Inspection, Status
from quorate.core.durable import Durable
from quorate.core.effects import Apply, Effect, LoadSnapshot, Persist
from quorate.core.events import Event, Persisted
from quorate.core.ids import Nanos, NodeId
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView, Vote

INSPECT_EVERY = 64
"""Steps of one node between two looks at everything; a change of role or term is always looked at."""


_HAND_OVER = (Apply, LoadSnapshot)


class Tally(msgspec.Struct):
    """What happened, for people and for coverage."""

    steps: int = 0
    inspections: int = 0
    elections: int = 0
    commits: int = 0
    truncations: int = 0
    truncated_entries: int = 0
    older_term_commits: int = 0
    compactions: int = 0
    snapshots_installed: int = 0


class Observer:
    """`invariants` are built over one `Chronicle`; a broken one raises `InvariantBrokenError` out of the step that broke it."""

    def __init__(self, members: Sequence[NodeId], invariants: Iterable[type[Invariant]]) -> None:
        self.chronicle = Chronicle(members)
        self.tally = Tally()
        self.invariants = [kind(self.chronicle) for kind in invariants]
        self._recovered = self._told("recovered")
        self._started = self._told("started")
        self._stepped = self._told("stepped")
        self._appended = self._told("appended")
        self._truncated = self._told("truncated")
        self._reset = self._told("reset")
        self._elected = self._told("elected")
        self._committed = self._told("committed")
        self._applied = self._told("applied")
        self._loaded = self._told("loaded")
        self._voted = self._told("voted")
        self._inspected = self._told("inspected")

    def _told(self, fact: str) -> list[Callable[..., None]]:
        """The invariants that want to know, so that the others cost nothing."""
        return [getattr(i, fact) for i in self.invariants if getattr(type(i), fact) is not getattr(Invariant, fact)]

    def started(self, node: NodeId, durable: Durable, algorithm: Algorithm) -> None:
        """A process was built from `durable` and has not run yet."""
        view = self.chronicle.views[node]
        for tell in self._recovered:
            tell(view, durable)
        view.started(durable)
        inspection = algorithm.inspect()
        if inspection.voted_for is not None:
            self._note_vote(view, Vote(0, inspection.term, inspection.voted_for))
        for tell in self._started:
            tell(view, inspection)
        self._inspect(view, inspection)

    def crashed(self, node: NodeId) -> None:
        """The process is gone."""
        self.chronicle.views[node].alive = False

    def stepped(
        self, node: NodeId, event: Event | None, effects: Iterable[Effect], algorithm: Algorithm, now: Nanos
    ) -> None:
        """One step was taken: `algorithm` is as it is right after it."""
        self.tally.steps += 1
        view = self.chronicle.views[node]
        view.steps += 1
        status = algorithm.status(now)
        if isinstance(event, Persisted):
            self._persisted(view, event)
        changed = status.term != view.term or status.leader != view.leader or status.role != view.role
        led = view.leads and view.term
        if changed and (status.leader != node or status.term != view.term):
            # Stepping down comes before what the same step does to the log: a follower may truncate.
            view.leader = None
        handed_over: list[Apply | LoadSnapshot] = []
        for effect in effects:
            if isinstance(effect, Persist):
                self._persist(view, effect, algorithm)
            elif isinstance(effect, _HAND_OVER):
                handed_over.append(effect)
        if changed or status.commit != view.commit or status.applied != view.applied:
            for tell in self._stepped:
                tell(view, status)
            self._take(view, status, led=led)
        for handed in handed_over:
            self._hand_over(view, handed)
        if changed or view.steps % INSPECT_EVERY == 0:
            self._inspect(view, algorithm.inspect())

    def look(self, node: NodeId, algorithm: Algorithm) -> None:
        """A look at everything, on order."""
        self._inspect(self.chronicle.views[node], algorithm.inspect())

    def _take(self, view: NodeView, status: Status, *, led: int) -> None:
        view.role, view.term, view.leader, view.applied = status.role, status.term, status.leader, status.applied
        if view.leads and led != view.term:
            self.tally.elections += 1
            for tell in self._elected:
                tell(view)
        if status.commit > view.commit:
            self._commit(view, status.commit)

    def _persist(self, view: NodeView, persist: Persist, algorithm: Algorithm) -> None:
        view.pending.append(persist)
        if persist.hard_state is not None:
            inspection = algorithm.inspect()
            view.pending_votes.append(Vote(persist.position, inspection.term, inspection.voted_for))
        if persist.reset is not None:
            for tell in self._reset:
                tell(view, persist.reset)
            view.log.reset(persist.reset)
        if persist.truncate_from is not None:
            self.tally.truncations += 1
            self.tally.truncated_entries += max(0, view.log.last + 1 - persist.truncate_from)
            for tell in self._truncated:
                tell(view, persist.truncate_from)
            view.log.truncate(persist.truncate_from)
        for entry in persist.entries:
            previous = view.log.term_at(entry.index - 1)
            view.log.append(entry)
            for tell in self._appended:
                tell(view, entry, previous)
        if persist.compact is not None:
            self.tally.compactions += 1
            view.log.compact(persist.compact)

    def _persisted(self, view: NodeView, event: Persisted) -> None:
        view.persisted(event.position)
        while view.pending_votes and view.pending_votes[0].position <= event.position:
            self._note_vote(view, view.pending_votes.popleft())

    def _note_vote(self, view: NodeView, vote: Vote) -> None:
        if vote.candidate is not None:
            for tell in self._voted:
                tell(view, vote.term, vote.candidate)
            view.durable_votes[vote.term] = vote.candidate

    def _commit(self, view: NodeView, commit: int) -> None:
        chronicle, log = self.chronicle, view.log
        first_seen = view.commit + 1
        view.commit = commit
        for index in range(max(first_seen, log.start + 1), commit + 1):
            first = index not in chronicle.committed
            if first:
                self.tally.commits += 1
                term = log.term_at(index) or 0
                self.tally.older_term_commits += term < view.term
                chronicle.committed[index] = (term, log.digest_at(index) or 0)
                chronicle.committed_to = max(chronicle.committed_to, index)
            for tell in self._committed:
                tell(view, index, first=first)

    def _hand_over(self, view: NodeView, effect: Apply | LoadSnapshot) -> None:
        if isinstance(effect, Apply):
            for entry in effect.entries:
                for tell in self._applied:
                    tell(view, entry)
        else:
            self.tally.snapshots_installed += 1
            for tell in self._loaded:
                tell(view, effect.meta)

    def _inspect(self, view: NodeView, inspection: Inspection) -> None:
        self.tally.inspections += 1
        for tell in self._inspected:
            tell(view, inspection)

    def summary(self) -> dict[str, int]:
        """The tally as plain data."""
        return msgspec.structs.asdict(self.tally)
