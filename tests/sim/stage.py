"""Nodes played by hand, to show an invariant what it must refuse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zlib import crc32

from quorate.core.algorithm import EntryView, Grants, Histories, Inspection, PeerStatus, Status, Vouched
from quorate.core.consistency import Standing
from quorate.core.durable import Durable, HardState, LogPoint
from quorate.core.effects import Apply, Effect, LoadSnapshot, Persist
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Event, PeerUnreachable, Persisted, Received, SnapshotTaken
from quorate.core.finding import Explained, Finding
from quorate.core.ids import Index, Nanos, NodeId, Term
from quorate.core.message import Message
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import MAJORITIES, Invariant, Quorum
from quorate.sim.observer import Observer


class Ballot(HardState, frozen=True):
    """A hard state for tests."""

    term: Term
    vote: NodeId | None = None


class Epochs(HardState, frozen=True):
    """Another one: what is promised, and whose history was taken over."""

    promised: Term = 0
    current: Term = 0


class Said(Message, frozen=True):
    """A message for tests that vouches for what it says."""

    promised: Term = 0
    term: Term = 0
    last: LogPoint = LogPoint(0, 0)


class Grant(Message, frozen=True):
    """A message for tests: its sender lets `to` lead `term`."""

    term: Term
    to: NodeId


def _granted(_sender: NodeId, _to: NodeId, message: Message) -> tuple[Term, NodeId] | None:
    return (message.term, message.to) if isinstance(message, Grant) else None


def _promised(hard: HardState) -> Term:
    return hard.term if isinstance(hard, Ballot) else 0


GRANTS = Grants(bool, lambda term: term // 10, _promised, _granted)
"""Of an algorithm for tests: settings are whether it is guarded, and a term is ten times its counter, and the node."""


def _vouched(_sender: NodeId, message: Message) -> Vouched | None:
    return Vouched(message.promised, message.term, message.last) if isinstance(message, Said) else None


HISTORIES = Histories(
    lambda hard: (hard.promised, hard.current) if isinstance(hard, Epochs) else (0, 0),
    _vouched,
)
"""Of an algorithm for tests whose leaders have their history taken over."""


def entry(index: Index, term: Term, data: bytes = b"") -> Entry:
    return Entry(index, term, EntryKind.BATCH, data, crc32(data))


def entries(terms: str, first: Index = 1) -> tuple[Entry, ...]:
    """One entry a digit, which is its term."""
    return tuple(entry(first + number, int(term)) for number, term in enumerate(terms))


def meta(index: Index, term: Term) -> SnapshotMeta:
    return SnapshotMeta(index, term, (1, 2, 3), 0, "")


class Puppet:
    """An algorithm whose every word is set by the test. The log follows the Persists by itself, unless `lies` replaces it."""

    def __init__(self, stage: Stage, node: NodeId) -> None:
        self.stage = stage
        self.node = node
        self.role, self.term, self.leader = "follower", 0, None
        self.voted_for: NodeId | None = None
        self.ready = False
        self.commit = self.applied = self.durable = self.snapshot_index = 0
        self.start = LogPoint(0, 0)
        self.log: list[Entry] = []
        self.position = 0
        self.spreads: Term = 0
        self.peers: dict[NodeId, PeerStatus] = {}
        self.next_deadline: Nanos | None = None
        self.now: Nanos = 0
        self.details: dict[str, Any] = {"campaigning": False, "disk_stall_ns": 1 << 60, "late_ns": 1 << 60}

    # What the observer asks.

    def deadline(self) -> Nanos | None:
        return self.next_deadline

    def status(self, _now: int = 0) -> Status:
        return Status(
            algorithm="puppet",
            node=self.node,
            role=self.role,
            term=self.term,
            leader=self.leader,
            ready=self.ready,
            commit=self.commit,
            applied=self.applied,
            last_index=self.start.index + len(self.log),
            peers=self.peers,
        )

    def why(self, now: int, recent: Sequence[Explained]) -> list[Finding]:
        return [Finding("leader", "scripted", f"{len(recent)} explained by {now}")]

    def standing(self, _applied: Index, _now: Nanos) -> Standing:
        return Standing()

    def inspect(self) -> Inspection:
        return Inspection(
            node=self.node,
            role=self.role,
            term=self.term,
            voted_for=self.voted_for,
            leader=self.leader,
            commit=self.commit,
            applied=self.applied,
            durable=self.durable,
            start_index=self.start.index,
            start_term=self.start.term,
            snapshot_index=self.snapshot_index,
            log=tuple(EntryView(e.index, e.term, e.kind, e.crc) for e in self.log),
            spreads=self.spreads,
            details=self.details,
        )

    # What the test has it do.

    def step(self, *effects: Effect, event: Event | None = None, **state: Any) -> None:
        """One step: the state becomes `state`, with these effects."""
        for name, value in state.items():
            setattr(self, name, value)
        self.stage.observer.stepped(self.node, event or PeerUnreachable(9), effects, self, self.now)  # type: ignore[arg-type]

    def persist(self, **words: Any) -> Persist:
        """A Persist, which the log follows."""
        self.position += 1
        persist = Persist(self.position, **words)
        if persist.reset is not None:
            self.start, self.log = persist.reset, []
        if persist.truncate_from is not None:
            del self.log[persist.truncate_from - self.start.index - 1 :]
        self.log += persist.entries
        if persist.compact is not None:
            del self.log[: persist.compact.index - self.start.index]
            self.start = persist.compact
        return persist

    def write(self, **words: Any) -> None:
        """A step that asks to persist, without the disk's answer."""
        self.step(self.persist(**words))

    def synced(self, **state: Any) -> None:
        """The disk has it all."""
        self.step(event=Persisted(self.position), **state)

    def store(self, **words: Any) -> None:
        """Persist, and the disk's answer."""
        self.write(**words)
        self.synced()

    def send(self, message: Message, to: NodeId = 9) -> None:
        """Something goes out."""
        self.stage.observer.sent(self.node, to, message)

    def lead(self, term: Term) -> None:
        self.step(role="leader", term=term, leader=self.node)

    def follow(self, leader: NodeId | None, term: Term) -> None:
        self.step(role="follower", term=term, leader=leader)

    def apply(self, *applied: Entry) -> None:
        self.step(Apply(applied), applied=applied[-1].index)

    def count(self, peer: NodeId, match: Index) -> None:
        """As a leader, hear from a peer and take it that the peer has everything up to `match`."""
        self.step(event=Received(peer, Message()), peers={**self.peers, peer: PeerStatus(match, "replicate", 0)})

    def take_snapshot(self, snapshot: SnapshotMeta) -> None:
        self.step(event=SnapshotTaken(snapshot))

    def load(self, snapshot: SnapshotMeta) -> None:
        self.step(LoadSnapshot(snapshot))

    def restart(self, durable: Durable) -> None:
        self.role, self.leader, self.commit, self.applied = "follower", None, 0, 0
        self.start, self.log, self.position = durable.start, list(durable.entries), 0
        self.peers, self.spreads, self.ready = {}, 0, False
        self.durable = self.start.index + len(self.log)
        self.stage.observer.crashed(self.node)
        self.stage.observer.started(self.node, durable, self)  # type: ignore[arg-type]


class Stage:
    """Three puppets, one observer, and the invariants under test."""

    def __init__(
        self,
        *invariants: type[Invariant],
        alarms: frozenset[str] = frozenset(),
        grants: Grants | None = None,
        histories: Histories | None = None,
        quorum: Quorum = MAJORITIES,
        unpromised: Sequence[type[Invariant]] = (),
    ) -> None:
        self.observer = Observer(
            (1, 2, 3),
            invariants,
            alarms,
            grants=grants,
            histories=histories,
            quorum=quorum,
            drift_percent=5,
            unpromised=unpromised,
        )
        self.one, self.two, self.three = (Puppet(self, node) for node in (1, 2, 3))
        for puppet in (self.one, self.two, self.three):
            puppet.restart(Durable())

    def everywhere(self, terms: str) -> None:
        """All have this log, durably."""
        for puppet in (self.one, self.two, self.three):
            puppet.store(entries=entries(terms))
