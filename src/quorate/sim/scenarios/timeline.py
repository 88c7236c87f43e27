"""A picture of a run for a terminal of any width: one row a node over time, and below it what struck, who was elected, and what was served.

Plain data in, lines of (text, style) out; who prints them decides whether styles become colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.sim.scenarios.recorder import Gap, Mark, Recording, Span

Line: TypeAlias = list[tuple[str, str]]
"""Pieces of one line with their styles, in the words of rich: "green", "bold red", or empty."""

LABEL = 10
"""Columns left of the picture."""

LEAST_WIDTH = 40
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Of what struck; later ones are a dot."""

_TICKS: tuple[Nanos, ...] = tuple(
    digits * unit
    for unit in (MILLISECOND, 10 * MILLISECOND, 100 * MILLISECOND, SECOND, 10 * SECOND, 100 * SECOND)
    for digits in (1, 2, 5)
)
_TICK_COLUMNS = 9


class Symbols(msgspec.Struct, frozen=True):
    """One column each."""

    follower: str
    candidate: str
    blocked: str
    leader: str
    leader_cut: str
    cut: str
    paused: str
    down: str
    heights: str
    rule: str
    tick: str


UNICODE = Symbols("─", "◆", "◇", "█", "▒", "┄", "‖", "✕", "▁▂▃▄▅▆▇█", "─", "┬")
ASCII = Symbols("-", "?", "b", "#", "%", "~", "=", "x", "123456789", "-", "+")


def draw(recording: Recording, width: int, symbols: Symbols, until: Nanos = 0) -> list[Line]:
    """The picture, at most `width` columns wide. `until`: the time at its right edge, if the run is not over yet."""
    scale = _Scale(max(LEAST_WIDTH, width) - LABEL, max(recording.end, until, 1))
    lines = [_row("", _axis_labels(scale)), _row("", [(_axis(scale, symbols), "dim")])]
    lines += [_row(f"node {node}", _cells(recording.spans.get(node, []), scale, symbols)) for node in recording.nodes]
    struck = _letters(recording.marks, scale)
    lines.append(_row("faults", [(struck, "bold magenta")]))
    lines.append(_row("elected", [(_numbers(recording, scale), "bold green")]))
    for name, gaps, sign, style in (
        ("no leader", recording.leaderless, "o", "bold red"),
        ("two lead", recording.overlaps, "!", "bold yellow"),
    ):
        if gaps:
            lines.append(_row(name, [(_gaps(gaps, scale, sign), style)]))
    if recording.acknowledged:
        lines.append(_row("writes", [(_heights(recording.acknowledged, scale, symbols), "cyan")]))
    return lines


def legend(symbols: Symbols, recording: Recording) -> list[Line]:
    """What the symbols mean, in two lines of less than 80 columns."""
    blocked = any(span.state == "blocked" for spans in recording.spans.values() for span in spans)
    first = (
        (symbols.leader, "leader", "bold green"),
        (symbols.follower, "follower", ""),
        (symbols.candidate, "candidate", "bold yellow"),
        (symbols.down, "down", "red"),
        (symbols.paused, "paused", "blue"),
    )
    second = (
        (symbols.leader_cut, "leader cut off from a majority", "yellow"),
        (symbols.cut, "cut off", "magenta"),
        *([(symbols.blocked, "blocked", "yellow")] if blocked else []),
    )
    return [_key(first), _key(second)]


def story(recording: Recording, verdicts: Iterable[tuple[Nanos, str, bool]] = ()) -> list[Line]:
    """What happened, in order of time: what struck, with its letter; who was elected; what was expected (time, text, whether it came
    true)."""
    told: list[tuple[Nanos, int, Line]] = []
    for number, (at, marks) in enumerate(_strikes(recording.marks)):
        text = "; ".join(mark.text + (" (it leads)" if _led(recording, mark) else "") for mark in marks)
        told.append((at, 0, [(f"{_letter(number)} ", "bold magenta"), (_time(at), "dim"), (text, "")]))
    for election in recording.elections:
        text = f"node {election.node} leads term {election.shown}"
        without = _gap_before(recording.leaderless, election.at)
        if without:
            text += f", after {_span(without)} without a leader"
        told.append((election.at, 1, [("^ ", "bold green"), (_time(election.at), "dim"), (text, "")]))
    for at, text, met in verdicts:
        told.append(
            (at, 2, [("= ", "green" if met else "bold red"), (_time(at), "dim"), (text, "" if met else "bold red")])
        )
    return [line for _, _, line in sorted(told, key=lambda item: item[:2])]


def totals(recording: Recording) -> str:
    """The run in one sentence."""
    without = [gap.end - gap.start for gap in recording.leaderless]
    double = [gap.end - gap.start for gap in recording.overlaps]
    acknowledged = recording.acknowledged[-1][1] if recording.acknowledged else 0
    newest = max(recording.elections, key=lambda election: election.term, default=None)
    words = [
        f"{len(recording.elections)} elections, terms up to {newest.shown if newest else 0}",
        f"{_span(sum(without))} without a leader (longest {_span(max(without, default=0))})",
    ]
    if recording.keeps_log:
        words.append(f"{acknowledged:,} writes acknowledged")
    if double:
        why = "only the newer one can commit" if recording.keeps_log else "what they touch must refuse the older term"
        words.append(f"two nodes believed that they lead for {_span(sum(double))}, in different terms: {why}")
    return "; ".join(words)


