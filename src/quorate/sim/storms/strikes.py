"""What a directed nemesis has in hand: scripts as data, and plain disturbances at the moment that something rare happens."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.sim.image import LossRule
from quorate.sim.moments import MomentName
from quorate.sim.rot import Aged
from quorate.sim.storms.faults import (
    HERE,
    LEADER,
    OTHERS,
    Crash,
    FailDisk,
    Fault,
    Isolate,
    Pause,
    Replay,
    Restart,
    Rot,
    StallDisk,
    TakeSnapshot,
)
from quorate.sim.storms.triggers import Step, Trigger

SHARES: dict[MomentName, float] = {"appended_by_leader": 0.03, "replicated_to_one": 0.03, "voted": 0.15, "elected": 0.3}
"""How often a plain trigger strikes at a moment; those that are rare are struck every other time."""


class Script(msgspec.Struct, frozen=True):
    """What happens, step by step, and settings without which it would come to nothing: of the algorithm, the workload, the driver and
    the network. `limit`: so often at most. `most_faults`: so many others, at random times, the earliest of them; None: all. What a
    script brings about may have to last, and most other faults undo it. `most_ns`: the storm is over after that, if not before."""

    steps: list[Step]
    options: dict[str, Any] = {}
    workload: dict[str, Any] = {}
    limits: dict[str, Any] = {}
    network: dict[str, Any] = {}
    limit: int = 3
    most_faults: int | None = None
    most_ns: Nanos | None = None


class Author:
    """Draws what happens at moments. `timeout_ns`: of elections. `datagrams`: messages can be lost and replayed one by one."""

    def __init__(self, random: Random, nodes: int, timeout_ns: Nanos, *, datagrams: bool) -> None:
        self._random = random
        self._nodes = nodes
        self._timeout = timeout_ns
        self._datagrams = datagrams
        self._turn = random.randrange(nodes)
        """One for a whole script: the same node has the same companions each time."""

    def _timeouts(self, least: float, most: float) -> Nanos:
        return int(self._timeout * (least + self._random.random() * (most - least)))

    def plain(self, number: int, moments: tuple[MomentName, ...]) -> Trigger:
        """Some disturbance at some moment."""
        random = self._random
        moment = random.choice(moments)
        kinds = (self._strike, self._strike, self._corner, self._stale, self._rotten, self._torn, self._failed)
        faults = random.choice(kinds)()
        delay = random.choice((0, 0, 2 * MILLISECOND, self._timeout))
        step = Step(moment, faults, SHARES.get(moment, 0.5), delay)
        return Trigger(number, [step], limit=random.choice((1, 3, 10)))

    def _strike(self) -> list[Fault]:
        """The one it happened to, the leader, or all others go out of action for a while."""
        random = self._random
        node = random.choice((HERE, HERE, HERE, LEADER, OTHERS))
        lasts = self._timeouts(0.05, 4)
        crash = Crash(
            0,
            node,
            down_ns=lasts,
            in_write=random.random() < 0.5,
            power=random.random() < 0.7,
            rule=random.choice(("prefix", "all")),
            silent=random.random() < 0.3,
            reset=random.random() < 0.6,
        )
        strike: Fault = random.choice(
            (crash, crash, Pause(0, node, lasts), Restart(0, node, lasts), StallDisk(0, node, lasts))
        )
        return [strike]

    def _corner(self) -> list[Fault]:
        """Cut off, alone or with another one: a leader that has one follower left goes on for a while."""
        random = self._random
        inward, outward = random.choice(((True, True), (True, False), (False, True)))
        return [
            Isolate(
                0,
                random.choice((HERE, HERE, LEADER)),
                self._timeouts(0.5, 6),
                inward,
                outward,
                companions=random.choice((0, 1)) if self._nodes > 2 else 0,
                turn=self._turn,
            )
        ]

    def _stale(self) -> list[Fault]:
        """Messages of long ago arrive again; with links, a snapshot is taken."""
        random = self._random
        node = random.choice((HERE, OTHERS))
        if not self._datagrams:
            return [TakeSnapshot(0, node)]
        return [Replay(0, node, tuple(random.randrange(64) for _ in range(16)))]

    def _rotten(self) -> list[Fault]:
        """What it has just relied on decays, and it starts again."""
        random = self._random
        what: Aged = random.choice(("log", "snapshot"))
        rot = Rot(0, HERE, what, random.randrange(1 << 20), random.randrange(8))
        return [rot, Crash(MILLISECOND, HERE, self._timeouts(0.1, 2))]

    def _torn(self) -> list[Fault]:
        """Power goes in the middle of a write, again and again, and while it starts: what one start begins to repair, another one finds
        half done."""
        random = self._random
        rule: LossRule = random.choice(("prefix", "sectors"))
        crash = Crash(0, HERE, down_ns=40 * MILLISECOND, in_write=True, rule=rule)
        times = [number * random.randrange(60, 250) * MILLISECOND for number in range(4)]
        return [msgspec.structs.replace(crash, at=at, again_after=random.randrange(16)) for at in sorted(times)]

    def _failed(self) -> list[Fault]:
        """A sync fails, which may have dropped what it should have saved; soon after, power goes as well."""
        random = self._random
        failure = FailDisk(0, HERE, "sync", after=random.choice((0, 0, 1, 3)), lasts_ns=300 * MILLISECOND)
        return [failure, Crash(self._timeouts(0.5, 2), HERE, SECOND // 5, rule=random.choice(("all", "prefix")))]
