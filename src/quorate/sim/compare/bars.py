"""A bar chart: groups of bars, one for each series, with a whisker from the least to the worst."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quorate.sim.compare.measures import number
from quorate.sim.compare.scales import Scale, linear
from quorate.sim.compare.svg import COLOURS, Sheet, flow, text_width

WIDTH = 780
TOP = 92
LEGEND_ROW = 20
BAR = 15
BETWEEN = 4
GROUP_GAP = 18
NAME_SIZE = 12


class Bar(msgspec.Struct, frozen=True):
    """Median, least and worst."""

    median: float
    least: float
    worst: float


class Group(msgspec.Struct, frozen=True):
    """One bar for each series, in their order; None: `missing` is written instead."""

    name: str
    bars: tuple[Bar | None, ...]


class BarChart(msgspec.Struct, frozen=True):
    """Bars lie on their side, so that names can be read. `unit` is that of all numbers."""

    title: str
    subtitle: str
    unit: str
    series: tuple[str, ...]
    groups: tuple[Group, ...]
    missing: str = "-"

    def draw(self) -> str:
        """As SVG."""
        left = 32 + max(text_width(group.name, NAME_SIZE) for group in self.groups)
        tall = len(self.series) * (BAR + BETWEEN) - BETWEEN
        legend = flow([36 + text_width(name, NAME_SIZE) for name in self.series], 20, WIDTH - 10)
        chart_top = TOP + LEGEND_ROW * legend[-1][1]
        bottom = chart_top + len(self.groups) * (tall + GROUP_GAP)
        found = [bar for group in self.groups for bar in group.bars if bar is not None]
        x = linear(max((bar.worst for bar in found), default=1), left, WIDTH - 92)
        sheet = Sheet(WIDTH, bottom + 52, self.title, self._describe())
        sheet.head(self.title, self.subtitle)
        self._legend(sheet, legend)
        for tick in x.ticks:
            sheet.line(x.at(tick), chart_top - 8, x.at(tick), bottom, "grid")
            sheet.text(x.at(tick), bottom + 18, number(tick), size=11, anchor="middle", kind="soft")
        sheet.text((x.start + x.end) / 2, bottom + 40, self.unit, anchor="middle", kind="soft")
        for place, group in enumerate(self.groups):
            y = chart_top + place * (tall + GROUP_GAP) + GROUP_GAP / 2
            sheet.text(left - 12, y + tall / 2 + 4, group.name, size=NAME_SIZE, anchor="end")
            self._draw_group(sheet, x, y, group)
        sheet.line(left, chart_top - 8, left, bottom, "axis")
        return sheet.write()

    def _legend(self, sheet: Sheet, places: Sequence[tuple[float, int]]) -> None:
        for place, (x, row) in enumerate(places):
            y = 62 + LEGEND_ROW * row
            sheet.box(x, y, 12, 12, f"f{place % len(COLOURS)}", round_=2)
            sheet.text(x + 18, y + 10, self.series[place], size=NAME_SIZE)

    def _draw_group(self, sheet: Sheet, x: Scale, y: float, group: Group) -> None:
        for place, bar in enumerate(group.bars):
            top = y + place * (BAR + BETWEEN)
            middle = top + BAR / 2
            if bar is None:
                sheet.text(x.start + 8, middle + 4, self.missing, size=11, kind="soft")
                continue
            length = max(1.5, x.at(bar.median) - x.start)
            tip = (
                f"{self.series[place]}, {group.name}: {number(bar.median)} ({number(bar.least)} to {number(bar.worst)})"
            )
            sheet.box(x.start, top, length, BAR, f"f{place % len(COLOURS)}", tip=tip, round_=2)
            low, high = x.at(bar.least), x.at(bar.worst)
            if high - low > 1:
                sheet.line(low, middle, high, middle, "pen", 1.2)
                for end in (low, high):
                    sheet.line(end, middle - 4, end, middle + 4, "pen", 1.2)
            sheet.text(max(high, x.start + length) + 8, middle + 4, number(bar.median), size=11)

    def _describe(self) -> str:
        told = []
        for group in self.groups:
            pairs = zip(self.series, group.bars, strict=True)
            told.append(f"{group.name}: " + ", ".join(f"{name} {self._tell(bar)}" for name, bar in pairs))
        return f"{self.subtitle}. Medians, {self.unit}. " + "; ".join(told) + "."

    def _tell(self, bar: Bar | None) -> str:
        return self.missing if bar is None else f"{number(bar.median)} ({number(bar.least)} to {number(bar.worst)})"
