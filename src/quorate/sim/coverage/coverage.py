"""Whether storms reached what they have to reach."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from quorate.core.algorithm import AlgorithmSpec
from quorate.sim.coverage.milestones import Milestone, Setting, milestones
from quorate.sim.storms.faults import Cut, Fault, Isolate

ENOUGH_SEEDS = 200
"""With fewer seeds nothing is said of what never happened."""

ENOUGH_CHANCES = 5
"""How often a milestone must have been due before it counts as never reached: by chance alone that happens in 7 of 1,000 cases."""


class Row(msgspec.Struct, frozen=True):
    """`count`: in all. `seeds`: in how many it happened; None if that is not known. `due`: how often it should have happened at least."""

    milestone: Milestone
    count: int
    seeds: int | None
    due: int

    @property
    def reached(self) -> bool:
        """Whether it happened."""
        return self.count > 0

    @property
    def verdict(self) -> str:
        """In words."""
        if self.reached:
            return "reached"
        return "never" if self.due >= ENOUGH_CHANCES else "too few seeds to tell"


class Coverage(msgspec.Struct, frozen=True):
    """`rows`: what is demanded, in the order of the milestones. `seeds`: how many were run."""

    rows: tuple[Row, ...]
    seeds: int

    @property
    def missing(self) -> tuple[Row, ...]:
        """What should have happened in so many seeds, and never did."""
        return tuple(row for row in self.rows if row.verdict == "never")

    @property
    def unknown(self) -> tuple[Row, ...]:
        """What did not happen, and need not have, in so few seeds."""
        return tuple(row for row in self.rows if not row.reached and row.verdict != "never")

    def describe(self) -> str:
        """A few lines: how much was reached, and what was not."""
        reached = sum(row.reached for row in self.rows)
        lines = [f"coverage: {reached} of {len(self.rows)} milestones in {self.seeds:,} seeds"]
        if self.missing:
            lines.append("never reached, so these storms prove nothing about:")
            lines += [f"  {row.milestone.name}: {row.milestone.meaning}" for row in self.missing]
        if self.unknown:
            names = ", ".join(row.milestone.name for row in self.unknown)
            lines.append(f"too few seeds to tell: {names}")
        return "\n".join(lines)

    def table(self) -> str:
        """Every milestone on a line: name, count, seeds that had it, verdict."""
        width = max((len(row.milestone.name) for row in self.rows), default=0)
        lines = [f"{'milestone':<{width}}  {'in all':>12}  {'in seeds':>9}  verdict"]
        lines += [
            f"{row.milestone.name:<{width}}  {row.count:>12,}  {'' if row.seeds is None else format(row.seeds, ','):>9}  {row.verdict}"
            for row in self.rows
        ]
        return "\n".join(lines)


def coverage(
    counts: Mapping[str, int], seeds: int, spec: AlgorithmSpec, seen_in: Mapping[str, int] | None = None
) -> Coverage:
    """What came of `seeds` storms over `spec`. `counts`: the sums of their `Report.counts`. `seen_in`: in how many each was above 0."""
    settings = _settings(counts)
    rows = tuple(
        Row(
            milestone,
            counts.get(milestone.name, 0),
            None if seen_in is None else seen_in.get(milestone.name, 0),
            milestone.often * seeds // 1000 if seeds >= ENOUGH_SEEDS else 0,
        )
        for milestone in milestones(spec)
        if milestone.applies(spec, settings)
    )
    return Coverage(rows, seeds)


def _settings(counts: Mapping[str, int]) -> frozenset[Setting]:
    """What kind of storms these were."""
    found: set[Setting] = set()
    if counts.get("network connections", 0):
        found.add("peers")
    if any(counts.get(f"network {what}", 0) for what in ("lost", "doubled", "reordered", "replayed")):
        found.add("datagrams")
    return frozenset(found)


def cuts_one_way(fault: Fault) -> bool:
    """Whether the fault lets messages pass in one direction and not in the other."""
    match fault:
        case Isolate():
            return fault.inward != fault.outward
        case Cut():
            return any((target, source) not in fault.pairs for source, target in fault.pairs)
        case _:
            return False
