"""Who leads when: one strip of time for each entrant, with the faults above it."""

from __future__ import annotations

import msgspec

from quorate.core.ids import SECOND
from quorate.sim.compare.measures import number
from quorate.sim.compare.scales import Scale, exact
from quorate.sim.compare.stage import Timeline
from quorate.sim.compare.svg import COLOURS, Sheet, flow, text_width

WIDTH = 780
TOP = 104
LEGEND_ROW = 20
STRIP = 30
GAP = 14
NAME_SIZE = 12
NUMBER_SIZE = 12


class Row(msgspec.Struct, frozen=True):
    """One entrant's time."""

    name: str
    timeline: Timeline


class StripChart(msgspec.Struct, frozen=True):
    """`fault`: what the shaded times are, such as "node 5 is down"; `{node}` stands for the node of the row."""

    title: str
    subtitle: str
    fault: str
    rows: tuple[Row, ...]

    def draw(self) -> str:
        """As SVG."""
        left = 32 + max(text_width(row.name, NAME_SIZE) for row in self.rows)
        legend = self._legend()
        places = flow([42 + text_width(name, NAME_SIZE) for _, name in legend], 20, WIDTH - 10)
        chart_top = TOP + LEGEND_ROW * places[-1][1]
        bottom = chart_top + len(self.rows) * (STRIP + GAP + 8)
        seconds = max(row.timeline.duration for row in self.rows) / SECOND
        x = exact(seconds, left, WIDTH - 30)
        sheet = Sheet(WIDTH, bottom + 52, self.title, self._describe())
        sheet.head(self.title, self.subtitle)
        for (kind, name), (at, line) in zip(legend, places, strict=True):
            y = 64 + LEGEND_ROW * line
            thin = kind == "soft"
            sheet.box(at, y + 5 if thin else y, 18, 5 if thin else 14, kind)
            sheet.text(at + 24, y + 11, name, size=NAME_SIZE)
        for tick in x.ticks:
            sheet.line(x.at(tick), chart_top - 8, x.at(tick), bottom, "grid")
            sheet.text(x.at(tick), bottom + 18, number(tick), size=11, anchor="middle", kind="soft")
        sheet.text((x.start + x.end) / 2, bottom + 40, "time, s", anchor="middle", kind="soft")
        for place, row in enumerate(self.rows):
            y = chart_top + place * (STRIP + GAP + 8)
            sheet.text(left - 12, y + 8 + STRIP / 2 + 4, row.name, size=NAME_SIZE, anchor="end")
            _draw_row(sheet, x, y, row)
        return sheet.write()

    def _legend(self) -> list[tuple[str, str]]:
        """Kind of shape and name: nodes that led somewhere, what an empty place means, and the fault."""
        nodes = sorted({reign.node for row in self.rows for reign in row.timeline.reigns})
        leaders = [(f"f{(node - 1) % len(COLOURS)}", f"node {node} leads") for node in nodes]
        return [*leaders, ("void", "nobody leads"), ("soft", self._fault())]

    def _fault(self) -> str:
        nodes = sorted({row.timeline.node for row in self.rows})
        return self.fault.format(node=f"node {nodes[0]}" if len(nodes) == 1 else "the node")

    def _describe(self) -> str:
        return f"{self.subtitle}. " + " ".join(f"{row.name}: {_tell(row.timeline)}." for row in self.rows)


def _draw_row(sheet: Sheet, x: Scale, y: float, row: Row) -> None:
    def at(moment: int) -> float:
        return x.at(moment / SECOND)

    timeline = row.timeline
    for band in timeline.bands:
        sheet.box(at(band.since), y, at(band.until) - at(band.since), 5, "soft")
    sheet.box(at(0), y + 8, at(timeline.duration) - at(0), STRIP, "void")
    for reign in timeline.reigns:
        start, end = at(reign.since), at(reign.until)
        tip = f"node {reign.node} leads term {reign.term}, {_seconds(reign.since)} to {_seconds(reign.until)}"
        sheet.box(start, y + 8, end - start, STRIP, f"f{(reign.node - 1) % len(COLOURS)}", tip=tip)
        if end - start > 2 * text_width(str(reign.node), NUMBER_SIZE):
            sheet.text(
                (start + end) / 2, y + 8 + STRIP / 2 + 4, str(reign.node), size=NUMBER_SIZE, anchor="middle", kind="on"
            )


def _tell(timeline: Timeline) -> str:
    if not timeline.reigns:
        return "nobody leads"
    parts = [
        f"node {reign.node} leads from {_seconds(reign.since)} to {_seconds(reign.until)}" for reign in timeline.reigns
    ]
    return ", ".join(parts)


def _seconds(moment: int) -> str:
    return f"{moment / SECOND:.2f} s"
