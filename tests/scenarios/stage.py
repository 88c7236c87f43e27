"""Raft nodes in simulated time: messages and writes take a while, processes die and come back. No driver, no store: the core alone."""

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from algorithms.raft.harness import Server
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import RaftMessage
from quorate.core.effects import Effect
from quorate.core.events import Event, PeerUnreachable, TimePassed
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId

Delay = Callable[[NodeId, NodeId, RaftMessage], Nanos | None]


class Stage:
    """Servers, a clock, and what is going to happen.

    `delay`: how long a message takes, None: it is lost; what is on one link arrives in order. `disk_ns`: how long a write takes;
    all that waits is written at once. A node in `hung` finishes no write, one in `paused` does nothing at all.
    """

    def __init__(
        self,
        count: int = 3,
        *,
        config: RaftConfig | None = None,
        message_ns: Nanos = MILLISECOND,
        disk_ns: Nanos = MILLISECOND,
        seed: int = 0,
        servers: Sequence[Server] = (),
    ) -> None:
        self.now: Nanos = 0
        self.delay: Delay = lambda _sender, _to, _message: message_ns
        self.disk_ns = disk_ns
        self.hung: set[NodeId] = set()
        self.paused: set[NodeId] = set()
        self.on_step: Callable[[Server, Event | None, list[Effect]], None] = lambda _server, _event, _effects: None
        self._agenda: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._count = 0
        self._writing: set[NodeId] = set()
        self._arrival: dict[tuple[NodeId, NodeId], Nanos] = {}
        self._links: dict[tuple[NodeId, NodeId], int] = {}
        self.servers: dict[NodeId, Server] = {}
        members = tuple(range(1, count + 1))
        for server in servers or [Server(n, members, config=config, seed=seed * 1000 + n) for n in members]:
            server.on_step = self._stepped
            self.servers[server.node] = server
            self._pump(server)
        self.members = tuple(self.servers)

    def __getitem__(self, node: NodeId) -> Server:
        return self.servers[node]

    def _stepped(self, server: Server, event: Event | None, effects: list[Effect]) -> None:
        self.on_step(server, event, effects)

    @property
    def leaders(self) -> list[NodeId]:
        """Nodes that believe to lead, of those that run."""
        return [node for node, server in self.servers.items() if server.leads]

    @property
    def leader(self) -> Server:
        """The only one."""
        (node,) = self.leaders
        return self.servers[node]

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
        self._move_to(until)

    def run_until(self, reached: Callable[[], bool], limit: Nanos = 20 * SECOND) -> Nanos:
        """Time goes by until something holds; returns how long that took."""
        began = self.now
        while not reached():
            when = self._next()
            assert when is not None, "nothing will ever happen"
            assert when - began <= limit, f"not reached within {limit / MILLISECOND:.0f} ms"
            self._happen(when)
        return self.now - began

    def elect(self) -> Server:
        """Time goes by until there is a leader that is ready and known to all."""

        def ready() -> bool:
            nodes = self.leaders
            return len(nodes) == 1 and self[nodes[0]].state.ready and self.followers_of(nodes[0]) == len(self.servers)

        self.run_until(ready)
        return self.leader

    def elect_among(self, *nodes: NodeId) -> Server:
        """Time goes by until one of these is a ready leader, followed by all of them."""

        def ready() -> bool:
            chief = next((self[node] for node in nodes if self[node].state.ready), None)
            return chief is not None and all(self[node].state.leader == chief.node for node in nodes)

        self.run_until(ready)
        return next(self[node] for node in nodes if self[node].leads)

    def followers_of(self, node: NodeId) -> int:
        """How many nodes, itself included, take `node` for the leader of its term."""
        term = self[node].state.term
        return sum(s.state.leader == node and s.state.term == term for s in self.servers.values())

    def _awake(self) -> list[Server]:
        return [server for server in self.servers.values() if server.node not in self.paused]

    def _next(self) -> Nanos | None:
        times = [deadline for server in self._awake() if (deadline := server.raft.deadline()) is not None]
        if self._agenda:
            times.append(self._agenda[0][0])
        return max(min(times), self.now) if times else None

    def _move_to(self, when: Nanos) -> None:
        self.now = when
        for server in self._awake():
            server.now = when

    def _happen(self, when: Nanos) -> None:
        self._move_to(when)
        if self._agenda and self._agenda[0][0] <= when:
            heappop(self._agenda)[2]()
            return
        for server in self._awake():
            deadline = server.raft.deadline()
            if deadline is not None and deadline <= when:
                server.step(TimePassed())
                self._pump(server)
                return

    # What the servers do

    def touch(self, node: NodeId, act: Callable[[Server], object]) -> None:
        """Do something to a node, and see to what follows."""
        act(self[node])
        self._pump(self[node])

    def _pump(self, server: Server) -> None:
        for to, message in server.sent():
            self._post(server.node, to, message)
        if server.held and server.node not in self._writing | self.hung:
            self._writing.add(server.node)
            self.at(self.now + self.disk_ns, lambda: self._write(server))
        while server.reading:
            server.answer_read()
            self._pump(server)

    def _post(self, sender: NodeId, to: NodeId, message: RaftMessage) -> None:
        delay = self.delay(sender, to, message)
        if to not in self.servers or delay is None:
            return
        arrival = max(self.now + delay, self._arrival.get((sender, to), 0))
        self._arrival[(sender, to)] = arrival
        link = self._links.get((sender, to), 0)
        self.at(arrival, lambda: self._arrive(sender, to, message, link))

    def _arrive(self, sender: NodeId, to: NodeId, message: RaftMessage, link: int) -> None:
        if to in self.paused:
            self.at(self.now + MILLISECOND, lambda: self._arrive(sender, to, message, link))
        elif to in self.servers and link == self._links.get((sender, to), 0):
            self.touch(to, lambda server: server.receive(sender, message))

    def _write(self, server: Server) -> None:
        self._writing.discard(server.node)
        if self.servers.get(server.node) is server and server.held and server.node not in self.hung:
            server.finish_write(most=1000)
            self._pump(server)

    # Trouble

    def cut(self, *nodes: NodeId) -> None:
        """Nothing sent from now on passes between `nodes` and the rest. Connections stay up: nobody is told."""
        apart, passing = set(nodes), self.delay
        self.delay = lambda sender, to, message: (
            None if (sender in apart) != (to in apart) else passing(sender, to, message)
        )

    def break_link(self, first: NodeId, second: NodeId) -> None:
        """The connection of a pair breaks; what was under way is lost."""
        for pair in ((first, second), (second, first)):
            self._links[pair] = self._links.get(pair, 0) + 1
        for node, peer in ((first, second), (second, first)):
            if node in self.servers:
                self.touch(node, lambda server, peer=peer: server.disconnect(peer))

    def connect(self, first: NodeId, second: NodeId) -> None:
        """A pair has a new connection."""
        self.touch(first, lambda server: server.connect(second))
        self.touch(second, lambda server: server.connect(first))

    def kill(self, node: NodeId, notice: Callable[[NodeId], Nanos] = lambda _peer: MILLISECOND // 2) -> Server:
        """A process dies: its connections break and new ones are refused, as each peer notices after `notice(peer)`.

        Returns what is left of it, for `revive`.
        """
        dead = self.servers.pop(node)
        self._writing.discard(node)
        for peer in self.servers:
            self._links[(node, peer)] = self._links.get((node, peer), 0) + 1
            self._links[(peer, node)] = self._links.get((peer, node), 0) + 1
            self.at(self.now + notice(peer), lambda peer=peer: self._notice(peer, node))
        return dead

    def _notice(self, peer: NodeId, node: NodeId) -> None:
        if peer in self.servers and node not in self.servers:
            self.touch(peer, lambda server: server.disconnect(node))
            self.touch(peer, lambda server: server.step(PeerUnreachable(node)))

    def revive(self, dead: Server) -> Server:
        """A process starts again on the same disk, and everybody connects."""
        server = dead.reborn(now=self.now, seed=dead.seed + 1)
        self.servers[server.node] = server
        self._pump(server)
        for peer in list(self.servers):
            if peer != server.node:
                self.connect(server.node, peer)
        return server
