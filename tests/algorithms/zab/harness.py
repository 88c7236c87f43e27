"""ZAB servers on a table: the harness of Raft's, which knows effects and barriers and no algorithm, around another algorithm.

`server.raft` is the algorithm there; here it is a `Zab`.
"""

from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from algorithms.raft.disk import PretendedDisk, PretendedMachine
from algorithms.raft.harness import Server
from quorate.algorithms.logged.log import ORIGIN
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import (
    AckEpoch,
    AckNewLeader,
    Diff,
    FollowerInfo,
    LeaderInfo,
    NewLeader,
    Notification,
    ObserverInfo,
    Propose,
    UpToDate,
    Vote,
    ZabHardState,
    Zxid,
)
from quorate.algorithms.zab.state import ZabState
from quorate.algorithms.zab.zab import Zab
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Effect
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Event
from quorate.core.ids import MILLISECOND, Index, Nanos, NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from scenarios.stage import Stage

CONFIG = ZabConfig()
SYNC_NS, INIT_NS, TICK_NS = CONFIG.sync_ns, CONFIG.init_ns, CONFIG.tick_ns
FINALIZE_NS = CONFIG.finalize_wait_ms * MILLISECOND


def log_of(*epochs: Term, start: Index = 0) -> tuple[Entry, ...]:
    """Entries of these epochs, from `start + 1` on."""
    return tuple([Entry(start + n, epoch, EntryKind.NOOP, b"", 0) for n, epoch in enumerate(epochs, 1)])


def zxid(epoch: Term, index: Index) -> Zxid:
    return Zxid(epoch, index)


class ZabServer(Server):
    """One ZAB node with its pretended disk and machine. `peers`: connected from the start."""

    def __init__(
        self,
        node: NodeId,
        members: Sequence[NodeId] = (1, 2, 3),
        *,
        accepted: Term = 0,
        current: Term | None = None,
        entries: tuple[Entry, ...] = (),
        start: LogPoint = ORIGIN,
        snapshot: SnapshotMeta | None = None,
        commit: Index = 0,
        config: ZabConfig | None = None,
        seed: int = 1,
        now: Nanos = 0,
        incarnation: int = 1,
        disk: PretendedDisk | None = None,
        on_step: Callable[[Any, Event | None, list[Effect]], None] | None = None,
        peers: Sequence[NodeId] = (),
    ) -> None:
        self.node, self.now, self.seed = node, now, seed
        self.config = config or ZabConfig()
        hard = ZabHardState(accepted, accepted if current is None else current)
        durable = Durable(hard if accepted else None, start, entries, snapshot, commit)
        self.pretended = disk or PretendedDisk(durable)
        self.durable = self.pretended.durable()
        self.identity = Identity("test", node, node * 100, incarnation, tuple(sorted(members)))
        self.raft = Zab(self.identity, self.config, self.durable, Random(seed))
        self.on_step = on_step
        self.applied, self.all_effects, self.told = [], [], []
        self.machine = PretendedMachine()
        self.outbox, self.held, self.reading = deque(), deque(), deque()
        self.links: dict[NodeId, int] = {}
        if self.durable.snapshot is not None:
            self._load(self.durable.snapshot)
        effects = self.raft.start(now)
        self.raft.check()
        self._take(effects)
        if on_step is not None:
            on_step(self, None, effects)
        for peer in peers:
            self.connect(peer)

    @property
    def state(self) -> ZabState:
        return self.raft._zab

    @property
    def leads(self) -> bool:
        return self.state.leader == self.node

    def clear(self) -> "ZabServer":
        """Forget what has left so far."""
        self.sent()
        self.all_effects.clear()
        self.told.clear()
        return self

    def reborn(self, *, seed: int | None = None, now: Nanos | None = None) -> "ZabServer":
        return ZabServer(
            self.node,
            self.identity.members,
            config=self.config,
            seed=self.seed if seed is None else seed,
            now=self.now if now is None else now,
            incarnation=self.identity.incarnation + 1,
            disk=self.pretended,
            on_step=self.on_step,
        )


