"""Storms in which members come and go. Some nodes are spare at first; changes are drawn when their time has come, from what the group is
then: learners are added and promoted, voters demoted, removed and let in again, one or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.configuration import Configuration
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove
from quorate.core.requests import ChangeMembers, LeaveJoint, Request
from quorate.sim.moments import MomentName
from quorate.sim.storms.faults import HERE, Crash, Fault, FillDisk, Isolate, LyingDisk, Reshape, Rot
from quorate.sim.storms.triggers import Step, Trigger
from quorate.sim.streams import stream

RESHAPED = 0.25
"""The share of seeds in which members come and go, of algorithms that know that."""

_LOSSES = (Rot, LyingDisk, FillDisk)
"""What leaves a node down for good is survived by a majority of the voters, who are others each time: not in these storms."""


MOMENTS: tuple[MomentName, ...] = (
    "elected",
    "elected",
    "first_commit_of_term",
    "appended_by_leader",
    "replicated_to_one",
)
"""When a change is least convenient."""


class Members(msgspec.Struct, frozen=True):
    """What changes of members ask of a seed's plan; nothing, if it has none. `spares`: nodes that are not members at first."""

    seed: int
    spares: int = 0
    every_ns: Nanos = 0

    @property
    def options(self) -> dict[str, Any]:
        """Settings of the algorithm: logs are short, so that learners catch up by snapshot as well."""
        if not self.every_ns:
            return {}
        random = stream(self.seed, "member options")
        dead_ms = random.choice((0, 0, 3000))
        return {"catch_up_entries": random.choice((0, 3, 1000)), "remove_dead_after_ms": dead_ms, "least_voters": 3}

    def triggers(self, triggers: Sequence[Trigger], timeout_ns: Nanos) -> list[Trigger]:
        """As they are, but without what takes a node away for good; and one that changes when it is least convenient: while a leader is
        about to lose its office, and the next one changes something else. `timeout_ns`: of elections."""
        if not self.every_ns:
            return list(triggers)
        kept = [
            msgspec.structs.replace(
                trigger, steps=[msgspec.structs.replace(step, faults=_kept(step.faults)) for step in trigger.steps]
            )
            for trigger in triggers
        ]
        random = stream(self.seed, "member triggers")
        soon = random.randrange(random.choice((2, 10)) * MILLISECOND)
        lasts = int(timeout_ns * (1 + 4 * random.random()))
        trouble: Fault = random.choice(
            (
                Isolate(soon, HERE, lasts),
                Isolate(soon, HERE, lasts, inward=False),
                Isolate(soon, HERE, lasts, companions=1, turn=random.randrange(4)),
                Isolate(soon, HERE, lasts, companions=1, turn=random.randrange(4)),
                Crash(soon, HERE, lasts),
            )
        )
        faults: list[Fault] = [Reshape(0, random.randrange(1 << 30)), trouble]
        if random.random() < 0.5:
            faults.insert(1, Reshape(random.randrange(2 * MILLISECOND), random.randrange(1 << 30)))
        step = Step(random.choice(MOMENTS), faults, share=random.choice((0.05, 0.3, 1.0)))
        return [*kept, Trigger(len(kept) + 1, [step], limit=10)]

    def faults(self, faults: Sequence[Fault], duration_ns: Nanos) -> list[Fault]:
        """As they are, but without what takes a node away for good; and the changes."""
        if not self.every_ns:
            return list(faults)
        random = stream(self.seed, "member changes")
        changes: list[Fault] = []
        at = SECOND // 4
        while (at := at + 1 + int(random.random() * 2 * self.every_ns)) < duration_ns:
            changes.append(Reshape(at, random.randrange(1 << 30)))
        return sorted([*_kept(faults), *changes], key=lambda fault: fault.at)


def draw_members(seed: int, spec: AlgorithmSpec) -> Members:
    """Whether members come and go in a seed."""
    random = stream(seed, "members")
    if "membership" not in spec.features or random.random() >= RESHAPED:
        return Members(seed)
    return Members(seed, random.choice((0, 1, 1, 2, 2)), random.choice((SECOND // 3, SECOND, 2 * SECOND)))


def _kept(faults: Sequence[Fault]) -> list[Fault]:
    return [fault for fault in faults if not isinstance(fault, _LOSSES)]


def draw_request(number: int, present: Configuration, nodes: Sequence[NodeId]) -> Request:
    """What an operator could ask of a group that is `present`, of all `nodes` there are. The same number draws the same."""
    random = Random(number)
    if present.joint and not present.auto_leave and random.random() < 0.7:
        return LeaveJoint()
    chosen = random.sample(list(nodes), min(len(nodes), random.choice((1, 1, 1, 2, 2, 3))))
    changes = [_draw_change(random, node, present) for node in chosen]
    leaving = {change.node for change in changes if isinstance(change, Remove | Demote)}
    if not set(present.voters) - leaving and present.voters:
        changes = [change for change in changes if change.node != min(present.voters)]
    expected = random.choice((None, None, None, present.index, max(0, present.index - 1)))
    return ChangeMembers(tuple(changes), expected, auto_leave=random.random() < 0.85)


def _draw_change(random: Random, node: NodeId, present: Configuration) -> Change:
    if present.member(node) is None:
        replaces = random.choice((0, 0, *present.voters))
        kinds: tuple[Change, ...] = (
            Add(node),
            Add(node, voter=True),
            Add(node, wants_vote=True, replaces=replaces),
            Add(node, wants_vote=True),
        )
        return random.choice(kinds)
    if node in present.voters:
        return random.choice((Remove(node), Remove(node), Demote(node)))
    return random.choice((Promote(node), Promote(node), Remove(node)))
