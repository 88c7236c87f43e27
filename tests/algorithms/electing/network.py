"""Nodes of any electing algorithm in simulated time: messages and writes take a while, processes die, pause and come back, links break.

No driver, no store: the core alone. What reaches an algorithm and what becomes of its effects is as the contract says: links keep their
order or break, what follows a `Persist` waits for it but for the effects that promise nothing about the disk, and a `Send` that waited is
dropped if the link was renewed meanwhile. Same seed, same history.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from heapq import heappop, heappush
from random import Random
from typing import TypeAlias

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, HardState, Identity
from quorate.core.effects import (
    Effect,
    Explain,
    LeaderChanged,
    Persist,
    ReadRefused,
    Rejected,
    RequestRefused,
    Send,
    Unresolved,
)
from quorate.core.events import Event, PeerConnected, PeerDisconnected, Persisted, Received, TimePassed
from quorate.core.ids import MILLISECOND, SECOND, LinkIncarnation, Nanos, NodeId, Position
from quorate.core.message import Message

Delay: TypeAlias = Callable[[NodeId, NodeId, Message], Nanos]
OnStep: TypeAlias = Callable[["Node", Event | None, list[Effect]], None]

MILLION = 1_000_000


class Sent(msgspec.Struct, frozen=True):
    """A message that left. It may be lost, because there was no link, or it broke, or the receiver was dead."""

    at: Nanos
    sender: NodeId
    to: NodeId
    message: Message


class Node:
    """One process. `rate_ppm`: by so many parts in a million its clock is fast; `offset_ns`: what it showed at the beginning."""

    def __init__(
        self,
        spec: AlgorithmSpec,
        identity: Identity,
        config: msgspec.Struct,
        hard_state: HardState | None,
        seed: int,
        clock: tuple[int, Nanos] = (0, 0),
    ) -> None:
        self.id = identity.node
        self.identity = identity
        self.config = config
        self.hard_state = hard_state
        self.clock = clock
        self.algorithm = spec.build(identity, config, Durable(hard_state=hard_state), Random(seed))
        self.held: deque[tuple[Effect, LinkIncarnation]] = deque()
        self.inbox: deque[Event] = deque()
        self.paused = False

    def local(self, now: Nanos) -> Nanos:
        """What its clock shows."""
        rate, offset = self.clock
        return offset + now * (MILLION + rate) // MILLION

    def due(self) -> Nanos | None:
        """The moment, in true time, at which its deadline is reached."""
        deadline = self.algorithm.deadline()
        if deadline is None or self.paused:
            return None
        rate, offset = self.clock
        return -(-(deadline - offset) * MILLION // (MILLION + rate))

    @property
    def leads(self) -> bool:
        """Whether it believes to lead."""
        return self.algorithm.status(0).leader == self.id

    @property
    def leader(self) -> NodeId | None:
        """Whom it takes for the leader."""
        return self.algorithm.status(0).leader


class Network:
    """`delay`: how long a message takes. `disk_ns`: how long a write takes; all that waits is written at once. `notice_ns`: after
    so long both ends see that a link broke, or is there again. `fifo`: False lets messages of one link overtake each other, which no
    real link does."""

    def __init__(
        self,
        spec: AlgorithmSpec,
        members: Collection[NodeId],
        config: msgspec.Struct,
        *,
        seed: int = 0,
        configs: Mapping[NodeId, msgspec.Struct] | None = None,
        clocks: Mapping[NodeId, tuple[int, Nanos]] | None = None,
        delay: Delay | None = None,
        disk_ns: Nanos = MILLISECOND,
        on_step: OnStep | None = None,
    ) -> None:
        self.spec, self.members, self.seed = spec, tuple(members), seed
        self.now: Nanos = 0
        self.random = Random(f"network {seed}")
        self.delay: Delay = delay or (lambda _sender, _to, _message: self.random.randint(1, 10) * MILLISECOND)
        self.disk_ns = disk_ns
        self.notice_ns: Nanos = MILLISECOND
        self.fifo = True
        self.on_step: list[OnStep] = [on_step] if on_step is not None else []
        self.sent: list[Sent] = []
        self.told: list[tuple[Nanos, NodeId, LeaderChanged]] = []
        self.explained: list[tuple[Nanos, NodeId, Explain]] = []
        self.disks: dict[NodeId, HardState | None] = {}
        self.boots: dict[NodeId, int] = {}
        self.nodes: dict[NodeId, Node] = {}
        self.clocks = dict(clocks or {})
        self.configs = {node: (configs or {}).get(node, config) for node in self.members}
        self._agenda: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._count = 0
        self._links: dict[tuple[NodeId, NodeId], LinkIncarnation] = {}
        self._broken: set[tuple[NodeId, NodeId]] = set()
        self._arrival: dict[tuple[NodeId, NodeId], Nanos] = {}

    def __getitem__(self, node: NodeId) -> Node:
        return self.nodes[node]

    # What is the case

    @property
    def leaders(self) -> list[NodeId]:
        """Nodes that believe to lead, of those that run."""
        return [node.id for node in self.nodes.values() if node.leads]

    def agreed(self, among: Collection[NodeId] | None = None) -> NodeId | None:
        """The one leader of all these; None: they do not agree."""
        leaders = {node.leader for node in self.nodes.values() if among is None or node.id in among}
        return leaders.pop() if len(leaders) == 1 else None

    def linked(self, node: NodeId, peer: NodeId) -> bool:
        """Whether there is a link between two living nodes."""
        return node in self.nodes and peer in self.nodes and (node, peer) not in self._broken

    def count(self, kind: Callable[[Message], bool]) -> int:
        """Messages of a kind that were sent."""
        return sum(kind(sent.message) for sent in self.sent)

    # Time

    def at(self, when: Nanos, action: Callable[[], None]) -> None:
        """Something will happen."""
        self._count += 1
        heappush(self._agenda, (when, self._count, action))

    def run(self, duration: Nanos) -> None:
        """Time goes by."""
        until = self.now + duration
        while (when := self._next()) is not None and when <= until:
            self._happen(when)
        self.now = until

    def run_until(self, reached: Callable[[], bool], limit: Nanos = 20 * SECOND) -> Nanos:
        """Time goes by until something holds; returns how long that took."""
        began = self.now
        while not reached():
            when = self._next()
            assert when is not None, "nothing will ever happen"
            assert when - began <= limit, f"not reached within {limit / MILLISECOND:.0f} ms"
            self._happen(when)
        return self.now - began

    def _next(self) -> Nanos | None:
        times = [due for node in self.nodes.values() if (due := node.due()) is not None]
        if self._agenda:
            times.append(self._agenda[0][0])
        return max(min(times), self.now) if times else None

    def _happen(self, when: Nanos) -> None:
        self.now = when
        if self._agenda and self._agenda[0][0] <= when:
            heappop(self._agenda)[2]()
            return
        for node in list(self.nodes.values()):
            due = node.due()
            if due is not None and due <= when:
                self.step(node, TimePassed())
                return

    # What nodes do

    def start(self, nodes: Iterable[NodeId] | None = None, *, connected: bool = True) -> None:
        """These processes start, all at one moment: nobody receives anything before the last has started. `connected`: the links are
        there by then."""
        chosen = self.members if nodes is None else tuple(nodes)
        for node in chosen:
            self.boots[node] = self.boots.get(node, 0) + 1
            identity = Identity("test", node, node, self.boots[node], tuple(sorted(self.members)))
            seed = self.seed * 10_000 + node * 100 + self.boots[node]
            self.nodes[node] = Node(
                self.spec, identity, self.configs[node], self.disks.get(node), seed, self.clocks.get(node, (0, 0))
            )
        for first, second in [(a, b) for a in chosen for b in self.nodes if a < b or (a != b and b not in chosen)]:
            self._open(first, second, told=[node for node in (first, second) if not (connected and node in chosen)])
        for node in chosen:
            started = self.nodes[node]
            self._took(started, None, started.algorithm.start(started.local(self.now)))

    def step(self, node: Node, event: Event) -> list[Effect]:
        """One event; returns exactly its effects, and carries them out as far as the barrier allows."""
        effects = node.algorithm.step(event, node.local(self.now))
        self._took(node, event, effects)
        return effects

    def _took(self, node: Node, event: Event | None, effects: list[Effect]) -> None:
        node.algorithm.check()
        for watcher in self.on_step:
            watcher(node, event, effects)
        for effect in effects:
            exempt = _promises_nothing(effect)
            if isinstance(effect, LeaderChanged) and effect.leader is None:
                node.held = deque(held for held in node.held if not isinstance(held[0], LeaderChanged))
            if exempt or not (node.held or isinstance(effect, Persist)):
                self._perform(node, effect)
                continue
            if isinstance(effect, Persist) and not any(isinstance(held, Persist) for held, _ in node.held):
                self._write_soon(node)
            link = self._links.get((node.id, effect.to), 0) if isinstance(effect, Send) else 0
            node.held.append((effect, link))

    def _write_soon(self, node: Node) -> None:
        def write() -> None:
            if self.nodes.get(node.id) is not node:
                return
            if node.paused:
                self.at(self.now + MILLISECOND, write)
                return
            self._write(node)

        self.at(self.now + self.disk_ns, write)

    def _write(self, node: Node) -> None:
        position: Position = 0
        held, node.held = node.held, deque()
        for effect, link in held:
            if isinstance(effect, Persist):
                assert effect.hard_state is not None
                node.hard_state = self.disks[node.id] = effect.hard_state
                position = effect.position
            elif not isinstance(effect, Send) or link == self._links.get((node.id, effect.to), 0):
                self._perform(node, effect)
        self.step(node, Persisted(position))

    def _perform(self, node: Node, effect: Effect) -> None:
        if isinstance(effect, Send):
            self._post(node.id, effect.to, effect.message)
        elif isinstance(effect, LeaderChanged):
            self.told.append((self.now, node.id, effect))
        elif isinstance(effect, Explain):
            self.explained.append((self.now, node.id, effect))

    def _post(self, sender: NodeId, to: NodeId, message: Message) -> None:
        self.sent.append(Sent(self.now, sender, to, message))
        pair = (sender, to)
        if to not in self.nodes or pair in self._broken:
            return
        arrival = self.now + self.delay(sender, to, message)
        if self.fifo:
            arrival = self._arrival[pair] = max(arrival, self._arrival.get(pair, 0))
        link = self._links.get(pair, 0)
        self.at(arrival, lambda: self._arrive(pair, link, message))

    def _arrive(self, pair: tuple[NodeId, NodeId], link: LinkIncarnation, message: Message) -> None:
        node = self.nodes.get(pair[1])
        if node is not None and link == self._links.get(pair, 0) and pair not in self._broken:
            self._deliver(node, Received(pair[0], message))

    def _deliver(self, node: Node, event: Event) -> None:
        if node.paused:
            node.inbox.append(event)
        else:
            self.step(node, event)

    # Trouble

    def _open(self, node: NodeId, peer: NodeId, *, told: Collection[NodeId]) -> None:
        for pair in ((node, peer), (peer, node)):
            self._links[pair] = self._links.get(pair, 0) + 1
            self._broken.discard(pair)
            self._arrival.pop(pair, None)
        for one, other in ((node, peer), (peer, node)):
            if one in told:
                self.at(self.now, lambda one=one, other=other: self._tell_connected(one, other))

    def _tell_connected(self, node: NodeId, peer: NodeId) -> None:
        link = self._links.get((node, peer), 0)
        if node in self.nodes and (node, peer) not in self._broken:
            self._deliver(self.nodes[node], PeerConnected(peer, link))

    def _break(self, node: NodeId, peer: NodeId) -> None:
        for one, other in ((node, peer), (peer, node)):
            if (one, other) not in self._broken:
                self._broken.add((one, other))
                self._links[(one, other)] = self._links.get((one, other), 0) + 1
                self.at(self.now + self.notice_ns, lambda one=one, other=other: self._tell_broken(one, other))

    def _tell_broken(self, node: NodeId, peer: NodeId) -> None:
        if node in self.nodes and (node, peer) in self._broken:
            self._deliver(self.nodes[node], PeerDisconnected(peer))

    def cut(self, *nodes: NodeId) -> None:
        """The links between these and the rest break, and do not come back before `heal`."""
        for node in nodes:
            for peer in self.members:
                if peer not in nodes:
                    self._break(node, peer)

    def heal(self) -> None:
        """Every link between living nodes is there again."""
        for node, peer in sorted(self._broken):
            if node < peer and node in self.nodes and peer in self.nodes:
                self._open(node, peer, told=(node, peer))

    def crash(self, node: NodeId) -> None:
        """A process dies: what it had not written is lost, and its links break."""
        del self.nodes[node]
        for peer in self.members:
            if peer != node:
                self._break(node, peer)

    def restart(self, node: NodeId) -> None:
        """It starts again, on what was durable, and finds everybody that it can reach."""
        self.start([node], connected=False)

    def pause(self, node: NodeId) -> None:
        """The process does nothing at all; what arrives waits."""
        self.nodes[node].paused = True

    def resume(self, node: NodeId) -> None:
        """It goes on, with what has come meanwhile."""
        process = self.nodes[node]
        process.paused = False
        while process.inbox and self.nodes.get(node) is process:
            self.step(process, process.inbox.popleft())


def _promises_nothing(effect: Effect) -> bool:
    if isinstance(effect, Send):
        return effect.at_once
    if isinstance(effect, LeaderChanged):
        return effect.leader is None
    return isinstance(effect, Rejected | Unresolved | ReadRefused | RequestRefused | Explain)
