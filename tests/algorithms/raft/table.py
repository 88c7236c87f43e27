"""Several servers on one table, and what passes between them."""

from collections.abc import Callable

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import RaftMessage
from quorate.core.ids import Nanos, NodeId


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

    @property
    def leaders(self) -> list[NodeId]:
        """Nodes that believe to lead."""
        return [node for node, server in self.servers.items() if server.leads]

    def settle(self, limit: int = 10_000) -> None:
        """Deliver everything, complete every write, until nothing is left to do."""
        for _ in range(limit):
            moved = False
            for server in list(self.servers.values()):
                if server.held:
                    server.disk()
                    moved = True
                while server.reading:
                    server.answer_read()
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
        assert self[node].leads, self[node].state.role
        return self[node]

    def propose(self, node: NodeId, *data: bytes) -> None:
        """Batches at `node`, one after the other."""
        for one in data:
            self._sequence = getattr(self, "_sequence", 0) + 1
            self[node].propose(one, self._sequence)
            self.settle()

    def cut(self, *nodes: NodeId) -> None:
        """Nothing passes between `nodes` and the rest. Links stay up: nobody is told."""
        apart = set(nodes)
        self.drop = lambda sender, to, _message: (sender in apart) != (to in apart)

    def heal(self) -> None:
        """Everything passes again."""
        self.drop = lambda _sender, _to, _message: False

    def crash(self, node: NodeId) -> Server:
        """The process of `node` is gone, with what it had not written, and nobody is told. Returns it, to be reborn."""
        return self.servers.pop(node)

    def put(self, server: Server) -> Server:
        """A server comes (back) to the table."""
        self.servers[server.node] = server
        return server

    def connect_all(self) -> None:
        """Every pair has a new link."""
        for server in self.servers.values():
            for peer in self.servers:
                if peer != server.node:
                    server.connect(peer)
        self.settle()
