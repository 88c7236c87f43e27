"""What was measured, as data: it can be kept, compared with a later run, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from quorate.sim.compare.entrants import ELECTION_TIMEOUT_MS, Entrant
from quorate.sim.compare.stage import Count, Timeline, Value

SIZES = (3, 5, 7, 9, 15, 21, 31, 51)
SIZE_SEEDS = 10
"""At the sizes of the curves at most so many seeds: the biggest cost the most."""


class Setting(msgspec.Struct, frozen=True):
    """What was asked for. `nodes`: of the table; `sizes`: of the curves."""

    nodes: int = 5
    sizes: tuple[int, ...] = SIZES
    seeds: int = 20
    first_seed: int = 0
    election_timeout_ms: int = ELECTION_TIMEOUT_MS

    def seeds_for(self, nodes: int) -> range:
        """Which seeds a trial at this size has."""
        count = self.seeds if nodes == self.nodes else min(self.seeds, SIZE_SEEDS)
        return range(self.first_seed, self.first_seed + count)


class Spread(msgspec.Struct, frozen=True):
    """Of one measure over all seeds. None stands for never, which is worse than any number."""

    least: Value
    median: Value
    worst: Value
    lower: Value
    upper: Value
    count: int
    never: int

    @classmethod
    def of(cls, values: Sequence[Value]) -> Spread:
        """Quartiles are by nearest rank; the median of an even number is the mean of the two in the middle."""
        found = sorted(value for value in values if value is not None)
        never = len(values) - len(found)
        ranked: list[Value] = [*found, *([None] * never)]
        last = len(ranked) - 1
        low, high = ranked[last // 2], ranked[(last + 1) // 2]
        return cls(
            ranked[0],
            None if low is None or high is None else (low + high) / 2,
            ranked[last],
            ranked[(last + 2) // 4],
            ranked[(3 * last + 2) // 4],
            len(ranked),
            never,
        )


class Cell(msgspec.Struct, frozen=True):
    """One trial of one entrant at one size: a value of each measure, and of each kind of message, for each seed in order."""

    entrant: str
    trial: str
    nodes: int
    values: dict[str, list[Value]]
    kinds: dict[str, list[Count]] = {}


class Strip(msgspec.Struct, frozen=True):
    """Who led when in one trial of the first seed."""

    entrant: str
    trial: str
    timeline: Timeline


class Comparison(msgspec.Struct, frozen=True):
    """Everything that was measured."""

    setting: Setting
    entrants: tuple[Entrant, ...]
    cells: tuple[Cell, ...]
    strips: tuple[Strip, ...]

    def cell(self, entrant: str, trial: str, nodes: int = 0) -> Cell | None:
        """One trial, at the size of the table if none is named; None if it was not made."""
        wanted = (entrant, trial, nodes or self.setting.nodes)
        return next((cell for cell in self.cells if (cell.entrant, cell.trial, cell.nodes) == wanted), None)

    def values(self, entrant: str, name: str, nodes: int = 0) -> list[Value]:
        """A measure for each seed; empty if it was not taken."""
        cell = self.cell(entrant, name.partition("_")[0], nodes)
        return cell.values.get(name, []) if cell is not None else []

    def spread(self, entrant: str, name: str, nodes: int = 0) -> Spread | None:
        """A measure over all seeds; None if it was not taken."""
        values = self.values(entrant, name, nodes)
        return Spread.of(values) if values else None

    def kinds(self, entrant: str, trial: str, nodes: int = 0) -> dict[str, Count]:
        """Messages of each kind in the median seed, the commonest first; without kinds that most seeds do not have."""
        cell = self.cell(entrant, trial, nodes)
        medians = {kind: Spread.of(counts).median or 0 for kind, counts in (cell.kinds if cell else {}).items()}
        return {kind: count for kind, count in sorted(medians.items(), key=lambda pair: (-pair[1], pair[0])) if count}

    def sizes(self, entrant: str, name: str) -> list[int]:
        """At which sizes a measure was taken."""
        return sorted({cell.nodes for cell in self.cells if cell.entrant == entrant and name in cell.values})


def encode(comparison: Comparison, extra: dict[str, Any] | None = None) -> bytes:
    """One JSON document, one line for each cell, so that two of them can be compared line by line."""
    fields = msgspec.structs.asdict(comparison) | (extra or {})
    lines = []
    for name, value in fields.items():
        if isinstance(value, (list, tuple)) and value:
            items = b",\n".join(map(msgspec.json.encode, value))
            lines.append(b"%s: [\n%s\n]" % (msgspec.json.encode(name), items))
        else:
            lines.append(b"%s: %s" % (msgspec.json.encode(name), msgspec.json.encode(value)))
    return b"{\n%s\n}\n" % b",\n".join(lines)


def decode(document: bytes) -> Comparison:
    """What `encode` made, without what was added to it."""
    return msgspec.json.decode(document, type=Comparison)
