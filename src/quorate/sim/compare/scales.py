"""From numbers to places on paper, with ticks at round numbers."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import msgspec


class Scale(msgspec.Struct, frozen=True):
    """Numbers from `low` to `high` lie from `start` to `end`, evenly or by their logarithm. `ticks` are marked."""

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        """Where `value` lies."""
        low, high, value = (log10(x) if self.logarithmic else x for x in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.start + share * (self.end - self.start)


def linear(highest: float, start: float, end: float, count: int = 5) -> Scale:
    """From 0 to the first round number at or above `highest`, with about `count` steps."""
    step = round_step(max(highest, 1e-9) / count)
    steps = max(1, -(-highest // step))
    return Scale(0, step * steps, start, end, tuple(step * number for number in range(int(steps) + 1)))


def exact(highest: float, start: float, end: float, count: int = 7) -> Scale:
    """From 0 to `highest` itself, with about `count` round ticks."""
    step = round_step(highest / count)
    return Scale(0, highest, start, end, tuple(step * number for number in range(int(highest // step) + 1)))


def logarithmic(values: Sequence[float], start: float, end: float) -> Scale:
    """All of `values`, which must be above 0, and ticks at 1, 2 and 5 times each power of ten; at the powers alone if that is plenty."""
    low, high = min(values), max(values)
    first, last = floor(log10(low)), floor(log10(high)) + 1
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    marks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    below = max((mark for mark in marks if mark <= low), default=low)
    above = min((mark for mark in marks if mark >= high), default=high)
    ticks = tuple(mark for mark in marks if below <= mark <= above)
    return Scale(below, above, start, end, ticks, logarithmic=True)


def listed(values: Sequence[float], start: float, end: float, apart: float) -> Scale:
    """By logarithm, with ticks at `values` themselves, as far as they are `apart`; the first and the last always."""
    ordered = sorted(set(values))
    scale = Scale(ordered[0], ordered[-1], start, end, (), logarithmic=True)
    kept = [ordered[0]]
    for value in ordered[1:-1]:
        far = scale.at(value) - scale.at(kept[-1]) >= apart and scale.at(ordered[-1]) - scale.at(value) >= apart
        kept += [value] if far else []
    return msgspec.structs.replace(scale, ticks=tuple(dict.fromkeys([*kept, ordered[-1]])))


def round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least * (1 - 1e-9))
