"""Raft nodes on a table: no world, no driver. The test hands every message and every disk completion over by hand, or lets `settle` do it.

Effects are carried out as the contract says: what follows a `Persist` waits for it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random

from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import RaftHardState, RaftMessage
from quorate.algorithms.raft.raft import Raft
from quorate.algorithms.raft.state import RaftState
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Apply, Effect, Persist, Send
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Event, Persisted, Proposed, Received, TimePassed
from quorate.core.ids import Index, Nanos, NodeId, Term
from quorate.core.snapshot import SnapshotMeta

ELECTION_NS = RaftConfig().election_timeout_ns
HEARTBEAT_NS = RaftConfig().heartbeat_ns


def noop(index: Index, term: Term) -> Entry:
    """An entry without payload."""
    return Entry(index, term, EntryKind.NOOP, b"", 0)


def log_of(*terms: Term, start: Index = 0) -> tuple[Entry, ...]:
    """Entries with these terms, from `start + 1` on."""
    return tuple(noop(start + offset + 1, term) for offset, term in enumerate(terms))


class Server:
    """One Raft node and its pretended disk. `held` is what waits behind a `Persist`; `disk()` completes the write."""

    def __init__(
        self,
        node: NodeId,
        members: Sequence[NodeId] = (1, 2, 3),
        *,
        term: Term = 0,
        voted_for: NodeId | None = None,
        entries: tuple[Entry, ...] = (),
        start: LogPoint = LogPoint(0, 0),
        snapshot: SnapshotMeta | None = None,
        commit: Index = 0,
        config: RaftConfig | None = None,
        seed: int = 1,
        now: Nanos = 0,
    ) -> None:
        self.node = node
        self.now = now
        hard = RaftHardState(term, voted_for) if term else None
        self.durable = Durable(hard_state=hard, start=start, entries=entries, snapshot=snapshot, commit=commit)
        identity = Identity("test", node, disk=node * 100, incarnation=1, members=tuple(sorted(members)))
        self.raft = Raft(identity, config or RaftConfig(), self.durable, Random(seed))
        self.applied: list[Entry] = []
        self.all_effects: list[Effect] = []
        self.outbox: deque[tuple[NodeId, RaftMessage]] = deque()
        self.held: deque[Effect] = deque()
        self._take(self.raft.start(now))

    @property
    def state(self) -> RaftState:
        """The node's inside."""
        return self.raft._raft

    def step(self, event: Event) -> list[Effect]:
        """One event; returns exactly its effects, and carries them out as far as the barrier allows."""
        effects = self.raft.step(event, self.now)
        self.raft.check()
        self._take(effects)
        return effects

    def receive(self, sender: NodeId, message: RaftMessage) -> list[Effect]:
        """A message arrives; returns exactly its effects."""
        return self.step(Received(sender, message))

    def propose(self, data: bytes, sequence: int = 1) -> list[Effect]:
        """A local batch."""
        return self.step(Proposed(sequence, data))

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

    def disk(self) -> list[Effect]:
        """The writes under way complete; returns the effects of the last `Persisted`."""
        effects: list[Effect] = []
        while self.held:
            position = 0
            while self.held and isinstance(self.held[0], Persist):
                position = self.held.popleft().position
            while self.held and not isinstance(self.held[0], Persist):
                self._perform(self.held.popleft())
            effects = self.step(Persisted(position))
        return effects

    def sent(self) -> list[tuple[NodeId, RaftMessage]]:
        """Messages that have left, oldest first; empties the outbox."""
        sent = list(self.outbox)
        self.outbox.clear()
        return sent

    def _take(self, effects: list[Effect]) -> None:
        self.all_effects += effects
        for effect in effects:
            if self.held or isinstance(effect, Persist):
                self.held.append(effect)
            else:
                self._perform(effect)

    def _perform(self, effect: Effect) -> None:
        if isinstance(effect, Send):
            self.outbox.append((effect.to, effect.message))
        elif isinstance(effect, Apply):
            self.applied += effect.entries


class Table:
    """Some servers, and the messages between them in the order in which they were sent."""

    def __init__(self, *servers: Server) -> None:
        self.servers = {server.node: server for server in servers}
        self.drop: Callable[[NodeId, NodeId, RaftMessage], bool] = lambda _sender, _to, _message: False

    @classmethod
    def of(cls, count: int, config: RaftConfig | None = None) -> "Table":
        """Fresh servers 1 to `count`."""
        members = range(1, count + 1)
        return cls(*(Server(node, tuple(members), config=config, seed=node) for node in members))

    def __getitem__(self, node: NodeId) -> Server:
        return self.servers[node]

    def settle(self, limit: int = 10_000) -> None:
        """Deliver everything, complete every write, until nothing is left to do."""
        for _ in range(limit):
            moved = False
            for server in self.servers.values():
                if server.held:
                    server.disk()
                    moved = True
                for to, message in server.sent():
                    moved = True
                    if to in self.servers and not self.drop(server.node, to, message):
                        self.servers[to].receive(server.node, message)
            if not moved:
                return
        raise AssertionError("the servers do not come to rest")

    def advance(self, duration: Nanos, step: Nanos = HEARTBEAT_NS // 2) -> None:
        """Time goes by for all, with messages delivered in between."""
        for _ in range(0, duration, step):
            for server in self.servers.values():
                server.wait(step)
            self.settle()

    def elect(self, node: NodeId) -> Server:
        """Make `node` the leader: it times out first, and long enough after any other leader for the rest to agree."""
        for server in self.servers.values():
            if server.node != node:
                server.now += ELECTION_NS
        self[node].now += ELECTION_NS
        self[node].time_out()
        self.settle()
        assert self[node].state.role.value == "leader", self[node].state.role
        return self[node]

    def cut(self, *nodes: NodeId) -> None:
        """Nothing passes between `nodes` and the rest."""
        apart = set(nodes)
        self.drop = lambda sender, to, _message: (sender in apart) != (to in apart)

    def heal(self) -> None:
        """Everything passes again."""
        self.drop = lambda _sender, _to, _message: False
