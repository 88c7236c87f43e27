"""What a mutant is: a known bug, as data."""

from __future__ import annotations

import msgspec

from quorate.algorithms.catalog import DEFAULT
from quorate.sim.storms.plan import Plan, draw_plan


class Edit(msgspec.Struct, frozen=True):
    """In the source of `target`, a function (or method, property, class method), `old` stands exactly once; `new` takes its place.

    The source is taken with its indentation removed: the `def` stands at the left margin.
    """

    target: object
    old: str
    new: str


class Mutant(msgspec.Struct, frozen=True):
    """`meaning`: what goes wrong, in one sentence. `rule`: what is broken by it, with its source. `liveness`: it breaks no rule of
    safety; it is the storms' bounds on recovery that must find it. `algorithm`: whose storms hunt it; `options`: settings that all of those
    have, where few would by themselves."""

    name: str
    meaning: str
    rule: str
    edits: tuple[Edit, ...]
    liveness: bool = False
    algorithm: str = DEFAULT
    options: dict[str, bool | int | str] = {}

    def plan(self, seed: int) -> Plan:
        """The storm of a seed that hunts it."""
        plan = draw_plan(seed, self.algorithm)
        return msgspec.structs.replace(plan, options=plan.options | self.options)


class Absent(msgspec.Struct, frozen=True):
    """A bug that one would look for here, and why it is not: it comes later, or no schedule can show it."""

    name: str
    why: str
