"""Which pictures are drawn of a comparison."""

from __future__ import annotations

from collections.abc import Callable

from quorate.core.ids import MILLISECOND
from quorate.sim.compare.bars import Bar, BarChart, Group
from quorate.sim.compare.lines import LineChart, Point, Series
from quorate.sim.compare.measures import MEASURES, SECTIONS
from quorate.sim.compare.results import Comparison
from quorate.sim.compare.strips import Row, StripChart
from quorate.sim.compare.svg import shortened

Reference = tuple[str, Callable[[float], float]]
"""Name and height of a line to compare with."""

LINEAR: Reference = ("n - 1", lambda nodes: nodes - 1)
ALL_TO_ALL: Reference = ("n (n - 1)", lambda nodes: nodes * (nodes - 1))


def plots(comparison: Comparison) -> dict[str, str]:
    """File name -> SVG, in the order in which they are shown. Those that would be empty are left out."""
    drawn = {
        "election-time": _election_time(comparison),
        "biggest-flaps": _strips(
            comparison,
            "flaps",
            "The biggest node comes and goes",
            "Who leads while the process with the biggest id is down for 2 s out of every 5; the first seed",
            "{node} is down",
        ),
        "links-flap": _strips(
            comparison,
            "links",
            "The leader's links come and go",
            "Who leads while the node that led at first is cut off for 2 s out of every 5; the first seed",
            "{node} is cut off",
        ),
        "messages-machine-vanishes": _by_size(
            comparison,
            "vanishes_messages",
            "Messages to replace a leader whose machine vanished",
            "From the silence to the next leader, without heartbeats",
            references=(LINEAR, ALL_TO_ALL),
            log=True,
        ),
        "messages-process-dies": _by_size(
            comparison,
            "dies_messages",
            "Messages to replace a leader whose process died",
            "From the refused connection to the next leader, without heartbeats",
            references=(LINEAR, ALL_TO_ALL),
            log=True,
        ),
        "time-machine-vanishes": _by_size(
            comparison,
            "vanishes_time",
            "Time to replace a leader whose machine vanished",
            f"Election timeout {comparison.setting.election_timeout_ms} ms, at the least",
        ),
        "heartbeats": _by_size(
            comparison,
            "rest_messages",
            "What a cluster costs at rest",
            "Heartbeats and their answers, all nodes together",
            references=(LINEAR, ALL_TO_ALL),
            log=True,
        ),
    }
    return {f"{name}.svg": svg for name, svg in drawn.items() if svg}


def _election_time(comparison: Comparison) -> str:
    groups = []
    for measure in SECTIONS[0].measures:
        bars = [_bar(comparison, entrant.label, measure.name) for entrant in comparison.entrants]
        if any(bar is not None for bar in bars):
            groups.append(Group(measure.title, tuple(bars)))
    if not groups:
        return ""
    return BarChart(
        "Until somebody leads again",
        f"{comparison.setting.nodes} nodes; median of {comparison.setting.seeds} seeds, whiskers from the least to the worst",
        "ms",
        tuple(shortened(entrant.label) for entrant in comparison.entrants),
        tuple(groups),
        missing="never, or not measured",
    ).draw()


def _bar(comparison: Comparison, label: str, name: str) -> Bar | None:
    spread = comparison.spread(label, name)
    if spread is None or spread.least is None or spread.median is None or spread.worst is None:
        return None
    return Bar(spread.median / MILLISECOND, spread.least / MILLISECOND, spread.worst / MILLISECOND)


def _by_size(
    comparison: Comparison,
    name: str,
    title: str,
    subtitle: str,
    *,
    references: tuple[Reference, ...] = (),
    log: bool = False,
) -> str:
    series = [_series(comparison, entrant.label, name, log=log) for entrant in comparison.entrants]
    series = [one for one in series if len(one.points) > 1]
    if not series:
        return ""
    sizes = sorted({point.x for one in series for point in one.points})
    for reference, height in references:
        points = tuple(Point(x, height(x), height(x), height(x)) for x in sizes)
        series.append(Series(reference, points, faint=True))
    unit = {"ms": "time, ms", "messages/s": "messages per second"}.get(MEASURES[name].unit, MEASURES[name].unit)
    words = f"{subtitle}; median, shaded from least to worst"
    return LineChart(title, words, "cluster size, nodes (n)", unit, tuple(series), log=log).draw()


def _series(comparison: Comparison, label: str, name: str, *, log: bool) -> Series:
    """Sizes at which it came to an end in every seed; with a log axis, at which it was more than nothing."""
    divisor = MILLISECOND if MEASURES[name].unit == "ms" else 1
    points = []
    for size in comparison.sizes(label, name):
        spread = comparison.spread(label, name, size)
        if spread is None or spread.least is None or spread.median is None or spread.worst is None:
            continue
        if not log or spread.least > 0:
            points.append(Point(size, spread.median / divisor, spread.least / divisor, spread.worst / divisor))
    return Series(shortened(label), tuple(points))


def _strips(comparison: Comparison, trial: str, title: str, subtitle: str, fault: str) -> str:
    rows = tuple(Row(shortened(strip.entrant), strip.timeline) for strip in comparison.strips if strip.trial == trial)
    return StripChart(title, subtitle, fault, rows).draw() if rows else ""
