"""Figures of a benchmark as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quorate.cli.bench_buckets import plot
from quorate.cli.bench_machine import IN_MEMORY
from quorate.cli.bench_results import Machine, Report, Span, Speed

SPEED_HEADINGS = (
    "",
    "in process of",
    "in flight",
    "per second",
    "lowest - highest",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "max ms",
)
SPAN_HEADINGS = ("", "rounds", "median", "least", "p90", "worst", "")

Grid = list[list[str]]


def as_text(report: Report, *, every_plot: bool = False, unicode: bool = True) -> str:
    """Tables, histograms and the machine. `every_plot`: of each row, not only of the busiest of each kind."""
    lines = [report.setting.title, ""]
    if report.speeds:
        lines += [*table([list(SPEED_HEADINGS), *map(speed_cells, report.speeds)], left=2), ""]
    if report.spans:
        lines += [*table([list(SPAN_HEADINGS), *map(span_cells, report.spans)], left=1), ""]
    for speed in report.speeds if every_plot else busiest(report.speeds):
        lines += [
            f"Latencies: {speed.load.label}",
            *(f"  {line}" for line in plot(speed.buckets(), unicode=unicode)),
            "",
        ]
    return "\n".join([*lines, *footnotes(report)])


def speed_cells(speed: Speed) -> list[str]:
    """One row."""
    load = speed.load
    where = load.where if load.what != "http" else f"({load.where})"
    spread = f"{number(speed.low)} - {number(speed.high)}"
    times = (speed.p50_ms, speed.p95_ms, speed.p99_ms, speed.max_ms)
    return [load.title, where, f"{load.in_flight:,}", number(speed.median), spread, *map(milliseconds, times)]


def span_cells(span: Span) -> list[str]:
    """One row."""
    values = (span.median, span.least, span.p90, span.worst)
    return [span.title, str(len(span.values)), *map(number, values), span.unit]


def busiest(speeds: Iterable[Speed]) -> list[Speed]:
    """Of each kind of load the one with most in flight."""
    found: dict[tuple[str, str], Speed] = {}
    for speed in speeds:
        kind = (speed.load.title, speed.load.where)
        if kind not in found or speed.load.in_flight > found[kind].load.in_flight:
            found[kind] = speed
    return list(found.values())


def footnotes(report: Report) -> list[str]:
    """What the figures are worth."""
    setting, machine = report.setting, report.machine
    lines = [f"{machine.title}; {machine.disk}."]
    if report.speeds:
        runs = (
            "once"
            if setting.repeat == 1
            else f"{setting.repeat} times in turns, medians are shown (max: the worst of all)"
        )
        lines.append(f"Each row measured {runs}, {setting.seconds:g} s each after {setting.warm_up_s:g} s of warm-up.")
    return [*lines, *warnings(machine)]


def warnings(machine: Machine) -> list[str]:
    """What makes the figures worth less."""
    found = []
    if machine.load > machine.cores / 2:
        found.append(
            f"The machine was busy: {machine.load:g} processes wanted to run on {machine.cores} cores before the start. "
            "Stop what else runs, and measure again."
        )
    if machine.file_system in IN_MEMORY:
        found.append(f"{machine.directory} is in memory, where durable costs nothing: name a --data-dir on a disk.")
    return found


def table(grid: Grid, left: int) -> list[str]:
    """The first `left` columns begin at their left, the others end at their right."""
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    return ["  ".join(_cells(line, widths, left)).rstrip() for line in grid]


def _cells(line: Sequence[str], widths: Sequence[int], left: int) -> list[str]:
    last = len(widths) - 1
    return [
        cell.ljust(width) if at < left or (at == last and cell.isalpha()) else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]


def number(value: float) -> str:
    """Thousands apart; a digit behind the point where there is little in front of it."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def milliseconds(value: float) -> str:
    """Three digits or so."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
