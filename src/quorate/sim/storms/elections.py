"""Storms over algorithms that only elect. Nobody writes, so all that happens is that leaders come and go: stories on top bring about what
random faults seldom do. Leases, and the order in which leaders follow one another, rest on clocks; so in most seeds those keep within the
bound that is stated, and none leaps. In the others they do not, and then neither is compared."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import MILLISECOND, Nanos, NodeId
from quorate.sim.storms.faults import (
    FOLLOWER,
    LEADER,
    Crash,
    Fault,
    Isolate,
    Pause,
    Report,
    Restart,
    StallDisk,
    Transfer,
)
from quorate.sim.storms.leases import Leases
from quorate.sim.streams import stream

KEPT = 0.85
"""The share of seeds in which clocks keep within their bound."""


class Elections(msgspec.Struct, frozen=True):
    """What the elections of a seed ask of its plan; nothing, of an algorithm with a log. `options`: settings. `clocks`: what is done to
    them is what is done where leaders answer reads by a lease."""

    seed: int
    on: bool
    options: dict[str, Any]
    clocks: Leases

    def faults(self, faults: Sequence[Fault], nodes: int, timeout_ns: Nanos, duration_ns: Nanos) -> list[Fault]:
        """As they are, but for leaps of clocks; and some stories. `timeout_ns`: of elections."""
        if not self.on:
            return list(faults)
        author = _Author(stream(self.seed, "election faults"), nodes, timeout_ns)
        drawn = [*self.clocks.without_leaps(faults), *author.draw(duration_ns)]
        return sorted((fault for fault in drawn if fault.at < duration_ns), key=lambda fault: fault.at)


class _Author:
    """Draws what elections differ in."""

    def __init__(self, random: Random, nodes: int, timeout_ns: Nanos) -> None:
        self._random = random
        self._nodes = nodes
        self._timeout_ns = timeout_ns

    def draw(self, duration_ns: Nanos) -> list[Fault]:
        """One story after the other, of the few that this seed has."""
        stories = [
            self._late_answers,
            self._forgetful_voters,
            self._forgetful_voters,
            self._stalled,
            self._handed_over,
            self._overslept,
            self._fast_restart,
            self._flapping,
            self._fresher,
            self._fresher,
            self._one_hop,
            self._cascade,
        ]
        present = self._random.sample(stories, 4)
        faults: list[Fault] = []
        at = self._timeouts(1, 4)
        while at < duration_ns:
            faults += self._random.choice(present)(at)
            at += self._timeouts(3, 6)
        return faults

    def _timeouts(self, least: float, most: float) -> Nanos:
        return int(self._timeout_ns * (least + self._random.random() * (most - least)))

    def _any(self) -> NodeId:
        return self._random.randint(1, self._nodes)

    def _late_answers(self, at: Nanos) -> list[Fault]:
        """What the followers answered reaches the leader late, when nothing of the leader reaches them any more."""
        deaf = Isolate(at, LEADER, self._timeouts(0.4, 0.8), outward=False)
        return [deaf, Isolate(at + self._timeouts(0, 0.2), LEADER, self._timeouts(2, 3), inward=False)]

    def _forgetful_voters(self, at: Nanos) -> list[Fault]:
        """A minority has not heard the leader for long and would elect another one; then the leader falls silent, and one of those that
        heard it a moment ago starts anew, with its power or its process gone: what it held to was in its memory."""
        random = self._random
        alone_ns = self._timeouts(1.2, 1.8)
        silent_at = at + alone_ns - self._timeouts(0.02, 0.3)
        most = Isolate(at, LEADER, alone_ns, companions=self._nodes // 2, turn=random.randrange(self._nodes))
        silent = Isolate(silent_at, LEADER, self._timeouts(1, 2), inward=random.random() < 0.5)
        down_ns = self._timeouts(0.005, 0.05)
        crashes = [
            Crash(silent_at + number * MILLISECOND, FOLLOWER, down_ns, power=random.random() < 0.5)
            for number in range(1, 1 + random.randint(1, max(1, self._nodes // 2)))
        ]
        return [most, silent, *crashes]

    def _stalled(self, at: Nanos) -> list[Fault]:
        """The disk hangs, of the leader or of whoever is to promise."""
        return [StallDisk(at, self._random.choice((LEADER, FOLLOWER)), self._timeouts(0.5, 3))]

    def _handed_over(self, at: Nanos) -> list[Fault]:
        """The leader resigns, and hears nothing of what comes of it; or its successor dies."""
        soon = at + self._random.randrange(1, 3 * MILLISECOND)
        target = self._random.randint(0, self._nodes)
        if self._random.random() < 0.5:
            return [Isolate(at, LEADER, self._timeouts(1, 1.5), outward=False), Transfer(soon, LEADER, target)]
        death = Crash(soon + MILLISECOND, target or self._nodes, self._timeouts(0.1, 2))
        return [Transfer(at, LEADER, target), death]

    def _overslept(self, at: Nanos) -> list[Fault]:
        """The leader's process is paused for a few timeouts, and wakes with much to read."""
        return [Pause(at, LEADER, self._timeouts(0.8, 4))]

    def _fast_restart(self, at: Nanos) -> list[Fault]:
        """The leader is back before anybody misses it, and knows nothing of its leadership."""
        down_ns = self._timeouts(0.005, 0.3)
        if self._random.random() < 0.5:
            return [Restart(at, LEADER, down_ns)]
        return [Crash(at, LEADER, down_ns, power=False, silent=self._random.random() < 0.5)]

    def _flapping(self, at: Nanos) -> list[Fault]:
        """The highest node comes and goes."""
        every, down_ns = self._timeouts(1.5, 3), self._timeouts(0.2, 1.3)
        return [Crash(at + turn * every, self._nodes, down_ns, power=False) for turn in range(3)]

    def _fresher(self, at: Nanos) -> list[Fault]:
        """Applications report how fresh they are; where nobody asks for the freshest to lead that changes nothing."""
        random = self._random
        return [
            Report(at + random.randrange(1 + self._timeout_ns), self._any(), random.randint(1, 9)) for _ in range(4)
        ]

    def _one_hop(self, at: Nanos) -> list[Fault]:
        """One node is not heard by a neighbour for a moment while a leader is to be found: it lives, and is passed over."""
        node = self._any()
        peer = 1 + node % self._nodes
        fall: Fault = self._random.choice(
            (Crash(at, LEADER, self._timeouts(1, 2)), Restart(at, LEADER, 1 + self._timeout_ns))
        )
        if node == peer:
            return [fall]
        return [fall, Isolate(at, node, self._timeouts(0.3, 1.5), inward=self._random.random() < 0.5)]

    def _cascade(self, at: Nanos) -> list[Fault]:
        """One after the other dies of those that should win."""
        lasts_ns = self._timeouts(2, 4)
        gap_ns = self._timeouts(0.05, 1.2)
        count = max(1, (self._nodes - 1) // 2)
        return [Crash(at + number * gap_ns, self._nodes - number, lasts_ns) for number in range(count)]


def draw_elections(seed: int, spec: AlgorithmSpec, nodes: int) -> Elections:
    """What the elections of a seed are like, of an algorithm that only elects."""
    options = spec.storms(stream(seed, "elections"), nodes)
    on = not spec.keeps_log
    kept = on and stream(seed, "election clocks").random() < KEPT
    clocks = Leases(seed, on=kept)
    if kept:
        options |= {"clock_drift_percent": clocks.options["clock_drift_percent"]}
    return Elections(seed, on, options, clocks)
