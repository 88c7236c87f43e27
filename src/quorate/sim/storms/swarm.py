"""Draws schedules of faults. The kinds that a seed has, and how often, are drawn first: storms that differ in kind find more than storms
that all do everything (Groce et al. 2012, Swarm Testing)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.image import LossRule
from quorate.sim.rot import Aged
from quorate.sim.storms.faults import (
    LEADER,
    Break,
    Bridge,
    ClockJump,
    Crash,
    CrashAll,
    Cut,
    Drift,
    FailDisk,
    Fault,
    FillDisk,
    Flap,
    Isolate,
    Pause,
    Relief,
    Replay,
    Restart,
    Rot,
    SlowDisk,
    StallDisk,
    TakeSnapshot,
)
from quorate.sim.streams import stream

FIRST_FAULT: Nanos = SECOND // 2
CLOCK_SPREAD = NOMINAL_RATE * 8 // 100
"""Clocks run up to 8 % too fast or too slow."""

PRESENT = 0.45
"""The share of seeds that have a kind of fault at all."""

Kind: TypeAlias = Callable[[Nanos], Fault | list[Fault]]


def draw_faults(seed: int, nodes: int, duration_ns: Nanos, *, datagrams: bool = False) -> list[Fault]:
    """The schedule of a seed, in order of time. `datagrams`: whether messages can be replayed."""
    return Swarm(seed, nodes, datagrams=datagrams).draw(duration_ns)


class Swarm:
    """Draws one fault after the other, of the kinds that this seed has."""

    def __init__(self, seed: int, nodes: int, *, datagrams: bool) -> None:
        self._random = random = stream(seed, "faults")
        self._nodes = nodes
        kinds: list[Kind] = [
            self._crash,
            self._volley,
            self._isolate,
            self._pause,
            self._crash_all,
            self._slow,
            self._stall,
            self._fail,
            self._fill,
            self._drift,
            self._restart,
            self._jump,
            self._take_snapshot,
            self._relieve,
            self._cut,
            self._break,
            self._flap,
            self._bridge,
            self._rot,
            self._replay,
        ]
        present = [kind for kind in kinds if random.random() < PRESENT] or [self._crash]
        apart = {self._cut, self._break, self._flap, self._bridge}
        missing = (apart if nodes < 2 else set()) | (set() if datagrams else {self._replay})
        self._kinds = [kind for kind in present if kind not in missing] or [self._crash]
        self._weights = [random.choice((1, 1, 2, 4)) for _ in self._kinds]
        self._towards_leader = random.choice((0.2, 0.5, 0.8))

    def draw(self, duration_ns: Nanos) -> list[Fault]:
        """Faults at random times, the mean distance of which is drawn too."""
        random = self._random
        mean = random.choice((SECOND // 4, SECOND // 2, SECOND, 2 * SECOND))
        faults: list[Fault] = []
        at = FIRST_FAULT
        while (at := at + 1 + int(random.random() * 2 * mean)) < duration_ns:
            drawn = random.choices(self._kinds, self._weights)[0](at)
            faults += drawn if isinstance(drawn, list) else [drawn]
        return sorted((fault for fault in faults if fault.at < duration_ns), key=lambda fault: fault.at)

    def _node(self) -> NodeId:
        """Often the leader: faults that miss it change little."""
        return LEADER if self._random.random() < self._towards_leader else self._random.randint(1, self._nodes)

    def _lasts(self) -> Nanos:
        """Mostly short, up to 3 s."""
        return 10 * MILLISECOND + int(self._random.random() ** 2 * 3 * SECOND)

    # Processes

    def _crash(self, at: Nanos) -> Fault:
        random = self._random
        return Crash(
            at,
            self._node(),
            down_ns=self._lasts(),
            in_write=random.random() < 0.7,
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

    def _restart(self, at: Nanos) -> Fault:
        return Restart(at, self._node(), self._lasts())

    def _pause(self, at: Nanos) -> Fault:
        return Pause(at, self._node(), self._lasts())

    def _take_snapshot(self, at: Nanos) -> Fault:
        return TakeSnapshot(at, self._node())

    def _relieve(self, at: Nanos) -> Fault:
        return Relief(at)

    # The network

    def _breaks(self, lasts: Nanos) -> Nanos | None:
        return int(self._random.random() * lasts) if self._random.random() < 0.4 else None

    def _isolate(self, at: Nanos) -> Fault:
        random = self._random
        inward, outward = random.choice(((True, True), (True, False), (False, True)))
        lasts = self._lasts()
        companions = random.choice((0, 0, 0, 1, 1, 2)) if self._nodes > 3 else random.choice((0, 0, 1))
        turn = random.randrange(self._nodes)
        return Isolate(at, self._node(), lasts, inward, outward, self._breaks(lasts), companions, turn)

    def _cut(self, at: Nanos) -> Fault:
        """Split the cluster in two, or cut a single pair."""
        random = self._random
        order = list(range(1, self._nodes + 1))
        random.shuffle(order)
        middle = random.randint(1, self._nodes - 1)
        some, others = (order[:middle], order[middle:]) if random.random() < 0.6 else (order[:1], order[1:2])
        both = random.random() < 0.7
        pairs = [(a, b) for a in some for b in others]
        lasts = self._lasts()
        back = [(b, a) for a, b in pairs if both]
        return Cut(at, tuple(pairs + back), lasts, self._breaks(lasts))

    def _bridge(self, at: Nanos) -> Fault:
        lasts = self._lasts()
        return Bridge(at, self._node(), lasts, self._random.randrange(self._nodes), self._breaks(lasts))

    def _break(self, at: Nanos) -> Fault:
        half_open = self._lasts() if self._random.random() < 0.5 else 0
        return Break(at, self._node(), self._random.randint(1, self._nodes), half_open)

    def _flap(self, at: Nanos) -> Fault:
        random = self._random
        peer = random.choice((None, random.randint(1, self._nodes)))
        period = random.choice((50, 200, 700, 1500)) * MILLISECOND
        return Flap(at, self._node(), peer, period, 2 * self._lasts(), breaks=random.random() < 0.3)

    def _replay(self, at: Nanos) -> Fault:
        return Replay(
            at, self._node(), tuple(self._random.randrange(64) for _ in range(self._random.choice((1, 4, 16))))
        )

    # Disks

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
        """Mostly so full that not even the next segment of the log has room."""
        return FillDisk(at, self._node(), self._random.choice((0, 1000, 20_000)), 2 * self._lasts())

    def _rot(self, at: Nanos) -> list[Fault]:
        """A bit flips; the node mostly starts anew before long, and looks."""
        random = self._random
        node = random.randint(1, self._nodes)
        what: Aged = random.choice(("log", "log", "snapshot"))
        rot = Rot(at, node, what, random.randrange(1 << 20), random.randrange(8))
        if random.random() < 0.3:
            return [rot]
        return [rot, Crash(at + self._lasts(), node, self._lasts(), power=random.random() < 0.5)]

    # Clocks

    def _drift(self, at: Nanos) -> Fault:
        return Drift(at, self._node(), NOMINAL_RATE + self._random.randint(-CLOCK_SPREAD, CLOCK_SPREAD))

    def _jump(self, at: Nanos) -> Fault:
        """Mostly about as far as timeouts are long; now and then an hour."""
        random = self._random
        ahead = random.choice((SECOND // 3, SECOND, 5 * SECOND, 3600 * SECOND))
        return ClockJump(at, self._node(), 1 + int(random.random() * ahead))
