"""Line charts."""

from __future__ import annotations

import pytest

from quorate.sim.compare.lines import LineChart, Point, Series
from sim.compare.drawing import SPACE, check, texts


def series(name: str, factor: float, *, faint: bool = False) -> Series:
    sizes = (3, 5, 7, 9, 15, 21, 31, 51)
    return Series(name, tuple(Point(x, x * factor, x * factor * 0.8, x * factor * 1.4) for x in sizes), faint)


def chart(*all_series: Series, log: bool) -> LineChart:
    return LineChart("Messages", "From here to there", "cluster size, nodes", "messages", all_series, log=log)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_it_can_be_looked_at(count: int, *, log: bool) -> None:
    """Also when all lines end at one place: their names are pushed apart."""
    lines = [series(f"algorithm {number}", 7) for number in range(count)]
    root = check(chart(*lines, series("n - 1", 0.9, faint=True), log=log).draw())
    shown = [text for text, _ in texts(root)]
    assert {"Messages", "cluster size, nodes", "messages", "3", "51", "n - 1"} <= set(shown)
    assert all(line.name in shown for line in lines)
    curves = [one for one in root.iter(f"{SPACE}polyline") if len(one.attrib["points"].split()) == 8]
    assert len(curves) == count + 1


def test_names_stand_in_the_order_of_the_ends() -> None:
    root = check(chart(series("low", 1), series("high", 90), series("middle", 40), log=False).draw())
    places = {text: box[1] for text, box in texts(root)}
    assert places["high"] < places["middle"] < places["low"]


def test_lines_differ_in_more_than_colour() -> None:
    root = check(chart(*(series(str(number), number + 2) for number in range(1, 6)), log=True).draw())
    dashes = {one.get("stroke-dasharray", "") for one in root.iter(f"{SPACE}polyline")}
    assert len(dashes) == 5


def test_the_description_tells_the_figures() -> None:
    root = check(chart(series("raft", 7), log=False).draw())
    assert "raft: 21 at 3, 35 at 5" in (root[1].text or "")


def test_nothing_but_zero_is_a_line_on_the_ground() -> None:
    flat = Series("none", tuple(Point(x, 0, 0, 0) for x in (3, 5)))
    check(chart(flat, log=False).draw())
