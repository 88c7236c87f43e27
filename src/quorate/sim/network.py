"""The simulated network: connections that are FIFO, slow, cut, half-open or broken, and datagram faults on top if asked for.

What a process is told is what the real network would tell it. A process that dies closes its connections, so its peers read
an end of stream, try again at once, and are refused. A cut tells nobody anything. A connection that breaks loses what was
under way, and its two ends may learn of it at very different times.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.message import NEWEST_VERSION, Message
from quorate.sim.connection import END, Connection, Stream
from quorate.sim.scheduler import Scheduler
from quorate.sim.streams import stream

MAX_STREAM_BYTES = 8 << 20
"""A stream that holds more is broken, as the real one's bounded buffer does: silence must not cost memory without end."""

MAX_REMEMBERED = 64
"""Old messages kept per direction for late replay."""


class NetworkSettings(msgspec.Struct, frozen=True):
    """Latency of a message: `latency_ns` and uniformly up to `spread_ns` more; a share `tail_share` takes up to `tail_ns` more,
    mostly much less. Shares are between 0 and 1; those of datagrams are per message, and above 0 only for algorithms that
    survive lost, doubled, reordered and replayed messages."""

    latency_ns: Nanos = 200_000
    spread_ns: Nanos = 800_000
    tail_share: float = 0.01
    tail_ns: Nanos = 100 * MILLISECOND
    ns_per_byte: int = 8
    redial_ns: Nanos = 10 * MILLISECOND
    redial_max_ns: Nanos = 250 * MILLISECOND
    loss: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    reorder_ns: Nanos = 50 * MILLISECOND
    replay: float = 0.0
    replay_ns: Nanos = 5 * SECOND

    def datagrams(self) -> bool:
        """Whether messages are lost, doubled, reordered or replayed one by one."""
        return self.loss > 0 or self.duplicate > 0 or self.reorder > 0 or self.replay > 0


class Meter(Protocol):
    """Counts what processes send."""

    def sent(self, source: NodeId, target: NodeId, message: Message, size: int) -> None:
        """A message of `size` bytes was put on a connection."""
        ...


class Endpoint(Protocol):
    """A process on the network. None of these calls comes from within a call to `Network`."""

    def answers(self) -> bool:
        """Whether it can dial or accept a connection now: a paused process cannot."""
        ...

    def link_up(self, peer: NodeId) -> None: ...

    def link_down(self, peer: NodeId) -> None: ...

    def refused(self, peer: NodeId) -> None: ...

    def arrived(self, peer: NodeId, data: bytes) -> None: ...


class Counters(msgspec.Struct):
    """What the network did."""

    sent: int = 0
    arrived: int = 0
    connections: int = 0
    breaks: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    replayed: int = 0


class _Direction:
    """From one node to another: its random stream, its cuts (several faults may cut the same), the tickets that came due
    while it was cut, and its memory for replay."""

    __slots__ = ("cuts", "random", "remembered", "source", "stalled", "target")

    def __init__(self, seed: int, source: NodeId, target: NodeId) -> None:
        self.source = source
        self.target = target
        self.random = stream(seed, "link", source, target)
        self.cuts = 0
        self.stalled: list[tuple[Connection, Stream]] = []
        self.remembered: list[bytes] = []