class ZabStage(Stage):
    """ZAB servers in simulated time, all connected. Nodes above `voters` observe."""

    def __init__(
        self,
        count: int = 3,
        *,
        config: ZabConfig | None = None,
        voters: int = 0,
        disk_ns: Nanos = MILLISECOND,
        **settings: Any,
    ) -> None:
        members = tuple(range(1, (voters or count) + 1))
        servers = settings.pop("servers", None) or [
            ZabServer(node, members, config=config, seed=node) for node in range(1, count + 1)
        ]
        super().__init__(servers=servers, disk_ns=disk_ns, **settings)
        nodes = sorted(self.servers)
        for node in nodes:
            for peer in nodes:
                if node < peer:
                    self.connect(node, peer)

    def followers_of(self, node: NodeId) -> int:
        epoch = self[node].state.current_epoch
        return sum(s.state.leader == node and s.state.current_epoch == epoch for s in self.servers.values())

    def propose(self, node: NodeId, *batches: bytes) -> None:
        """Batches that a node takes, one after the other."""
        for data in batches:
            sequence = self.sequence = getattr(self, "sequence", 0) + 1
            self.touch(node, lambda server, data=data, sequence=sequence: server.propose(data, sequence))

    def settled(self, entries: Index = 0) -> bool:
        """Whether everybody has applied all of the leader's log, which has so many entries at least."""
        chief = self[self.leaders[0]] if self.leaders else None
        return (
            chief is not None
            and chief.state.applied >= entries
            and all(s.state.applied == chief.state.log.last_index for s in self.servers.values())
        )


# Servers in a certain state, brought there by events alone, the test playing the others.


def notification(state: str, round_: int, vote: tuple[Term, Zxid, NodeId], **fields: Any) -> Notification:
    return Notification(state, round_, Vote(*vote), **fields)


def elected(node: NodeId = 3, *, members: Sequence[NodeId] = (1, 2, 3), **settings: Any) -> ZabServer:
    """All voters have voted for it: it leads in discovery, and nobody has called."""
    server = ZabServer(node, members, peers=[m for m in members if m != node], **settings)
    for peer in members:
        if peer != node:
            vote = Notification("looking", server.state.round, server.state.vote)
            server.receive(peer, vote)
    server.wait(FINALIZE_NS)
    assert server.state.leading is not None
    return server.clear()


def hello(server: ZabServer, sid: NodeId, accepted: Term = 0, session: int = 1) -> list[Effect]:
    """A follower calls."""
    return server.receive(sid, FollowerInfo(session, accepted))


def promised(node: NodeId = 3, followers: Sequence[NodeId] = (1, 2), **settings: Any) -> ZabServer:
    """These followers have promised the epoch, and end where the leader ends; nobody has taken over its history. All is on its disk."""
    server = elected(node, **settings)
    for sid in followers:
        hello(server, sid, server.state.accepted_epoch)
    server.disk()
    for sid in followers:
        server.receive(sid, AckEpoch(1, server.state.current_epoch, server.state.last))
    server.disk()
    assert server.state.phase.value == "synchronisation"
    return server.clear()


def established(node: NodeId = 3, followers: Sequence[NodeId] = (1, 2), **settings: Any) -> ZabServer:
    """A leader of an established epoch, which these follow."""
    server = promised(node, followers, **settings)
    for sid in followers:
        server.receive(sid, AckNewLeader(1, server.state.current_epoch))
    assert server.leads
    return server.clear()


def deciding(
    node: NodeId = 1, leader: NodeId = 3, *, members: Sequence[NodeId] = (1, 2, 3), **settings: Any
) -> ZabServer:
    """It has decided to follow `leader`, and has called."""
    server = ZabServer(node, members, peers=sorted({*members, leader} - {node}), **settings)
    for sid in members:
        if sid != node:
            state = "leading" if sid == leader else "following"
            server.receive(sid, notification(state, 7, (0, zxid(0, 0), leader)))
    assert server.state.learning is not None
    hail = FollowerInfo if node in members else ObserverInfo
    assert server.sent()[-1] == (leader, hail(1, server.state.accepted_epoch))
    return server.clear()


def taught(
    node: NodeId = 1, leader: NodeId = 3, *, epoch: Term = 1, entries: tuple[Entry, ...] = (), **settings: Any
) -> ZabServer:
    """It has been shown where to begin and these entries, and has not been told to take that over."""
    server = deciding(node, leader, **settings)
    server.receive(leader, LeaderInfo(1, epoch))
    server.disk()
    server.receive(leader, Diff(1, server.state.last))
    for entry in entries:
        server.receive(leader, Propose(1, entry))
    return server.clear()


def synced(node: NodeId = 1, leader: NodeId = 3, *, epoch: Term = 1, **settings: Any) -> ZabServer:
    """It has taken the history over, durably; that the epoch is established it does not know."""
    server = taught(node, leader, epoch=epoch, **settings)
    server.receive(leader, NewLeader(1, epoch))
    server.disk()
    return server.clear()


def follower(node: NodeId = 1, leader: NodeId = 3, **settings: Any) -> ZabServer:
    """It follows an established leader, and has applied all."""
    server = synced(node, leader, **settings)
    server.receive(leader, UpToDate(1, server.state.last))
    assert server.state.leader == leader
    return server.clear()
