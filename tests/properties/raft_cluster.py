"""A Raft cluster under an adversary: messages wait in a heap from which any may be taken, twice, or never; writes complete when it likes;
processes die and come back with what their disk has."""

from collections.abc import Callable
from random import Random

from algorithms.raft.harness import Server
from properties.raft_invariants import Watcher, check_sends_show_nothing_volatile
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import RaftMessage
from quorate.core.effects import Effect
from quorate.core.events import Event, PeerUnreachable, SnapshotRead
from quorate.core.ids import MILLISECOND, Nanos, NodeId

CONFIG = RaftConfig(
    election_timeout_ms=100,
    heartbeat_ms=20,
    inflight_messages=3,
    inflight_bytes=400,
    append_bytes=64,
    uncommitted_bytes=300,
    entry_bytes=200,
    waiting_reads=8,
    snapshot_chunk_bytes=40,
    log_tail_entries=3,
    log_tail_bytes=200,
)
"""Small limits, so that a short run meets them all."""

IN_FLIGHT = 60
"""Messages kept under way; beyond it the oldest are lost."""


class Cluster:
    """Servers, the messages between them, and the watcher. Every choice is the caller's."""

    def __init__(self, count: int = 3, seed: int = 0, config: RaftConfig = CONFIG) -> None:
        self.members = tuple(range(1, count + 1))
        self.config = config
        self.random = Random(f"{seed} of {count}")
        self.watcher = Watcher()
        self.watcher.members = self.members
        self.servers = self.watcher.servers
        self.down: set[NodeId] = set()
        self.apart: set[NodeId] = set()
        self.messages: list[tuple[NodeId, NodeId, RaftMessage]] = []
        self.sequence = 0
        self.unique = 0
        for node in self.members:
            self.servers[node] = Server(
                node, self.members, config=config, seed=self.random.randrange(2**32), on_step=self._stepped
            )

    def _stepped(self, server: Server, event: Event | None, effects: list[Effect]) -> None:
        self.servers[server.node] = server
        check_sends_show_nothing_volatile(server, effects)
        self.watcher.stepped(server, event, effects)

    def up(self, node: NodeId) -> Server | None:
        """The process, if it runs."""
        return None if node in self.down else self.servers[node]

    def collect(self) -> None:
        """What the servers have sent is under way."""
        for server in self.servers.values():
            for to, message in server.sent():
                if (server.node in self.apart) == (to in self.apart):
                    self.messages.append((server.node, to, message))
        del self.messages[:-IN_FLIGHT]

    # What may happen

    def deliver(self, choice: int, *, keep: bool = False) -> None:
        """Any message under way arrives; with `keep` it will arrive again."""
        if not self.messages:
            return
        at = choice % len(self.messages)
        sender, to, message = self.messages[at] if keep else self.messages.pop(at)
        if to not in self.down:
            self.servers[to].receive(sender, message)
            self.collect()

    def cut(self, apart: set[NodeId]) -> None:
        """Nothing sent from now on passes between these and the rest; an empty set heals."""
        self.apart = apart

    def lose(self, choice: int) -> None:
        """A message is lost."""
        if self.messages:
            self.messages.pop(choice % len(self.messages))

    def pass_time(self, node: NodeId, duration: Nanos) -> None:
        """Time goes by on one node."""
        if (server := self.up(node)) is not None:
            server.wait(duration)
            self.collect()

    def time_out(self, node: NodeId) -> None:
        """A node's deadline fires."""
        if (server := self.up(node)) is not None:
            server.time_out()
            self.collect()

    def finish_write(self, node: NodeId, most: int = 1) -> None:
        """Writes of a node complete."""
        server = self.up(node)
        if server is None:
            return
        if server.held:
            server.finish_write(most)
        elif server.reading:
            server.answer_read()
        self.collect()

    def propose(self, node: NodeId, size: int = 8) -> None:
        """A node takes a batch; each is unlike any other."""
        if (server := self.up(node)) is not None:
            self.sequence += 1
            server.propose(f"{self.sequence:>{size}}".encode(), self.sequence)
            self.collect()

    def propose_again(self, node: NodeId) -> None:
        """A node that has heard nothing of a batch takes it again, under the same sequence."""
        server = self.up(node)
        if server is not None:
            pending = self.watcher.pending.get((node, server.identity.incarnation), {})
            for sequence, data in list(pending.items())[-1:]:
                server.propose(data, sequence)
                self.collect()

    def read(self, node: NodeId) -> None:
        """A reader asks at a node."""
        if (server := self.up(node)) is not None:
            self.unique += 1
            server.read(self.unique)
            self.collect()

    def take_snapshot(self, node: NodeId) -> None:
        """A node snapshots its state, if there is any new."""
        server = self.up(node)
        if server is not None and server.machine is not None and server.machine.applied > server.state.snapshot_index:
            self.watcher.count("snapshot")
            server.take_snapshot()
            self.collect()

    def lose_snapshot_read(self, node: NodeId) -> None:
        """The snapshot that was to be read for a peer is gone."""
        server = self.up(node)
        if server is not None and server.reading:
            effect = server.reading.popleft()
            server.step(SnapshotRead(effect.to, effect.meta, effect.offset, b"", failed=True))
            self.collect()

    def crash(self, node: NodeId) -> None:
        """A process dies. What it had not written is gone, and so is what was under way to it: no message outlives the process
        that it was sent to. What it had sent may still arrive."""
        if len(self.down) < len(self.members) // 2:
            self.down.add(node)
            self.messages = [item for item in self.messages if item[1] != node]
            self.watcher.count("crash")

    def restart(self, node: NodeId) -> None:
        """A process comes back."""
        if node in self.down:
            self.down.remove(node)
            self.servers[node] = self.servers[node].reborn(seed=self.random.randrange(2**32))
            self.collect()

    def renew_link(self, first: NodeId, second: NodeId) -> None:
        """A pair gets a new connection; what was under way on the old one is lost."""
        if first == second or first in self.down or second in self.down:
            return
        self._break(first, second)
        self.servers[first].connect(second)
        self.servers[second].connect(first)
        self.collect()

    def break_link(self, first: NodeId, second: NodeId) -> None:
        """A connection breaks; both ends are told."""
        if first == second:
            return
        self._break(first, second)
        for node, peer in ((first, second), (second, first)):
            if (server := self.up(node)) is not None:
                server.disconnect(peer)
        self.collect()

    def suspect(self, node: NodeId, peer: NodeId) -> None:
        """A node finds a peer's process gone, rightly or wrongly."""
        if node != peer and (server := self.up(node)) is not None:
            server.step(PeerUnreachable(peer))
            self.collect()

    def _break(self, first: NodeId, second: NodeId) -> None:
        pair = {first, second}
        self.messages = [item for item in self.messages if {item[0], item[1]} != pair]

    # After the trouble

    def heal(self, limit: Nanos = 5_000 * MILLISECOND) -> None:
        """Everybody is up, links are new, everything arrives in order: within `limit` there is one ready leader, and everything
        that was asked is answered and applied everywhere."""
        self.cut(set())
        for node in self.members:
            self.restart(node)
        self.messages.clear()
        for first in self.members:
            for second in self.members:
                if first < second:
                    self.renew_link(first, second)
        self._run(limit, self._at_rest)
        leader = next(server for server in self.servers.values() if server.leads)
        for node in self.members:
            self.propose(node)
            self.read(node)
        self._run(limit, self._at_rest)
        assert leader.leads, "a leader was deposed without any trouble"
        self._check_nothing_waits()

    def _check_nothing_waits(self) -> None:
        for server in self.servers.values():
            state = server.state
            assert not state.remote_reads
            assert not state.reads_waiting
            assert not state.read_rounds
            assert not any(key[0] == (server.node, server.identity.incarnation) for key in self.watcher.reads)
            assert not state.uncommitted_bytes
            assert len(state.forward_seen) < len(self.members)

    def _at_rest(self) -> bool:
        leaders = [server for server in self.servers.values() if server.state.ready]
        if len(leaders) != 1:
            return False
        leader = leaders[0]
        last = leader.state.log.last_index
        return all(
            server.state.leader == leader.node and server.state.applied == last and server.state.log.last_index == last
            for server in self.servers.values()
        )

    def _run(self, limit: Nanos, done: Callable[[], bool]) -> None:
        step = 2 * MILLISECOND
        for _ in range(limit // step):
            for server in self.servers.values():
                server.wait(step)
            self._exchange()
            if done():
                return
        raise AssertionError(f"not at rest: {[server.raft.status(server.now) for server in self.servers.values()]}")

    def _exchange(self) -> None:
        """What is under way arrives, in order, with a bounded number of turns: time must go on."""
        for _ in range(30):
            for server in self.servers.values():
                while server.held:
                    server.finish_write()
                while server.reading:
                    server.answer_read()
            self.collect()
            if not self.messages:
                return
            under_way, self.messages = self.messages, []
            for sender, to, message in under_way:
                self.servers[to].receive(sender, message)