class Network:
    """All links between `nodes`. `newest`: the newest protocol version that a process speaks, of those that do not speak them all; to be
    set while it is down. `meter`, if somebody sets one, is told of every message."""

    def __init__(self, scheduler: Scheduler, seed: int, nodes: list[NodeId], settings: NetworkSettings) -> None:
        self._scheduler = scheduler
        self.use(settings)
        self.counters = Counters()
        self.newest: dict[NodeId, int] = {}
        self.meter: Meter | None = None
        self._endpoints: dict[NodeId, Endpoint] = {}
        self._machines_down: set[NodeId] = set()
        self._directions = {(a, b): _Direction(seed, a, b) for a in nodes for b in nodes if a != b}
        self._current: dict[tuple[NodeId, NodeId], Connection] = {}
        self._establishing: set[tuple[NodeId, NodeId]] = set()
        self._dials: dict[tuple[NodeId, NodeId], int] = dict.fromkeys(self._directions, 0)

    def use(self, settings: NetworkSettings) -> None:
        """From now on messages fare as `settings` say."""
        self.settings = settings
        self._datagrams = settings.datagrams()

    # Processes come and go.

    def attach(self, node: NodeId, endpoint: Endpoint) -> None:
        """A process starts and dials every peer."""
        self._endpoints[node] = endpoint
        self._machines_down.discard(node)
        for peer in self._peers(node):
            self._dial(node, peer, self._latency(self._directions[node, peer]))

    def detach(self, node: NodeId, *, silent: bool = False, reset: bool = False) -> None:
        """A process is gone. Its peers read an end of stream; `reset`: what was under way is lost as well; `silent`: the
        whole machine is gone, and nobody says anything."""
        del self._endpoints[node]
        if silent:
            self._machines_down.add(node)
        for peer in self._peers(node):
            self._dials[node, peer] += 1
            connection = self._current.pop((node, peer), None)
            if connection is None:
                continue
            connection.open.discard(node)
            connection.toward[node].lose_all()
            if silent or reset:
                connection.toward[peer].lose_all()
            if not silent:
                self._put(self._directions[node, peer], connection, END)

    def linked(self, node: NodeId, peer: NodeId) -> bool:
        """Whether `node` believes that it has a connection to `peer`."""
        return (node, peer) in self._current

    def version(self, node: NodeId, peer: NodeId) -> int:
        """The protocol version that the two speak with each other."""
        return min(self.newest.get(node, NEWEST_VERSION), self.newest.get(peer, NEWEST_VERSION))

    # Messages.

    def send(self, source: NodeId, target: NodeId, data: bytes) -> None:
        """Put `data` on the connection from `source` to `target`; dropped if there is none."""
        connection = self._current.get((source, target))
        if connection is None:
            return
        self.counters.sent += 1
        direction = self._directions[source, target]
        if self._datagrams and self._strays(direction, data):
            return
        if connection.broken:
            return
        self._put(direction, connection, data)
        if connection.toward[target].bytes > MAX_STREAM_BYTES:
            self.break_link(source, target)

    def _put(self, direction: _Direction, connection: Connection, item: bytes) -> None:
        delay = self._latency(direction) + len(item) * self.settings.ns_per_byte
        stream_ = connection.toward[direction.target]
        due = stream_.put(item, self._scheduler.now + delay)
        self._scheduler.at(due, self._ticket, direction, connection, stream_)

    def _ticket(self, direction: _Direction, connection: Connection, stream_: Stream) -> None:
        if direction.cuts:
            direction.stalled.append((connection, stream_))
            return
        item = stream_.take()
        if item is None:
            return
        source, target = direction.source, direction.target
        if self._current.get((target, source)) is not connection:
            self._reset(connection, source, target)
        elif item is END:
            self._lower(connection, target, source)
        else:
            self.counters.arrived += 1
            self._endpoints[target].arrived(source, item)

    def _reset(self, connection: Connection, source: NodeId, target: NodeId) -> None:
        """Something arrived for a connection that `target` no longer has: its machine, if it is there, answers with a reset."""
        back = self._directions[target, source]
        if source in connection.open and target not in self._machines_down and not back.cuts:
            self._scheduler.after(self._latency(back), self._lower, connection, source, target)

    def _latency(self, direction: _Direction) -> Nanos:
        settings, draw = self.settings, direction.random.random
        latency = settings.latency_ns + int(draw() * settings.spread_ns)
        if draw() < settings.tail_share:
            # The cube makes most of the tail short and a little of it very long.
            latency += int(draw() ** 3 * settings.tail_ns)
        return latency

    # Datagram faults.

    def _strays(self, direction: _Direction, data: bytes) -> bool:
        """Do what the shares say to one message. Whether it leaves the orderly stream."""
        settings, draw = self.settings, direction.random.random
        self._remember(direction, data)
        if draw() < settings.replay:
            self.counters.replayed += 1
            old = direction.remembered[int(draw() * len(direction.remembered))]
            self._scheduler.after(int(draw() * settings.replay_ns), self._stray_arrival, direction, old)
        if draw() < settings.duplicate:
            self.counters.doubled += 1
            self._scheduler.after(self._latency(direction), self._stray_arrival, direction, data)
        if draw() < settings.loss:
            self.counters.lost += 1
            return True
        if draw() < settings.reorder:
            self.counters.reordered += 1
            self._scheduler.after(int(draw() * settings.reorder_ns), self._stray_arrival, direction, data)
            return True
        return False

    def _remember(self, direction: _Direction, data: bytes) -> None:
        if len(direction.remembered) < MAX_REMEMBERED:
            direction.remembered.append(data)
        else:
            direction.remembered[int(direction.random.random() * MAX_REMEMBERED)] = data

    def _stray_arrival(self, direction: _Direction, data: bytes) -> None:
        """A message outside any order reaches whichever connection there is now."""
        if not direction.cuts and (direction.target, direction.source) in self._current:
            self.counters.arrived += 1
            self._endpoints[direction.target].arrived(direction.source, data)

    def replay(self, source: NodeId, target: NodeId, number: int) -> bool:
        """An old message arrives again now, if messages are datagrams: `number` picks it. False if none is remembered."""
        direction = self._directions[source, target]
        if not direction.remembered:
            return False
        self.counters.replayed += 1
        self._stray_arrival(direction, direction.remembered[number % len(direction.remembered)])
        return True

    # Connections come and go.

    def cut(self, source: NodeId, target: NodeId) -> None:
        """Nothing passes from `source` to `target` until as many `heal` calls; nobody is told."""
        self._directions[source, target].cuts += 1

    def heal(self, source: NodeId, target: NodeId) -> None:
        """Undo one `cut`. What stalled on a connection that still lives arrives after a while, in order."""
        direction = self._directions[source, target]
        if direction.cuts == 0:
            raise ValueError(f"the direction from {source} to {target} is not cut")
        direction.cuts -= 1
        if direction.cuts == 0:
            self._resume(direction)

    def heal_all(self) -> None:
        """Undo every cut."""
        for direction in self._directions.values():
            if direction.cuts:
                direction.cuts = 0
                self._resume(direction)

    def is_cut(self, source: NodeId, target: NodeId) -> bool:
        """Whether nothing passes from `source` to `target`."""
        return self._directions[source, target].cuts > 0

    def _resume(self, direction: _Direction) -> None:
        stalled, direction.stalled = direction.stalled, []
        for connection, stream_ in stalled:
            self._scheduler.after(self._latency(direction), self._ticket, direction, connection, stream_)

    def break_link(self, a: NodeId, b: NodeId, half_open_ns: Nanos = 0) -> bool:
        """Break the connection that `a` has to `b`: what is under way is lost. `a` learns it soon; `b` does `half_open_ns` later.
        False if there is none to break."""
        connection = self._current.get((a, b))
        if connection is None:
            return False
        self.counters.breaks += 1
        connection.lose_all()
        there, back = self._directions[a, b], self._directions[b, a]
        self._scheduler.after(self._latency(back), self._lower, connection, a, b)
        self._scheduler.after(self._latency(there) + half_open_ns, self._lower, connection, b, a)
        return True

    def _lower(self, connection: Connection, node: NodeId, peer: NodeId) -> None:
        """`node` learns that this connection is over, and dials anew."""
        connection.open.discard(node)
        if self._current.get((node, peer)) is not connection:
            return
        del self._current[node, peer]
        connection.toward[node].lose_all()
        connection.broken = True
        self._endpoints[node].link_down(peer)
        self._dial(node, peer, self._latency(self._directions[node, peer]))

    def _dial(self, node: NodeId, peer: NodeId, delay: Nanos) -> None:
        self._dials[node, peer] += 1
        self._scheduler.after(delay, self._attempt, node, peer, self._dials[node, peer], 0)

    def _attempt(self, node: NodeId, peer: NodeId, dial: int, tries: int) -> None:
        """One try to connect. A later break, or the end of the process, makes an older series of tries void."""
        if dial != self._dials[node, peer] or (node, peer) in self._current:
            return
        there, back = self._directions[node, peer], self._directions[peer, node]
        settings = self.settings
        pair = (min(node, peer), max(node, peer))
        clear = not there.cuts and not back.cuts and peer not in self._machines_down and pair not in self._establishing
        if clear and self._endpoints[node].answers():
            endpoint = self._endpoints.get(peer)
            if endpoint is None:
                if tries == 0:
                    self._scheduler.after(self._latency(back), self._refuse, node, peer, dial)
            elif endpoint.answers():
                self._establish(there, back, pair)
                return
        wait = min(settings.redial_ns << min(tries, 16), settings.redial_max_ns)
        wait += int(there.random.random() * wait)
        self._scheduler.after(wait, self._attempt, node, peer, dial, tries + 1)

    def _refuse(self, node: NodeId, peer: NodeId, dial: int) -> None:
        if dial == self._dials[node, peer] and (node, peer) not in self._current:
            self._endpoints[node].refused(peer)

    def _establish(self, there: _Direction, back: _Direction, pair: tuple[NodeId, NodeId]) -> None:
        """`there.source` has dialled and `there.target` accepts: first the one, then the other has the link."""
        self._establishing.add(pair)
        self.counters.connections += 1
        now = self._scheduler.now
        accepted = now + self._latency(there)
        returned = accepted + self._latency(back)
        connection = Connection(there.source, there.target, returned)
        self._scheduler.at(accepted, self._raise, connection, there.target, there.source, self._endpoints[there.target])
        self._scheduler.at(returned, self._raise, connection, there.source, there.target, self._endpoints[there.source])
        self._scheduler.at(returned, self._establishing.discard, pair)

    def _raise(self, connection: Connection, node: NodeId, peer: NodeId, endpoint: Endpoint) -> None:
        """One end of a new connection is up; an older one that it still had is forgotten."""
        if self._endpoints.get(node) is not endpoint:
            # The process died meanwhile; the other end hears of it, unless the whole machine is gone.
            if node not in self._machines_down:
                self._put(self._directions[node, peer], connection, END)
            return
        if connection.broken:
            self._dial(node, peer, self._latency(self._directions[node, peer]))
            return
        older = self._current.get((node, peer))
        if older is not None:
            older.open.discard(node)
        connection.open.add(node)
        self._current[node, peer] = connection
        endpoint.link_up(peer)

    def _peers(self, node: NodeId) -> list[NodeId]:
        return [target for source, target in self._directions if source == node]
