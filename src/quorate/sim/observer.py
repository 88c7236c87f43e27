"""Watches every step of every node, and tells the invariants the facts. It looks at what changed, and only on the node that stepped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec

from quorate.core.algorithm import Algorithm, Grants, Histories, Inspection, Status
from quorate.core.configuration import Configuration
from quorate.core.durable import Durable
from quorate.core.effects import Apply, Effect, Explain, LeaderChanged, LoadSnapshot, Persist, ReadReady, Send
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Event, Persisted, Received, SnapshotTaken, SnapshotWritten, TimePassed
from quorate.core.ids import Index, Nanos, NodeId, Term
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.clock import Clock
from quorate.sim.invariants.base import MAJORITIES, Chronicle, Invariant, Quorum
from quorate.sim.invariants.facts import Facts
from quorate.sim.lookout import Lookout
from quorate.sim.moments import Moments, Watcher
from quorate.sim.tally import Tally
from quorate.sim.view import NodeView, Vote
from quorate.storage.report import RecoveryReport

INSPECT_EVERY = 64
"""Steps of one node between two looks at everything; a change of role or term is always looked at."""

_BATCH = int(EntryKind.BATCH)
_HAND_OVER = (Apply, LoadSnapshot)


class Step(msgspec.Struct, frozen=True, gc=False):
    """What is known of a step before anything is made of it. `leads`: the node does, now that it has stepped."""

    event: Event | None
    algorithm: Algorithm
    now: Nanos
    leads: bool


class Observer:
    """`invariants` are built over one `Chronicle`; a broken one raises `InvariantBrokenError` out of the step that broke it, but for those
    that are `unpromised`: they are counted. `drift_percent`: by so much a clock may be wrong by the settings."""

    def __init__(
        self,
        members: Sequence[NodeId],
        invariants: Iterable[type[Invariant]],
        alarms: frozenset[str] = frozenset(),
        spares: Sequence[NodeId] = (),
        *,
        grants: Grants | None = None,
        histories: Histories | None = None,
        quorum: Quorum = MAJORITIES,
        drift_percent: int = 100,
        unpromised: Collection[type[Invariant]] = (),
    ) -> None:
        self.chronicle = Chronicle(members, alarms, spares, grants=grants, histories=histories, quorum=quorum)
        self.tally = Tally()
        self.moments = Moments()
        self.invariants = [kind(self.chronicle) for kind in invariants]
        self._facts = Facts(self.invariants, unpromised, self.tally.not_promised)
        self._lookout = Lookout(self.chronicle, self.moments)
        self._drift_percent = drift_percent
        self._forwarded: set[tuple[Index, Term]] = set()
        self._events: dict[type, Callable[[NodeView, Any, Step], None]] = {
            Persisted: self._persisted,
            TimePassed: self._waited,
            SnapshotTaken: self._snapshot_taken,
            SnapshotWritten: self._snapshot_written,
        }
        self._effects: dict[type, Callable[[NodeView, Any, Step], None]] = {
            Persist: self._persist,
            Explain: self._explain,
            LeaderChanged: self._announce,
            ReadReady: self._read_ready,
        }

    def watch(self, watcher: Watcher) -> None:
        """Have `watcher` told of every moment, in the step in which it happens: it may only schedule."""
        self.moments.watchers.append(watcher)

    def recovered(self, report: RecoveryReport) -> None:
        """A store was opened, and says what it found."""
        self.tally.recovered(report)

    def started(self, node: NodeId, durable: Durable, algorithm: Algorithm) -> None:
        """A process was built from `durable` and has not run yet."""
        view = self.chronicle.views[node]
        for tell in self._facts.recovered:
            tell(view, durable)
        view.started(durable)
        inspection = algorithm.inspect()
        if inspection.voted_for is not None:
            self._note_vote(view, Vote(0, inspection.term, inspection.voted_for))
        if durable.snapshot is not None:
            self._note_snapshot(view, durable.snapshot)
        for tell in self._facts.started:
            tell(view, inspection)
        self._inspect(view, inspection)

    def runs(self, node: NodeId, holds_lease: Callable[[], bool]) -> None:
        """The process of `node` is about to run. `holds_lease`: whether it would answer a read by itself now."""
        self.chronicle.views[node].holds_lease = holds_lease

    def answered_by_lease(self, node: NodeId) -> None:
        """A reader was answered by a leader that asked nobody."""
        self.tally.lease_reads += 1
        for tell in self._facts.leased:
            tell(self.chronicle.views[node])

    def woke_up(self, node: NodeId) -> None:
        """A machine was suspended and goes on; its process has done nothing yet."""
        view = self.chronicle.views[node]
        if view.holds_lease():
            for tell in self._facts.leased:
                tell(view)

    def clock_changed(self, clock: Clock) -> None:
        """A clock has leapt, or runs at another rate."""
        self.chronicle.clocks_kept = self.chronicle.clocks_kept and not clock.wrong_by(self._drift_percent)

    @property
    def wants_messages(self) -> bool:
        """Whether anybody is to be told of what goes out."""
        return bool(self._facts.sent)

    def sent(self, node: NodeId, to: NodeId, message: Message) -> None:
        """A message goes out."""
        for tell in self._facts.sent:
            tell(self.chronicle.views[node], to, message)

    def stored(self, node: NodeId, result: object) -> None:
        """A write has ended, and the driver does not know it yet."""
        if isinstance(result, Persisted):
            self.chronicle.views[node].written = result.position

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
        if view.pending:
            for tell in self._facts.waiting:
                tell(view, now)
        view.now = now
        status = algorithm.status(now)
        step = Step(event, algorithm, now, status.leader == node)
        happened = self._events.get(type(event))
        if happened is not None:
            happened(view, event, step)
        changed = status.term != view.term or status.leader != view.leader or status.role != view.role
        led = view.term if view.leader == node else 0
        if led and changed and not (step.leads and status.term == led):
            # Stepping down comes before what the same step does to the log: a follower may truncate.
            view.leader = None
            self.moments.happened("stepped_down", node)
        view.next_term = status.term
        handed_over: list[Apply | LoadSnapshot] = []
        for effect in effects:
            if isinstance(effect, Send):
                continue
            if isinstance(effect, _HAND_OVER):
                handed_over.append(effect)
                continue
            told = self._effects.get(type(effect))
            if told is not None:
                told(view, effect, step)
        if changed or status.commit != view.commit or status.applied != view.applied:
            for tell in self._facts.stepped:
                tell(view, status)
            self._take(view, status, led=led)
        if step.leads:
            for tell in self._facts.led:
                tell(view)
        if status.configuration is not view.configuration:
            self._regroup(view, status.configuration)
        for handed in handed_over:
            self._hand_over(view, handed)
        if status.peers and isinstance(event, Received):
            self._match(view, event.sender, status)
        if changed or view.steps % INSPECT_EVERY == 0:
            self._inspect(view, algorithm.inspect())
        if view.pending:
            view.deadline = algorithm.deadline()

    def look(self, node: NodeId, algorithm: Algorithm) -> None:
        """A look at everything, on order."""
        self._inspect(self.chronicle.views[node], algorithm.inspect())

    def summary(self) -> dict[str, int]:
        """The counts as plain data."""
        moments = {f"moment {name}": number for name, number in self.moments.counts.items()}
        return self.tally.summary() | moments

    # What the node says of itself

    def _take(self, view: NodeView, status: Status, *, led: Term) -> None:
        if view.role and status.term > view.term + 1:
            self.tally.term_jumps += 1
        view.role, view.term, view.leader, view.applied = status.role, status.term, status.leader, status.applied
        if view.leader == view.node and led != view.term:
            view.match = {}
            self._lookout.elected(view)
            for tell in self._facts.elected:
                tell(view)
        if status.commit > view.commit:
            self._commit(view, status.commit)

    def _commit(self, view: NodeView, commit: int) -> None:
        chronicle, log = self.chronicle, view.log
        first_seen = view.commit + 1
        view.commit = commit
        if chronicle.settled.index < view.configuration.index <= commit:
            chronicle.settled = view.configuration
        for index in range(max(first_seen, log.start + 1), commit + 1):
            first = index not in chronicle.committed
            if first:
                term = log.term_at(index) or 0
                self._first_commit(view, index, term)
                chronicle.committed[index] = (term, log.digest_at(index) or 0)
                chronicle.commit_terms[index] = view.term
                chronicle.committed_to = max(chronicle.committed_to, index)
            for tell in self._facts.committed:
                tell(view, index, first=first)

    def _regroup(self, view: NodeView, configuration: Configuration) -> None:
        """The node acts by another configuration from now on."""
        if configuration.voters:
            view.configuration = configuration
            self.chronicle.reshaped = self.chronicle.reshaped or configuration.index > 0

    def _first_commit(self, view: NodeView, index: Index, term: Term) -> None:
        self.tally.commits += 1
        self.tally.older_term_commits += term < view.term
        self.tally.forwarded_commits += (index, term) in self._forwarded
        self._lookout.committed(view, term)

    def _match(self, view: NodeView, peer: NodeId, status: Status) -> None:
        of_peer = status.peers.get(peer)
        if of_peer is not None and of_peer.match > view.match.get(peer, 0):
            view.match[peer] = of_peer.match
            for tell in self._facts.matched:
                tell(view, peer, of_peer.match)

    def _inspect(self, view: NodeView, inspection: Inspection) -> None:
        self.tally.inspections += 1
        for tell in self._facts.inspected:
            tell(view, inspection)

    # What happened to it

    def _persisted(self, view: NodeView, event: Persisted, _step: Step) -> None:
        for tell in self._facts.answered:
            tell(view, event.position)
        kept = view.persisted(event.position)
        if kept is not None:
            self._lookout.stored(view, kept)
        while view.pending_votes and view.pending_votes[0].position <= event.position:
            vote = view.pending_votes.popleft()
            if vote.candidate is not None and view.durable_votes.get(vote.term) is None:
                self.tally.votes_after_a_restart += view.starts > 1
                self.moments.happened("voted", view.node)
            self._note_vote(view, vote)

    def _note_vote(self, view: NodeView, vote: Vote) -> None:
        if vote.candidate is not None:
            for tell in self._facts.voted:
                tell(view, vote.term, vote.candidate)
            view.durable_votes[vote.term] = vote.candidate

    def _waited(self, view: NodeView, _event: TimePassed, step: Step) -> None:
        for tell in self._facts.waited:
            tell(view, step.algorithm.deadline(), step.now)

    def _snapshot_taken(self, view: NodeView, event: SnapshotTaken, _step: Step) -> None:
        self.moments.happened("snapshot_taken", view.node)
        self._note_snapshot(view, event.meta)

    def _snapshot_written(self, view: NodeView, event: SnapshotWritten, _step: Step) -> None:
        if event.complete:
            self._note_snapshot(view, event.meta)

    def _note_snapshot(self, view: NodeView, meta: SnapshotMeta) -> None:
        view.snapshot = max(view.snapshot, meta.index)
        for tell in self._facts.snapshot:
            tell(view, meta)

    # What it does

    def _persist(self, view: NodeView, persist: Persist, step: Step) -> None:
        facts, log = self._facts, view.log
        for tell in facts.asked:
            tell(view, persist)
        view.pending.append(persist)
        view.position = persist.position
        if persist.hard_state is not None:
            inspection = step.algorithm.inspect()
            view.pending_votes.append(Vote(persist.position, inspection.term, inspection.voted_for))
        if persist.reset is not None:
            for tell in facts.reset:
                tell(view, persist.reset)
            log.reset(persist.reset)
        if persist.truncate_from is not None:
            self.tally.truncated_entries += max(0, log.last + 1 - persist.truncate_from)
            self._lookout.cut(view, persist.truncate_from)
            for tell in facts.truncated:
                tell(view, persist.truncate_from)
            log.truncate(persist.truncate_from)
        if persist.entries:
            self._append(view, persist.entries, step)
        if persist.compact is not None:
            self.moments.happened("compacted", view.node)
            log.compact(persist.compact)

    def _append(self, view: NodeView, entries: Sequence[Entry], step: Step) -> None:
        log = view.log
        for entry in entries:
            previous = log.term_at(entry.index - 1)
            log.append(entry)
            for tell in self._facts.appended:
                tell(view, entry, previous)
        if step.leads:
            self.moments.happened("appended_by_leader", view.node)
            if isinstance(step.event, Received):
                # A leader that appends a batch because of a message was sent the batch.
                self._forwarded.update((entry.index, entry.term) for entry in entries if entry.kind == _BATCH)

    def _hand_over(self, view: NodeView, effect: Apply | LoadSnapshot) -> None:
        if isinstance(effect, Apply):
            for entry in effect.entries:
                for tell in self._facts.applied:
                    tell(view, entry)
                view.handed_over = entry.index
        else:
            self.moments.happened("snapshot_installed", view.node)
            for tell in self._facts.loaded:
                tell(view, effect.meta)
            view.handed_over = effect.meta.index

    def _explain(self, view: NodeView, effect: Explain, _step: Step) -> None:
        self.tally.explained(effect.reason, effect.fields)
        for tell in self._facts.explained:
            tell(view, effect.reason)

    def _announce(self, view: NodeView, effect: LeaderChanged, _step: Step) -> None:
        for tell in self._facts.announced:
            tell(view, effect)

    def _read_ready(self, _view: NodeView, _effect: ReadReady, step: Step) -> None:
        self.tally.follower_reads += not step.leads
