"""One cluster to be measured, on a calm network, and what a trial does with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.sim.cluster import Cluster, NeverError
from quorate.sim.compare.entrants import ELECTION_TIMEOUT_MS, Entrant
from quorate.sim.compare.watch import Reign, Watch
from quorate.sim.lane import DiskSettings
from quorate.sim.meter import Meter, Traffic
from quorate.sim.network import NetworkSettings
from quorate.sim.streams import stream

NETWORK = NetworkSettings(latency_ns=MILLISECOND, spread_ns=MILLISECOND // 5, tail_share=0.0)
"""A calm local network: 1 to 1.2 ms each way, nothing lost."""

DISK = DiskSettings(latency_ns=200_000, spread_ns=100_000, tail_share=0.0)
"""A write and its sync take 0.2 to 0.3 ms."""

LIMIT: Nanos = 30 * SECOND
"""Who has not elected a leader by then is said never to have: sixty election timeouts."""

SETTLING: Nanos = SECOND
"""After the first election, before anything is counted."""

QUIET_WITHIN: Nanos = 100 * MILLISECOND
"""A fault waits at most this long for a moment at which nothing is under way."""


Count: TypeAlias = int | float
Value: TypeAlias = Count | None
"""What a trial saw; None: it never happened."""


class Band(msgspec.Struct, frozen=True):
    """When a fault held."""

    since: Nanos
    until: Nanos


class Timeline(msgspec.Struct, frozen=True):
    """Who led when, from 0 to `duration`, and when the fault held that `node` suffered from."""

    node: NodeId
    duration: Nanos
    reigns: list[Reign]
    bands: list[Band]


class Observation(msgspec.Struct):
    """What one trial saw. `values`: by name of the measure; None: it never happened. `kinds`: messages by kind, where they were
    counted. `timeline`: of trials that last."""

    values: dict[str, Value]
    kinds: dict[str, Count] = {}
    timeline: Timeline | None = None


class Stage:
    """Nodes 1 to `nodes` of one entrant, just started."""

    def __init__(self, entrant: Entrant, nodes: int, seed: int) -> None:
        self.cluster = Cluster(
            nodes=nodes,
            algorithm=entrant.algorithm,
            seed=seed,
            options=entrant.settings(),
            network=NETWORK,
            disk=DISK,
        )
        self.meter = Meter()
        self.cluster.network.meter = self.meter
        self.watch = Watch(self.cluster)
        self.random = stream(seed, "compare")

    @property
    def now(self) -> Nanos:
        """The world's time."""
        return self.cluster.now

    @property
    def nodes(self) -> int:
        """How many there are."""
        return len(self.cluster.nodes)

    def elect(self, within: Nanos = LIMIT) -> NodeId | None:
        """Let time pass until somebody leads; None: nobody did in time."""
        self.watch.run_until(lambda: self.watch.leader is not None, within)
        return self.watch.leader

    def settle(self) -> NodeId:
        """Let a leader be elected and the traffic of the election end. Raises `NeverError` if there is none."""
        if self.elect() is None:
            raise NeverError(f"nobody was elected to begin with: {self.cluster.describe()}")
        self.watch.run(SETTLING)
        leader = self.watch.leader
        if leader is None:
            raise NeverError(f"the first leader was lost without a fault: {self.cluster.describe()}")
        return leader

    def await_quiet(self) -> None:
        """Let a random time pass, and a little more until no message is under way, so that what follows a fault is only what the fault
        caused. An algorithm that is never quiet is struck anyhow."""
        self.watch.run(int(self.random.random() * ELECTION_TIMEOUT_MS * MILLISECOND))
        counters = self.cluster.network.counters
        self.watch.run_until(lambda: counters.sent == counters.arrived, QUIET_WITHIN)

    def flap(
        self, begin: Callable[[], object], end: Callable[[], object], *, times: int, down: Nanos, up: Nanos
    ) -> list[Band]:
        """`begin` a fault, `end` it after `down`, wait for `up`, and again."""
        bands = []
        for _ in range(times):
            began = self.now
            begin()
            self.watch.run(down)
            end()
            bands.append(Band(began, self.now))
            self.watch.run(up)
        return bands

    def isolate(self, some: list[NodeId]) -> Callable[[], None]:
        """Cut `some` off from all others, and return what heals it."""
        others = [node for node in self.cluster.nodes if node not in some]
        return self.cut([(a, b) for a in some for b in others])

    def cut(self, pairs: list[tuple[NodeId, NodeId]]) -> Callable[[], None]:
        """Cut these pairs, both ways, and return what heals them."""
        network = self.cluster.network
        both = [*pairs, *((b, a) for a, b in pairs)]
        for source, target in both:
            network.cut(source, target)
        self.watch.look()
        return partial(self._heal, both)

    def _heal(self, directions: list[tuple[NodeId, NodeId]]) -> None:
        for source, target in directions:
            self.cluster.network.heal(source, target)


def rate(traffic: Traffic, duration: Nanos) -> float:
    """Messages a second."""
    return traffic.messages * SECOND / duration
