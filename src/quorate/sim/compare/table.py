"""A comparison as text: for a terminal, and for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from quorate.sim.compare.measures import MEASURES, SECTIONS, Measure, Section, number
from quorate.sim.compare.results import Comparison, Spread
from quorate.sim.compare.stage import Count, Value

NONE = "-"
INDENT = "  "
MAX_WIDTH = 140


def cell(comparison: Comparison, entrant: str, measure: Measure) -> str:
    """Median, and in brackets least to worst unless all seeds agree. A dash: not measured."""
    spread = comparison.spread(entrant, measure.name)
    return NONE if spread is None else show(spread, measure)


def show(spread: Spread, measure: Measure) -> str:
    """One spread in the unit of its row."""
    least, median, worst = (_show(value, measure) for value in (spread.least, spread.median, spread.worst))
    return median if least == median == worst else f"{median} ({least}-{worst})"


def _show(value: Value, measure: Measure) -> str:
    return "never" if value is None else measure.show(value)


def bounded(width: int) -> int:
    """The width of text on a terminal so wide: tables need 80, and long lines are hard to read."""
    return min(max(width, 80), MAX_WIDTH)


def as_text(comparison: Comparison, width: int = 80) -> str:
    """The table, no wider than `width` if that is 80 or more. Measures are rows and entrants columns as long as these fit, else the
    other way round. Below it, which messages there were, and what the rows mean."""
    width = bounded(width)
    labels = [entrant.label for entrant in comparison.entrants]
    column = max((_column_width(comparison, label) for label in labels), default=0)
    first = max(len(INDENT + measure.label) for measure in MEASURES.values())
    if first + (column + 2) * len(labels) <= width:
        lines = list(_measures_down(comparison, labels, first, column))
    else:
        lines = list(_entrants_down(comparison, labels, width))
    lines += ["", *_messages(comparison, width), "", *meanings(comparison, width)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _column_width(comparison: Comparison, label: str) -> int:
    return max(len(label), *(len(cell(comparison, label, measure)) for measure in MEASURES.values()))


def _measures_down(comparison: Comparison, labels: Sequence[str], first: int, column: int) -> Iterator[str]:
    yield " " * first + "".join(f"  {label:>{column}}" for label in labels)
    for section in SECTIONS:
        yield section.title
        for measure in section.measures:
            cells = (f"  {cell(comparison, label, measure):>{column}}" for label in labels)
            yield f"{INDENT + measure.label:<{first}}" + "".join(cells)


def _entrants_down(comparison: Comparison, labels: Sequence[str], width: int) -> Iterator[str]:
    first = max(len(INDENT + label) for label in labels)
    for section in SECTIONS:
        yield section.title
        for measures in _fitting(comparison, section, labels, width - first):
            widths = [_measure_width(comparison, measure, labels) for measure in measures]
            heads = (f"  {_head(measure):>{wide}}" for measure, wide in zip(measures, widths, strict=True))
            yield " " * first + "".join(heads)
            for label in labels:
                cells = (
                    f"  {cell(comparison, label, measure):>{wide}}"
                    for measure, wide in zip(measures, widths, strict=True)
                )
                yield f"{INDENT + label:<{first}}" + "".join(cells)
        yield ""


def _head(measure: Measure) -> str:
    return measure.short if measure.unit == "count" else f"{measure.short}, {measure.unit}"


def _measure_width(comparison: Comparison, measure: Measure, labels: Sequence[str]) -> int:
    return max(len(_head(measure)), *(len(cell(comparison, label, measure)) for label in labels))


def _fitting(comparison: Comparison, section: Section, labels: Sequence[str], width: int) -> Iterator[list[Measure]]:
    """The measures of a section in as few tables as fit."""
    taken: list[Measure] = []
    used = 0
    for measure in section.measures:
        wide = _measure_width(comparison, measure, labels) + 2
        if taken and used + wide > width:
            yield taken
            taken, used = [], 0
        taken.append(measure)
        used += wide
    yield taken


MESSAGES = (
    ("rest", "at rest, per second"),
    ("vanishes", "when the leader's machine vanishes"),
    ("dies", "when the leader's process dies"),
)


def messages_by_kind(comparison: Comparison) -> Iterator[tuple[str, str, dict[str, Count]]]:
    """Entrant, occasion, and how many messages of each kind."""
    for entrant in comparison.entrants:
        for trial, occasion in MESSAGES:
            kinds = comparison.kinds(entrant.label, trial)
            if kinds:
                yield entrant.label, occasion, kinds


def _messages(comparison: Comparison, width: int) -> Iterator[str]:
    yield "Messages by kind (medians)"
    for entrant, occasion, kinds in messages_by_kind(comparison):
        words = ", ".join(f"{kind} {number(count)}" for kind, count in kinds.items())
        yield from wrap(f"{entrant}, {occasion}: {words}", width, initial_indent=INDENT, subsequent_indent=INDENT * 3)


def conditions(comparison: Comparison) -> str:
    """What was the same for all."""
    setting = comparison.setting
    last = setting.first_seed + setting.seeds - 1
    return (
        f"{setting.nodes} nodes; {setting.seeds} seeds, {setting.first_seed} to {last}; simulated time. Messages take 1 to 1.2 ms each "
        f"way, a write to disk 0.2 to 0.3 ms. Settings are the defaults, all times scaled so that the election timeout is "
        f"{setting.election_timeout_ms} ms. A number is the median of all seeds, in brackets the least and the worst; less is better. "
        "A node leads when it says so, is ready for work, and a majority follows it over working links. "
        f'"{NONE}": means nothing for this algorithm. "never": not within 30 s (of a standstill: 5 s, of a cut: 10 s).'
    )


def meanings(comparison: Comparison, width: int) -> Iterator[str]:
    """What each row means."""
    yield from wrap(conditions(comparison), width)
    yield from ("", "What the rows mean", "")
    for section in SECTIONS:
        yield section.title
        for measure in section.measures:
            yield from wrap(
                f"{measure.label}: {measure.meaning}", width, initial_indent=INDENT, subsequent_indent=INDENT * 3
            )


def as_markdown(comparison: Comparison) -> str:
    """The same table for a page: one for each section, measures down, or entrants down if there are more of them than four."""
    labels = [entrant.label for entrant in comparison.entrants]
    lines: list[str] = []
    for section in SECTIONS:
        lines += [f"### {section.title}", ""]
        if len(labels) <= 4:
            rows = [[m.label, *(cell(comparison, label, m) for label in labels), m.meaning] for m in section.measures]
            lines += markdown_table(["", *labels, "what it is"], rows, right=range(1, len(labels) + 1))
        else:
            rows = [[label, *(cell(comparison, label, m) for m in section.measures)] for label in labels]
            heads = ["", *(measure.label for measure in section.measures)]
            lines += markdown_table(heads, rows, right=range(1, len(heads)))
            lines += ["", *(f"- *{measure.label}*: {measure.meaning}" for measure in section.measures)]
        lines.append("")
    return "\n".join(lines)


def markdown_table(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Lines of one table; columns whose numbers are in `right` are set to the right."""
    marks = ["---:" if place in right else "---" for place in range(len(heads))]
    return [f"| {' | '.join(text.replace('|', '&#124;') for text in row)} |" for row in (heads, marks, *rows)]