class _Scale(msgspec.Struct, frozen=True):
    """Which column a time is in."""

    columns: int
    end: Nanos

    def column(self, at: Nanos) -> int:
        return min(self.columns - 1, at * self.columns // self.end)

    def start(self, column: int) -> Nanos:
        return column * self.end // self.columns

    def tick(self) -> Nanos:
        """Time between two labels, far enough apart to be read."""
        return next((tick for tick in _TICKS if tick * self.columns >= _TICK_COLUMNS * self.end), _TICKS[-1])


def _row(label: str, pieces: Sequence[tuple[str, str]]) -> Line:
    return [(f"{label:<{LABEL}}", "bold" if label.startswith("node") else "dim"), *pieces]


def _axis_labels(scale: _Scale) -> Line:
    """Each label begins at its tick, unless it would be cut off."""
    text = [" "] * scale.columns
    tick = scale.tick()
    for at in range(0, scale.end, tick):
        label, column = f"{at / SECOND:g}s", scale.column(at)
        if column + len(label) <= scale.columns:
            text[column : column + len(label)] = label
    return [("".join(text), "dim")]


def _axis(scale: _Scale, symbols: Symbols) -> str:
    ticks = {scale.column(at) for at in range(0, scale.end, scale.tick())}
    return "".join(symbols.tick if column in ticks else symbols.rule for column in range(scale.columns))


def _cells(spans: Sequence[Span], scale: _Scale, symbols: Symbols) -> Line:
    """The most telling state of each column; columns in the future stay empty."""
    best: list[tuple[int, str, str] | None] = [None] * scale.columns
    for span in spans:
        seen = _look_of(span, symbols)
        for column in range(scale.column(span.start), scale.column(span.end) + 1):
            # A span that ends where a column begins has no part in it.
            if span.end > span.start and scale.start(column) >= span.end:
                continue
            now = best[column]
            if now is None or seen[0] > now[0]:
                best[column] = seen
    pieces: Line = []
    for cell in best:
        text, style = (cell[1], cell[2]) if cell is not None else (" ", "")
        if pieces and pieces[-1][1] == style:
            pieces[-1] = (pieces[-1][0] + text, style)
        else:
            pieces.append((text, style))
    return pieces


def _look_of(span: Span, symbols: Symbols) -> tuple[int, str, str]:
    """Rank, symbol and style: of several in one column, the highest rank shows."""
    match span.state:
        case "leader":
            return (6, symbols.leader_cut, "yellow") if span.cut else (7, symbols.leader, "bold green")
        case "candidate":
            return (5, symbols.candidate, "bold yellow")
        case "blocked":
            return (4, symbols.blocked, "yellow")
        case "down":
            return (4, symbols.down, "red")
        case "paused":
            return (3, symbols.paused, "blue")
        case _:
            return (2, symbols.cut, "magenta") if span.cut else (1, symbols.follower, "")


def _strikes(marks: Iterable[Mark]) -> list[tuple[Nanos, list[Mark]]]:
    """In order of time; what strikes at the same moment has one letter."""
    struck: dict[Nanos, list[Mark]] = {}
    for mark in sorted(marks, key=lambda mark: mark.at):
        struck.setdefault(mark.at, []).append(mark)
    return list(struck.items())


def _letter(number: int) -> str:
    return LETTERS[number] if number < len(LETTERS) else "."


def _letters(marks: Iterable[Mark], scale: _Scale) -> str:
    """A letter where something struck; one whose column is taken moves on by a few columns, and where all are, a `+` stands for it."""
    text = [" "] * scale.columns
    for number, (at, _) in enumerate(_strikes(marks)):
        column = scale.column(at)
        free = next((place for place in range(column, min(column + 3, scale.columns)) if text[place] == " "), None)
        if free is None:
            text[column] = "+"
        else:
            text[free] = _letter(number)
    return "".join(text)


def _numbers(recording: Recording, scale: _Scale) -> str:
    """The term of each election, from its column on; a `+` where that would run into the one before it."""
    text = [" "] * scale.columns
    free = 0
    for election in recording.elections:
        column, number = scale.column(election.at), election.shown
        if column < free or column + len(number) > scale.columns:
            text[min(max(column, free - 1), scale.columns - 1)] = "+"
            continue
        text[column : column + len(number)] = number
        free = column + len(number)
    return "".join(text)


def _gaps(gaps: Iterable[Gap], scale: _Scale, sign: str) -> str:
    text = [" "] * scale.columns
    for gap in gaps:
        for column in range(scale.column(gap.start), scale.column(max(gap.start, gap.end - 1)) + 1):
            text[column] = sign
    return "".join(text)


def _heights(acknowledged: Sequence[tuple[Nanos, int]], scale: _Scale, symbols: Symbols) -> str:
    """How many in each column, as its share of the fullest one."""
    counts = [0] * scale.columns
    before = 0
    for at, total in acknowledged:
        counts[scale.column(max(0, at - 1))] += total - before
        before = total
    most, steps = max(counts), len(symbols.heights)
    return "".join(symbols.heights[(count * steps - 1) // most] if count else " " for count in counts)


def _led(recording: Recording, mark: Mark) -> bool:
    """Whether the node that was struck was leading right before."""
    spans = recording.spans.get(mark.node or 0, ())
    return any(span.state == "leader" and span.start < mark.at <= span.end for span in spans)


def _gap_before(gaps: Iterable[Gap], at: Nanos) -> Nanos:
    """How long there had been no leader when one was elected."""
    return next((at - gap.start for gap in gaps if gap.start < at <= gap.end), 0)


def _key(symbols: Iterable[tuple[str, str, str]]) -> Line:
    line: Line = [(" " * LABEL, "")]
    for symbol, meaning, style in symbols:
        line += [(symbol * 2, style), (f" {meaning}  ", "dim")]
    return line


def _time(at: Nanos) -> str:
    return f"{at / SECOND:8.3f}s  "


def _span(length: Nanos) -> str:
    return f"{length / MILLISECOND:,.0f} ms" if length < SECOND else f"{length / SECOND:.2f} s"
