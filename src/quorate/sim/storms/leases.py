"""Storms in which leaders hold leases. A lease rests on clocks, so those keep within the bound that the settings state: they run too fast
or too slow by as much as the bound allows, and none leaps. What a suspended machine's clock counts is rough all the same."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.faults import FOLLOWER, LEADER, ClockJump, Crash, Fault, Isolate, StallDisk, Suspend, Transfer
from quorate.sim.storms.swarm import CLOCK_SPREAD
from quorate.sim.storms.triggers import Trigger
from quorate.sim.streams import stream

LEASED = 0.3
"""The share of seeds with leases, of algorithms that know them."""

QUIET = 0.4
"""The share of these in which clients hardly write."""

DRIFT_PERCENT = 100 * CLOCK_SPREAD // NOMINAL_RATE
"""What the settings state: exactly what the clocks do."""

COUNTED = 0.5
"""Election timeouts that a suspension counts at least: a quarter shows that a leader overslept, after the wait for its next heartbeat,
which is a fifth at most."""


class Leases(msgspec.Struct, frozen=True):
    """What a seed's leases ask of its plan; nothing, if it has none."""

    seed: int
    on: bool

    @property
    def options(self) -> dict[str, Any]:
        """Settings of the algorithm."""
        return {"lease_reads": True, "fast_failover": False, "clock_drift_percent": DRIFT_PERCENT} if self.on else {}

    @property
    def workload(self) -> dict[str, Any]:
        """Settings of the clients. In some seeds they hardly write: who has not heard the leader for long could not be elected else,
        because of what it has not heard."""
        if not self.on:
            return {}
        quiet = {"clients": 2, "reads": 0.8, "think_ns": SECOND}
        return {"consistency": "lease"} | (quiet if stream(self.seed, "lease clients").random() < QUIET else {})

    def triggers(self, triggers: Sequence[Trigger]) -> list[Trigger]:
        """As they are, but that no clock leaps."""
        if not self.on:
            return list(triggers)
        return [
            msgspec.structs.replace(
                trigger,
                steps=[msgspec.structs.replace(step, faults=_without_leaps(step.faults)) for step in trigger.steps],
            )
            for trigger in triggers
        ]

    def rates(self, rates: Sequence[int]) -> list[int]:
        """As they are, or as fast or as slow as is allowed."""
        random = stream(self.seed, "lease clocks")
        fast, slow = NOMINAL_RATE + CLOCK_SPREAD, NOMINAL_RATE - CLOCK_SPREAD
        return [random.choice((fast, slow, rate)) if self.on else rate for rate in rates]

    def without_leaps(self, faults: Sequence[Fault]) -> list[Fault]:
        """As they are, but that no clock leaps."""
        return _without_leaps(faults) if self.on else list(faults)

    def faults(self, faults: Sequence[Fault], nodes: int, timeout_ns: Nanos, duration_ns: Nanos) -> list[Fault]:
        """As they are, but that no clock leaps; and there are some more. `timeout_ns`: of elections."""
        if not self.on:
            return list(faults)
        author = _Author(stream(self.seed, "lease faults"), nodes, timeout_ns)
        drawn = [*_without_leaps(faults), *author.draw(duration_ns)]
        return sorted((fault for fault in drawn if fault.at < duration_ns), key=lambda fault: fault.at)


class _Author:
    """Draws what brings a lease to its end without its holder's knowledge."""

    def __init__(self, random: Random, nodes: int, timeout_ns: Nanos) -> None:
        self._random = random
        self._nodes = nodes
        self._timeout_ns = timeout_ns

    def draw(self, duration_ns: Nanos) -> list[Fault]:
        """One story after the other."""
        voter = self._forgetful_voter  # twice: it takes the most luck
        stories = (self._suspended, self._late_answers, voter, voter, self._stalled, self._handed_over)
        faults: list[Fault] = []
        at = self._timeouts(1, 4)
        while at < duration_ns:
            faults += self._random.choice(stories)(at)
            at += self._timeouts(3, 7)
        return faults

    def _timeouts(self, least: float, most: float) -> Nanos:
        return int(self._timeout_ns * (least + self._random.random() * (most - least)))

    def _suspended(self, at: Nanos) -> list[Fault]:
        """The leader's machine is suspended, mostly for longer than an election takes, and its clock counts little of that."""
        node: NodeId = LEADER if self._random.random() < 0.8 else self._random.randint(1, self._nodes)
        return [Suspend(at, node, self._timeouts(0.5, 4), self._timeouts(COUNTED, COUNTED + 0.2))]

    def _late_answers(self, at: Nanos) -> list[Fault]:
        """What the followers answered reaches the leader late, when nothing of the leader reaches them any more."""
        deaf = Isolate(at, LEADER, self._timeouts(0.4, 0.8), outward=False)
        return [deaf, Isolate(at + self._timeouts(0, 0.2), LEADER, self._timeouts(2, 3), inward=False)]

    def _forgetful_voter(self, at: Nanos) -> list[Fault]:
        """A minority has not heard the leader for long and would elect another one; then the leader falls silent, and one of those that
        heard it a moment ago starts anew."""
        alone_ns = self._timeouts(1.3, 1.8)
        silent_at = at + alone_ns - self._timeouts(0.02, 0.05)
        turn = self._random.randrange(self._nodes)
        most = Isolate(at, LEADER, alone_ns, inward=False, companions=self._nodes // 2, turn=turn)
        silent = Isolate(silent_at, LEADER, self._timeouts(1, 2), inward=False)
        down_ns = self._timeouts(0.005, 0.05)
        return [most, silent, Crash(silent_at + MILLISECOND, FOLLOWER, down_ns, power=False)]

    def _stalled(self, at: Nanos) -> list[Fault]:
        """The leader's disk hangs: it knows what is committed, and cannot apply it before others lead."""
        return [StallDisk(at, LEADER, self._timeouts(1.5, 3))]

    def _handed_over(self, at: Nanos) -> list[Fault]:
        """The leader tells another one to campaign, and hears nothing of what comes of it."""
        deaf = Isolate(at, LEADER, self._timeouts(1, 1.5), outward=False)
        return [deaf, Transfer(at + self._random.randrange(1, 3 * MILLISECOND), LEADER)]


def draw_leases(seed: int, spec: AlgorithmSpec) -> Leases:
    """Whether the leaders of a seed hold leases."""
    return Leases(seed, on="leases" in spec.features and stream(seed, "leases").random() < LEASED)


def _without_leaps(faults: Sequence[Fault]) -> list[Fault]:
    return [fault for fault in faults if not isinstance(fault, ClockJump)]
