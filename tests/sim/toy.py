"""A small process for tests of the simulated world: it answers pings, writes, and notes what happens."""

from __future__ import annotations

from collections.abc import Callable

from quorate.core.ids import MILLISECOND, Nanos
from quorate.core.message import Message
from quorate.sim.clock import Clock
from quorate.sim.codec import WireCodec
from quorate.sim.disk import SimDisk
from quorate.sim.image import DiskImage
from quorate.sim.lane import DiskSettings
from quorate.sim.network import Network, NetworkSettings
from quorate.sim.scheduler import Scheduler
from quorate.sim.streams import stream
from quorate.sim.world import SimWorld


class Ping(Message, frozen=True):
    number: int


class Pong(Message, frozen=True):
    number: int


CODEC = WireCodec(Ping | Pong)
QUIET = NetworkSettings(latency_ns=MILLISECOND, spread_ns=0, tail_share=0.0, ns_per_byte=0)
STEADY_DISK = DiskSettings(latency_ns=MILLISECOND, spread_ns=0, tail_share=0.0)


class Toy:
    """Answers a Ping by a Pong and keeps (local time, what happened)."""

    def __init__(self, world: SimWorld) -> None:
        self.world = world
        self.seen: list[tuple[Nanos, object]] = []
        self.on_wake: Callable[[], None] = lambda: None

    def note(self, what: object) -> None:
        self.seen.append((self.world.now(), what))

    def wake(self) -> None:
        self.note("wake")
        self.on_wake()

    def received(self, sender: int, message: Message) -> None:
        self.note((sender, message))
        if isinstance(message, Ping):
            self.world.send(sender, Pong(message.number))

    def peer_connected(self, peer: int, version: int) -> None:
        self.note(("connected", peer))

    def peer_disconnected(self, peer: int) -> None:
        self.note(("disconnected", peer))

    def peer_unreachable(self, peer: int) -> None:
        self.note(("unreachable", peer))

    def what(self) -> list[object]:
        seen, self.seen = self.seen, []
        return [what for _, what in seen]


class Bench:
    """Toys on a network."""

    def __init__(self, nodes: int = 2, settings: NetworkSettings = QUIET) -> None:
        self.scheduler = Scheduler()
        self.network = Network(self.scheduler, 1, list(range(1, nodes + 1)), settings)
        self.clocks = {node: Clock() for node in range(1, nodes + 1)}
        self.images = {node: DiskImage() for node in range(1, nodes + 1)}
        self.toys: dict[int, Toy] = {}

    def start(self, node: int) -> Toy:
        world = SimWorld(
            node=node,
            scheduler=self.scheduler,
            network=self.network,
            clock=self.clocks[node],
            codec=CODEC,
            disk=SimDisk(self.images[node]),
            disk_settings=STEADY_DISK,
            random=stream(1, "node", node),
        )
        toy = self.toys[node] = Toy(world)
        world.run(toy)
        return toy

    def run(self, milliseconds: float) -> None:
        self.scheduler.run_until(self.scheduler.now + int(milliseconds * MILLISECOND))


def connected_pair() -> tuple[Bench, Toy, Toy]:
    """Nodes 1 and 2 with a link, nothing noted."""
    bench = Bench()
    left, right = bench.start(1), bench.start(2)
    bench.run(100)
    assert (left.what(), right.what()) == ([("connected", 2)], [("connected", 1)])
    return bench, left, right
