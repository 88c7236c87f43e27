"""What was measured of other systems and of quorate, as data and as a table."""

from statistics import median

import msgspec

from quorate.cli.bench_results import Machine, Sample
from quorate.cli.bench_table import milliseconds, number, table, warnings

HEADINGS = ("", "in flight", "per second", "p50 ms", "p99 ms", "quorate, embedded", "ratio", "quorate, HTTP", "ratio")


class Row(msgspec.Struct, frozen=True):
    """All measurements of one system with so many calls in flight."""

    system: str
    callers: str
    in_flight: int
    runs: list[Sample]

    @property
    def per_second(self) -> float:
        """The median."""
        return median(run.per_second for run in self.runs)


class Comparison(msgspec.Struct, frozen=True):
    """What the command writes."""

    version: str
    measured_at: str
    machine: Machine
    size_bytes: int
    seconds: float
    repeat: int
    rows: list[Row]
    notes: dict[str, str]
    missing: dict[str, str]


def as_text(found: Comparison) -> str:
    """A table with ratios: above 1, quorate does more."""
    grid = [list(HEADINGS), *cells_of(found)]
    lines = [
        f"Writes of {found.size_bytes} bytes, 3 processes on loopback; {found.repeat} x {found.seconds:g} s, medians"
    ]
    lines += ["", *table(grid, left=1), "", *(f"{name}: {note}." for name, note in found.notes.items())]
    lines += [f"{name} was not measured: {how}" for name, how in found.missing.items()]
    return "\n".join([*lines, f"{found.machine.title}; {found.machine.disk}.", *warnings(found.machine)])


def cells_of(found: Comparison) -> list[list[str]]:
    """The rows of the table."""
    ours = {(row.system, row.in_flight): row.per_second for row in found.rows if row.system.startswith("quorate")}
    grid = []
    for row in found.rows:
        run = sorted(row.runs, key=lambda run: run.per_second)[len(row.runs) // 2]
        cells = [
            row.system,
            str(row.in_flight),
            number(row.per_second),
            milliseconds(run.p50_ms),
            milliseconds(run.p99_ms),
        ]
        if not row.system.startswith("quorate"):
            cells += _against(ours.get(("quorate, embedded", row.in_flight)), row.per_second)
            cells += _against(
                ours.get(("quorate, HTTP", row.in_flight)) if row.callers == "clients" else None, row.per_second
            )
        grid.append([*cells, *[""] * (len(HEADINGS) - len(cells))])
    return grid


def _against(ours: float | None, theirs: float) -> list[str]:
    if ours is None:
        return ["", ""]
    return [number(ours), f"{ours / theirs:.2f}" if theirs else "-"]
