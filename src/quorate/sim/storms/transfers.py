"""Storms in which leadership is handed over, all the time and at the worst moments."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.sim.moments import MomentName
from quorate.sim.storms.faults import FOLLOWER, HERE, LEADER, OTHERS, Crash, Fault, Isolate, Pause, StallDisk, Transfer
from quorate.sim.storms.triggers import Step, Trigger
from quorate.sim.streams import stream

TRANSFERRED = 0.3
"""The share of seeds in which leadership is handed over, of algorithms that know that."""

MOMENTS: tuple[MomentName, ...] = ("first_commit_of_term", "appended_by_leader", "replicated_to_one", "elected")


class Transfers(msgspec.Struct, frozen=True):
    """What transfers ask of a seed's plan; nothing, if it has none. `nodes`: that there are. `every_ns`: their mean distance."""

    seed: int
    nodes: int
    every_ns: Nanos = 0

    def faults(self, faults: Sequence[Fault], duration_ns: Nanos) -> list[Fault]:
        """As they are, and the transfers."""
        if not self.every_ns:
            return list(faults)
        random = stream(self.seed, "transfer times")
        asked: list[Fault] = []
        at = SECOND // 2
        while (at := at + 1 + int(random.random() * 2 * self.every_ns)) < duration_ns:
            asked.append(Transfer(at, random.choice((LEADER, LEADER, FOLLOWER)), self._target(random)))
            if random.random() < 0.3:
                asked += self._late_order(random, at)
            if random.random() < 0.2:  # another operator, who has something else in mind
                asked.append(Transfer(at + random.randrange(1, 50 * MILLISECOND), LEADER, self._target(random)))
        return sorted([*faults, *(one for one in asked if one.at < duration_ns)], key=lambda fault: fault.at)

    def triggers(self, triggers: Sequence[Trigger], timeout_ns: Nanos) -> list[Trigger]:
        """As they are, and one that hands over when it is least convenient. `timeout_ns`: of elections."""
        if not self.every_ns:
            return list(triggers)
        random = stream(self.seed, "transfer triggers")
        soon = random.randrange(max(1, timeout_ns // 10))
        lasts = int(timeout_ns * (0.3 + 2 * random.random()))
        trouble: Fault = random.choice(
            (
                Isolate(soon, HERE, lasts),
                Isolate(soon, HERE, lasts, inward=False),
                Pause(soon, HERE, lasts),
                Pause(soon, OTHERS, lasts),
                StallDisk(soon, HERE, lasts),
                Crash(soon, HERE, lasts, reset=True),
                Crash(soon, FOLLOWER, lasts, in_write=True),
            )
        )
        faults: list[Fault] = [Transfer(0, HERE), trouble]
        step = Step(random.choice(MOMENTS), faults, share=random.choice((0.05, 0.3, 1.0)))
        return [*triggers, Trigger(len(triggers) + 1, [step], limit=10)]

    def _late_order(self, random: Random, at: Nanos) -> list[Fault]:
        """The target is cut off about when it is told to campaign. It gets the order long after the leader has given up
        and committed more."""
        target = random.randint(1, self.nodes)
        away_ns = at + random.randrange(random.choice((4, 30)) * MILLISECOND)
        lasts_ns = SECOND // 4 + random.randrange(2 * SECOND)
        return [Transfer(at, LEADER, target), Isolate(away_ns, target, lasts_ns, outward=random.random() < 0.5)]

    def _target(self, random: Random) -> NodeId:
        """Anybody, the leader too, or whoever is best prepared."""
        return random.randint(0, self.nodes)


def draw_transfers(seed: int, spec: AlgorithmSpec, nodes: int) -> Transfers:
    """Whether leadership is handed over in a seed. `nodes`: those that wait to be let in, too."""
    random = stream(seed, "transfers")
    if "transfer" not in spec.features or random.random() >= TRANSFERRED:
        return Transfers(seed, nodes)
    return Transfers(seed, nodes, random.choice((SECOND // 4, SECOND, 2 * SECOND)))
