"""A line chart: one line for each series, named where it ends."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from quorate.sim.compare.measures import number
from quorate.sim.compare.scales import Scale, linear, listed, logarithmic
from quorate.sim.compare.svg import COLOURS, DASHES, Sheet, text_width

WIDTH, HEIGHT = 780, 456
LEFT, TOP, BOTTOM = 74, 94, 398
NAME_SIZE = 12
NAME_APART = 17


class Point(msgspec.Struct, frozen=True):
    """The median at `x`, with the least and the worst around it."""

    x: float
    y: float
    least: float
    worst: float


class Series(msgspec.Struct, frozen=True):
    """`faint`: for comparison only, without marks."""

    name: str
    points: tuple[Point, ...]
    faint: bool = False


class LineChart(msgspec.Struct, frozen=True):
    """Axes carry their unit in their label. `log`: of the y axis; the x axis always is, with a tick at each x there is."""

    title: str
    subtitle: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    log: bool = False

    def draw(self) -> str:
        """As SVG."""
        right = WIDTH - 52 - max(text_width(series.name, NAME_SIZE) for series in self.series)
        every = [point for series in self.series for point in series.points]
        x = listed([point.x for point in every], LEFT + 14, right - 8, apart=26)
        y = self._y_scale(every)
        sheet = Sheet(WIDTH, HEIGHT, self.title, self._describe())
        sheet.head(self.title, self.subtitle)
        self._axes(sheet, x, y, right)
        for place, series in enumerate(self.series):
            _draw_series(sheet, x, y, series, place)
        self._names(sheet, y, right)
        return sheet.write()

    def _y_scale(self, every: Sequence[Point]) -> Scale:
        if self.log:
            return logarithmic([value for point in every for value in (point.least, point.worst)], BOTTOM, TOP)
        return linear(max(point.worst for point in every), BOTTOM, TOP)

    def _axes(self, sheet: Sheet, x: Scale, y: Scale, right: float) -> None:
        for tick in y.ticks:
            at = y.at(tick)
            sheet.line(LEFT, at, right, at, "grid")
            sheet.text(LEFT - 8, at + 4, number(tick), size=11, anchor="end", kind="soft")
        sheet.line(LEFT, BOTTOM, right, BOTTOM, "axis")
        for tick in x.ticks:
            at = x.at(tick)
            sheet.line(at, BOTTOM, at, BOTTOM + 5, "axis")
            sheet.text(at, BOTTOM + 19, number(tick), size=11, anchor="middle", kind="soft")
        sheet.text((LEFT + right) / 2, BOTTOM + 42, self.x_label, anchor="middle", kind="soft")
        sheet.text(20, TOP - 16, self.y_label, kind="soft")

    def _names(self, sheet: Sheet, y: Scale, right: float) -> None:
        """Each name beside the end of its line, pushed apart where lines end close to each other."""
        ends = sorted((y.at(series.points[-1].y), place) for place, series in enumerate(self.series))
        lowest = BOTTOM - NAME_APART * (len(ends) - 1)
        at = float(TOP)
        for rank, (end, place) in enumerate(ends):
            at = min(max(end, at), lowest + NAME_APART * rank)
            series = self.series[place]
            if series.faint:
                sheet.curve([(right + 6, at), (right + 34, at)], "axis", width=1, dash="1 4")
            else:
                colour = place % len(COLOURS)
                sheet.curve([(right + 4, at), (right + 36, at)], f"s{colour}", dash=DASHES[place % len(DASHES)])
                sheet.mark(right + 20, at, place)
            sheet.text(right + 42, at + 4, series.name, size=NAME_SIZE, kind="soft" if series.faint else "ink")
            at += NAME_APART

    def _describe(self) -> str:
        told = [
            f"{series.name}: " + ", ".join(f"{number(point.y)} at {number(point.x)}" for point in series.points)
            for series in self.series
        ]
        return f"{self.subtitle}. {self.y_label} by {self.x_label}. " + "; ".join(told) + "."


def _draw_series(sheet: Sheet, x: Scale, y: Scale, series: Series, place: int) -> None:
    places = [(x.at(point.x), y.at(point.y)) for point in series.points]
    if series.faint:
        sheet.curve(places, "axis", width=1, dash="1 4")
        return
    colour = place % len(COLOURS)
    over = [(x.at(point.x), y.at(point.worst)) for point in series.points]
    under = [(x.at(point.x), y.at(point.least)) for point in reversed(series.points)]
    sheet.area([*over, *under], f"f{colour}", 0.13)
    sheet.curve(places, f"s{colour}", dash=DASHES[place % len(DASHES)])
    for px, py in places:
        sheet.mark(px, py, place)
