"""What a storm will do, all of it, drawn from its seed before it begins."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any, Literal, TypeAlias

import msgspec

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.runtime.limits import Limits
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.image import LossRule
from quorate.sim.lane import DiskSettings
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.faults import (
    LEADER,
    Break,
    Crash,
    CrashAll,
    Cut,
    Drift,
    FailDisk,
    Fault,
    FillDisk,
    Isolate,
    Pause,
    SlowDisk,
    StallDisk,
)
from quorate.sim.streams import stream

NetworkMode: TypeAlias = Literal["links", "datagrams", "mixed"]
"""links: connections, as in production. datagrams: messages are also lost, doubled, reordered and replayed one by one.
mixed: each seed draws one of the two."""

FIRST_FAULT: Nanos = SECOND // 2
FAULTS_END: Nanos = 14 * SECOND
CLOCK_SPREAD = NOMINAL_RATE * 8 // 100
"""Clocks run up to 8 % too fast or too slow."""


class Plan(msgspec.Struct, frozen=True):
    """Everything that makes a run the run it is; as JSON it can be kept, changed and run again. `rates`: of the clocks, by node."""

    seed: int
    algorithm: str
    nodes: int
    network_mode: NetworkMode
    options: dict[str, Any]
    limits: Limits
    network: NetworkSettings
    disk: DiskSettings
    workload: WorkloadSettings
    rates: list[int]
    faults: list[Fault]


_TIMES = ((300, 60), (500, 100), (500, 100), (1000, 200))
"""Election timeout and heartbeat, ms; as few heartbeats as are allowed, because in a storm they cost the most and find the least."""


_DISKS = (
    DiskSettings(),
    DiskSettings(latency_ns=4 * MILLISECOND, spread_ns=8 * MILLISECOND),
    DiskSettings(tail_share=0.1, tail_ns=300 * MILLISECOND),
)


def draw_plan(seed: int, algorithm: str = DEFAULT, nodes: int = 5, network_mode: NetworkMode = "mixed") -> Plan:
    """The plan of a seed."""
    random = stream(seed, "plan")
    return Plan(
        seed=seed,
        algorithm=algorithm,
        nodes=nodes,
        network_mode=network_mode,
        options=_draw_options(random, find(algorithm).config),
        limits=Limits(
            batch_commands=random.choice((1, 4, 64)),
            batches_in_flight=random.choice((1, 4, 8)),
            resend_ms=random.choice((300, 1000, 2000)),
            snapshot_entries=random.choice((15, 40, 120)),
        ),
        network=_draw_network(random, network_mode),
        disk=random.choice(_DISKS),
        workload=WorkloadSettings(clients=random.choice((2, 4, 6)), commands=random.choice((1, 3, 8))),
        rates=[NOMINAL_RATE + random.randint(-CLOCK_SPREAD, CLOCK_SPREAD) for _ in range(nodes)],
        faults=draw_faults(seed, nodes),
    )


def _draw_options(random: Random, config: type[msgspec.Struct]) -> dict[str, Any]:
    """Settings that an algorithm may have, kept small so that short runs reach their limits; it gets those that it knows."""
    election_ms, heartbeat_ms = random.choice(_TIMES)
    drawn: dict[str, Any] = {
        "election_timeout_ms": election_ms,
        "heartbeat_ms": heartbeat_ms,
        "inflight_messages": random.choice((1, 4, 256)),
        "append_bytes": random.choice((1, 200, 1 << 20)),
        "snapshot_chunk_bytes": random.choice((100, 1000, 1 << 18)),
        "log_tail_entries": random.choice((0, 5, 50)),
    }
    return {name: value for name, value in drawn.items() if name in config.__struct_fields__}


def _draw_network(random: Random, mode: NetworkMode) -> NetworkSettings:
    datagrams = mode == "datagrams" or (mode == "mixed" and random.random() < 0.4)
    tail_share = random.choice((0.0, 0.01, 0.05))
    tail_ns = random.choice((50, 300, 800)) * MILLISECOND
    if not datagrams:
        return NetworkSettings(tail_share=tail_share, tail_ns=tail_ns)
    share = random.choice((0.01, 0.05, 0.1))
    return NetworkSettings(
        tail_share=tail_share,
        tail_ns=tail_ns,
        loss=random.choice((0.0, share)),
        duplicate=random.choice((0.0, share)),
        reorder=random.choice((0.0, share)),
        replay=random.choice((0.0, share)),
    )


class _Drawer:
    """Draws one fault after the other. The kinds that a seed has, and how often, are drawn first: storms that differ in kind
    find more than storms that all do everything (Groce et al. 2012, Swarm Testing)."""

    def __init__(self, seed: int, nodes: int) -> None:
        self._random = stream(seed, "faults")
        self._nodes = nodes
        kinds: list[Callable[[Nanos], Fault | list[Fault]]] = [
            self._crash,
            self._volley,
            self._isolate,
            *([self._cut, self._break] if nodes > 1 else []),
            self._pause,
            self._crash_all,
            self._slow,
            self._stall,
            self._fail,
            self._fill,
            self._drift,
        ]
        self._kinds = [kind for kind in kinds if self._random.random() < 0.6] or [self._crash]
        self._towards_leader = self._random.choice((0.2, 0.5, 0.8))

    def draw(self) -> list[Fault]:
        random = self._random
        mean = random.choice((SECOND // 4, SECOND // 2, SECOND, 2 * SECOND))
        faults: list[Fault] = []
        at = FIRST_FAULT
        while (at := at + 1 + int(random.random() * 2 * mean)) < FAULTS_END:
            drawn = random.choice(self._kinds)(at)
            faults += drawn if isinstance(drawn, list) else [drawn]
        return sorted(faults, key=lambda fault: fault.at)

    def _node(self) -> NodeId:
        """Often the leader: faults that miss it change little."""
        return LEADER if self._random.random() < self._towards_leader else self._random.randint(1, self._nodes)

    def _lasts(self) -> Nanos:
        """Mostly short, up to 3 s."""
        return 10 * MILLISECOND + int(self._random.random() ** 2 * 3 * SECOND)

    def _crash(self, at: Nanos) -> Fault:
        random = self._random
        return Crash(
            at,
            self._node(),
            down_ns=self._lasts(),
            in_write=random.random() < 0.5,
            power=random.random() < 0.7,
            rule=random.choice(("prefix", "prefix", "sectors", "all")),
            silent=random.random() < 0.3,
            reset=random.random() < 0.5,
            again_after=random.randrange(25) if random.random() < 0.2 else None,
        )

    def _volley(self, at: Nanos) -> list[Fault]:
        """Strike one leader after the other, before it has replicated much, and let them all come back at once: that makes logs which
        part in many places (the paper's Figures 7 and 8)."""
        random = self._random
        strikes: list[Fault] = []
        count = random.randint(2, 4)
        gaps = [SECOND // 5 + int(random.random() * 1.3 * SECOND) for _ in range(count)]
        end = at + sum(gaps)
        for gap in gaps:
            if random.random() < 0.6:
                strikes.append(Isolate(at, LEADER, lasts_ns=end - at, inward=random.random() < 0.5))
            else:
                strikes.append(Crash(at, LEADER, down_ns=end - at, in_write=True, power=random.random() < 0.5))
            at += gap
        return strikes

    def _crash_all(self, at: Nanos) -> Fault:
        rules: tuple[LossRule, ...] = ("prefix", "sectors", "all")
        return CrashAll(at, down_ns=self._lasts() // self._nodes, rule=self._random.choice(rules))

    def _pause(self, at: Nanos) -> Fault:
        return Pause(at, self._node(), self._lasts())

    def _breaks(self, lasts: Nanos) -> Nanos | None:
        return int(self._random.random() * lasts) if self._random.random() < 0.4 else None

    def _isolate(self, at: Nanos) -> Fault:
        inward, outward = self._random.choice(((True, True), (True, False), (False, True)))
        lasts = self._lasts()
        return Isolate(at, self._node(), lasts, inward, outward, self._breaks(lasts))

    def _cut(self, at: Nanos) -> Fault:
        """Split the cluster in two, or leave one node as the only bridge, or cut a single pair."""
        random = self._random
        shape = random.choice(("split", "bridge", "pair"))
        order = list(range(1, self._nodes + 1))
        random.shuffle(order)
        if shape == "pair" or self._nodes < 3:
            some, others = order[:1], order[1:2]
        else:
            middle = random.randint(1, self._nodes - 1)
            some, others = order[:middle], order[middle + (shape == "bridge") :]
        both = random.random() < 0.7
        pairs = [(a, b) for a in some for b in others]
        lasts = self._lasts()
        back = [(b, a) for a, b in pairs if both]
        return Cut(at, tuple(pairs + back), lasts, self._breaks(lasts))

    def _break(self, at: Nanos) -> Fault:
        half_open = self._lasts() if self._random.random() < 0.5 else 0
        return Break(at, self._node(), self._random.randint(1, self._nodes), half_open)

    def _slow(self, at: Nanos) -> Fault:
        return SlowDisk(at, self._node(), self._lasts(), self._random.choice((10, 50, 200)) * MILLISECOND)

    def _stall(self, at: Nanos) -> Fault:
        return StallDisk(at, self._node(), self._lasts())

    def _fail(self, at: Nanos) -> Fault:
        random = self._random
        return FailDisk(
            at,
            self._node(),
            random.choice(("sync", "write", "rename", "open", "sync_directory")),
            random.randrange(10),
            self._lasts(),
        )

    def _fill(self, at: Nanos) -> Fault:
        return FillDisk(at, self._node(), self._random.choice((0, 1000, 20_000)), self._lasts())

    def _drift(self, at: Nanos) -> Fault:
        return Drift(at, self._node(), NOMINAL_RATE + self._random.randint(-CLOCK_SPREAD, CLOCK_SPREAD))


def draw_faults(seed: int, nodes: int) -> list[Fault]:
    """The schedule of a seed, in order of time."""
    return _Drawer(seed, nodes).draw()
