"""What a scenario says, as plain data: faults, helping hands, clients, and what is expected of the cluster meanwhile."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.sim.storms.faults import Fault

MAX_NODES = 99
MAX_STATEMENTS = 4_000
"""Also of what `every` repeats: more is a storm, and those are drawn from seeds."""

MAX_TIME: Nanos = 3600 * SECOND
MAX_RATE = 1_000
"""Writes or reads a second, of one statement."""

MAX_REQUESTS = 200_000
"""Writes and reads in all: some minutes of computing."""

MAX_WATCHED: Nanos = 4 * MAX_TIME
"""Simulated time of all expectations together: each is looked at again and again while it lasts."""

NEVER: Nanos = 2 * MAX_TIME
"""How long a fault lasts that nothing in the scenario ends."""


RESTART_TAKES: Nanos = 20 * MILLISECOND
"""How long a restarted node is down, if its statement does not say."""


class _Step(msgspec.Struct, frozen=True, tag=True):
    """`at`: the world's time, ns."""

    at: Nanos


class Start(_Step, frozen=True):
    """A node that is down starts on what its disk holds."""

    node: NodeId


class Resume(_Step, frozen=True):
    """A paused node goes on."""

    node: NodeId


class MendDisk(_Step, frozen=True):
    """The disk is quick and well, has space and tells the truth; a node that had died of it starts again."""

    node: NodeId


Step: TypeAlias = Start | Resume | MendDisk
"""What is no fault: a hand from outside."""


class Planned(msgspec.Struct, frozen=True):
    """A fault, and the statement it comes from."""

    fault: Fault
    line: int
    text: str


LoadKind: TypeAlias = Literal["write", "read"]


class Load(msgspec.Struct, frozen=True):
    """Clients that ask every `every_ns` from `start` on, before `end`. `node`: whom; None: all nodes in turn."""

    kind: LoadKind
    every_ns: Nanos
    start: Nanos
    end: Nanos
    node: NodeId | None = None


Option: TypeAlias = int | bool | str | tuple[int, ...]
"""A setting of an algorithm, as a scenario can write it."""

ExpectationKind: TypeAlias = Literal[
    "leader",
    "two leaders",
    "same state",
    "write",
    "read",
    "node",
    "election",
    "moment",
    "elections",
    "messages",
    "broken",
]


class Expectation(msgspec.Struct, frozen=True):
    """`text` on `line` of the scenario. From `at` on it has `within_ns` to come true, and must then hold for `holds_ns`.

    leader: there is one that serves; `node`: which one; `negated`: it is none, or not that one.
    two leaders: two nodes that go on believe that they lead; `negated`: at no moment.
    same state: all nodes are up, agree on the leader and have applied the same.
    write, read: through `node`; `negated`: it must fail, that is, bring no answer but refusals.
    node: `node` is in the state `word`. election: one is won; `negated`: none is. moment: `word`, one of `quorate.sim.moments`, happens.
    elections, messages: from `least` to `most` of them, None being no bound; messages of `kinds`, sent to `receivers`.
    broken: the run ends because the rule `word` is broken.
    """

    kind: ExpectationKind
    at: Nanos
    line: int
    text: str
    within_ns: Nanos = 0
    holds_ns: Nanos = 0
    node: NodeId | None = None
    negated: bool = False
    word: str = ""
    least: int = 0
    most: int | None = None
    kinds: tuple[str, ...] = ()
    receivers: tuple[NodeId, ...] = ()

    @property
    def end(self) -> Nanos:
        """When it is decided at the latest."""
        return self.at + self.within_ns + self.holds_ns


class Scenario(msgspec.Struct, frozen=True):
    """`options` are the algorithm's, `limits` the driver's, by name. `latency_fixed`: no message takes longer. `until`: when the run ends.
    `heals`: when cuts were told to end; the faults last no longer. All times are the world's, in ns."""

    seed: int
    nodes: int
    algorithm: str
    until: Nanos
    latency_ns: Nanos | None
    latency_fixed: bool
    options: dict[str, Option]
    limits: dict[str, int]
    faults: tuple[Planned, ...]
    steps: tuple[Step, ...]
    loads: tuple[Load, ...]
    expectations: tuple[Expectation, ...]
    heals: tuple[Nanos, ...]
