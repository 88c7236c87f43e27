"""Raft nodes on a table: no world, no driver. The test hands every message and every disk completion over by hand, or lets `settle` do it.

Effects are carried out as the contract says: what follows a `Persist` or `WriteSnapshot` waits for it, but for the effects that promise
nothing about the disk; and a `Send` that waited is dropped if the link was renewed meanwhile.
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from algorithms.raft.disk import PretendedDisk, PretendedMachine, digest_of
from quorate.algorithms.logged.log import ORIGIN
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import RaftHardState, RaftMessage
from quorate.algorithms.raft.raft import Raft
from quorate.algorithms.raft.state import RaftState
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadRefused,
    ReadSnapshot,
    Rejected,
    RequestDone,
    RequestRefused,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    SnapshotTaken,
    TimePassed,
)
from quorate.core.ids import Index, LinkIncarnation, Nanos, NodeId, Position, Term
from quorate.core.snapshot import SnapshotMeta

ELECTION_NS = RaftConfig().election_timeout_ns
HEARTBEAT_NS = RaftConfig().heartbeat_ns
PROMPT = RaftConfig(commit_delay_ms=0)
"""Every commit is told at once, so that a story can do without the clock; test_sending.py has the delay."""

News = LeaderChanged | Rejected | Unresolved | ReadReady | ReadRefused | RequestDone | RequestRefused


def noop(index: Index, term: Term) -> Entry:
    """An entry without payload."""
    return Entry(index, term, EntryKind.NOOP, b"", 0)


def log_of(*terms: Term, start: Index = 0) -> tuple[Entry, ...]:
    """Entries with these terms, from `start + 1` on."""
    return tuple(noop(start + offset + 1, term) for offset, term in enumerate(terms))


def acts(effects: Sequence[Effect]) -> list[Effect]:
    """The effects that do something: all but the explanations."""
    return [effect for effect in effects if not isinstance(effect, Explain)]


def sends(effects: Sequence[Effect]) -> list[tuple[NodeId, RaftMessage]]:
    """What is to be sent, and to whom."""
    return [(effect.to, effect.message) for effect in effects if isinstance(effect, Send)]  # type: ignore[misc]


def reasons(effects: Sequence[Effect]) -> list[str]:
    """The names of the explanations."""
    return [effect.reason for effect in effects if isinstance(effect, Explain)]


class Server:
    """One Raft node and its pretended disk and machine. `held` is what waits behind a write; `disk()` completes the writes.

    `applied`: entries handed out by this process. `told`: what callers and the application were told, in that order.
    `on_step`: called with each event and its effects.
    """

    def __init__(
        self,
        node: NodeId,
        members: Sequence[NodeId] = (1, 2, 3),
        *,
        term: Term = 0,
        voted_for: NodeId | None = None,
        entries: tuple[Entry, ...] = (),
        start: LogPoint = ORIGIN,
        snapshot: SnapshotMeta | None = None,
        commit: Index = 0,
        config: RaftConfig | None = None,
        seed: int = 1,
        now: Nanos = 0,
        incarnation: int = 1,
        disk: PretendedDisk | None = None,
        on_step: Callable[["Server", Event | None, list[Effect]], None] | None = None,
    ) -> None:
        self.node = node
        self.now = now
        self.seed = seed
        self.config = config or PROMPT
        hard = RaftHardState(term, voted_for) if term else None
        durable = Durable(hard_state=hard, start=start, entries=entries, snapshot=snapshot, commit=commit)
        self.pretended = disk or PretendedDisk(durable)
        self.durable = self.pretended.durable()
        self.identity = Identity("test", node, disk=node * 100, incarnation=incarnation, members=tuple(sorted(members)))
        self.raft = Raft(self.identity, self.config, self.durable, Random(seed))
        self.on_step = on_step
        self.applied: list[Entry] = []
        self.machine: PretendedMachine | None = PretendedMachine()
        self.all_effects: list[Effect] = []
        self.told: list[News] = []
        self.outbox: deque[tuple[NodeId, RaftMessage]] = deque()
        self.held: deque[tuple[Effect, LinkIncarnation]] = deque()
        self.links: dict[NodeId, LinkIncarnation] = {}
        self.reading: deque[ReadSnapshot] = deque()
        if self.durable.snapshot is not None:
            self._load(self.durable.snapshot)
        effects = self.raft.start(now)
        self.raft.check()
        self._take(effects)
        if on_step is not None:
            on_step(self, None, effects)

    @property
    def state(self) -> RaftState:
        """The node's inside."""
        return self.raft._raft

    @property
    def leads(self) -> bool:
        """Whether it believes to lead."""
        return self.state.role.value == "leader"

    @property
    def terms(self) -> list[Term]:
        """Terms of the entries in its log."""
        return [view.term for view in self.raft.inspect().log]

    # Events

    def step(self, event: Event) -> list[Effect]:
        """One event; returns exactly its effects, and carries them out as far as the barrier allows."""
        effects = self.raft.step(event, self.now)
        self.raft.check()
        self._take(effects)
        if self.on_step is not None:
            self.on_step(self, event, effects)
        return effects

    def receive(self, sender: NodeId, message: RaftMessage) -> list[Effect]:
        """A message arrives; returns exactly its effects."""
        return self.step(Received(sender, message))

    def propose(self, data: bytes, sequence: int = 1, floor: int = 0) -> list[Effect]:
        """A local batch."""
        return self.step(Proposed(sequence, data, floor))

    def read(self, read_id: int = 1) -> list[Effect]:
        """A local reader."""
        return self.step(ReadRequested(read_id))

    def connect(self, peer: NodeId) -> list[Effect]:
        """A new link to `peer`."""
        self.links[peer] = self.links.get(peer, 0) + 1
        return self.step(PeerConnected(peer, self.links[peer]))

    def disconnect(self, peer: NodeId) -> list[Effect]:
        """The link to `peer` breaks."""
        return self.step(PeerDisconnected(peer))

    def lose(self, peer: NodeId) -> list[Effect]:
        """The process of `peer` dies: its connection breaks and a new one is refused."""
        return self.disconnect(peer) + self.step(PeerUnreachable(peer))

    def wait(self, duration: Nanos) -> list[Effect]:
        """Time goes by; whatever falls due happens on time."""
        until = self.now + duration
        effects: list[Effect] = []
        while (deadline := self.raft.deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            effects += self.step(TimePassed())
        self.now = until
        return effects

    def time_out(self) -> list[Effect]:
        """Jump to the deadline and let it fire."""
        deadline = self.raft.deadline()
        assert deadline is not None
        self.now = max(self.now, deadline)
        return self.step(TimePassed())

    # Disk

    def disk(self) -> list[Effect]:
        """The writes under way complete, one after the other; returns the effects of the last completion."""
        effects: list[Effect] = []
        while self.held:
            effects = self.finish_write()
        return effects

    def finish_write(self, most: int = 1) -> list[Effect]:
        """The oldest write completes, with up to `most` waiting `Persist`s in it (group commit); what it held back happens.

        Returns the effects of the completion.
        """
        first = self.held[0][0]
        if isinstance(first, WriteSnapshot):
            written = self.pretended.receive(first)
            self.held.popleft()
            self._release()
            return self.step(written)
        position: Position = 0
        count = 0
        for effect, _ in self.held:
            if isinstance(effect, WriteSnapshot) or count == most:
                break
            if isinstance(effect, Persist):
                self.pretended.write(effect)
                position = effect.position
                count += 1
        self._release(count)
        return self.step(Persisted(position))

    def _release(self, passable: int = 0) -> None:
        while self.held:
            effect, link = self.held[0]
            if isinstance(effect, WriteSnapshot) or (isinstance(effect, Persist) and not passable):
                return
            self.held.popleft()
            if isinstance(effect, Persist):
                passable -= 1
            elif not isinstance(effect, Send) or link == self.links.get(effect.to, 0):
                self._perform(effect)

    def answer_read(self) -> list[Effect]:
        """The oldest reading of a snapshot for a peer completes."""
        effect = self.reading.popleft()
        return self.step(self.pretended.read(effect.to, effect.meta, effect.offset, effect.size))

    def take_snapshot(self) -> list[Effect]:
        """The machine's state becomes a durable snapshot."""
        assert self.machine is not None
        index, term, _ = self.machine.history[-1]
        data = self.machine.snapshot()
        group = self.state.group.settled(index)
        meta = SnapshotMeta(index, term, group.voters, len(data), digest_of(data), group)
        self.pretended.publish(meta, data)
        return self.step(SnapshotTaken(meta))

    def reborn(self, *, seed: int | None = None, now: Nanos | None = None) -> "Server":
        """The process that starts after this one has crashed: of what was not written, nothing is left."""
        return Server(
            self.node,
            self.identity.members,
            config=self.config,
            seed=self.seed if seed is None else seed,
            now=self.now if now is None else now,
            incarnation=self.identity.incarnation + 1,
            disk=self.pretended,
            on_step=self.on_step,
        )

    def sent(self) -> list[tuple[NodeId, RaftMessage]]:
        """Messages that have left, oldest first; empties the outbox."""
        sent = list(self.outbox)
        self.outbox.clear()
        return sent

    # Effects

    def _take(self, effects: list[Effect]) -> None:
        self.all_effects += effects
        for effect in effects:
            barrier = isinstance(effect, Persist | WriteSnapshot)
            if self._exempt(effect) or not (self.held or barrier):
                self._perform(effect)
            else:
                link = self.links.get(effect.to, 0) if isinstance(effect, Send) else 0
                self.held.append((effect, link))

    def _exempt(self, effect: Effect) -> bool:
        if isinstance(effect, LeaderChanged) and effect.leader is None:
            self.held = deque(held for held in self.held if not isinstance(held[0], LeaderChanged))
            return True
        if isinstance(effect, Send):
            return effect.at_once
        return isinstance(effect, Rejected | Unresolved | ReadRefused | RequestRefused | Explain)

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self.outbox.append((effect.to, effect.message))  # type: ignore[arg-type]
        elif isinstance(effect, Apply):
            self.applied += effect.entries
            if self.machine is not None:
                for entry in effect.entries:
                    self.machine.apply(entry)
        elif isinstance(effect, LoadSnapshot):
            self._load(effect.meta)
        elif isinstance(effect, ReadSnapshot):
            self.reading.append(effect)
        elif isinstance(effect, News):
            self.told.append(effect)

    def _load(self, meta: SnapshotMeta) -> None:
        """A snapshot that a test made up leaves the machine unknown."""
        published = self.pretended.published.get(meta.digest)
        self.machine = PretendedMachine.restored(published[1]) if published else None
        assert self.machine is None or self.machine.applied == meta.index
