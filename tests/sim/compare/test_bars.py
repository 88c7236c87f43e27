"""Bar charts."""

from __future__ import annotations

import pytest

from quorate.sim.compare.bars import Bar, BarChart, Group
from sim.compare.drawing import SPACE, check, texts


def chart(names: list[str], groups: int = 3) -> BarChart:
    bars = tuple(Bar(50.0 * number + 10, 40.0 * number, 70.0 * number + 20) for number, _ in enumerate(names))
    return BarChart(
        "Times", "5 nodes", "ms", tuple(names), tuple(Group(f"leader stands still {n}", bars) for n in range(groups))
    )


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_it_can_be_looked_at(count: int) -> None:
    names = [f"algorithm {number}, fast=false" for number in range(count)]
    root = check(chart(names).draw())
    shown = [text for text, _ in texts(root)]
    assert {*names, "Times", "ms", "leader stands still 2"} <= set(shown)
    tips = [one.text or "" for one in root.iter(f"{SPACE}title")][1:]
    assert len(tips) == 3 * count


def test_length_and_whisker_are_in_proportion() -> None:
    bars = BarChart("t", "s", "ms", ("a",), (Group("g", (Bar(50, 20, 100),)),))
    root = check(bars.draw())
    (bar,) = [one for one in root.iter(f"{SPACE}rect") if one.get("height") == "15"]
    left, width = float(bar.attrib["x"]), float(bar.attrib["width"])
    (whisker,) = [
        one for one in root.iter(f"{SPACE}line") if one.get("class") == "pen" and one.get("y1") == one.get("y2")
    ]
    assert float(whisker.attrib["x1"]) - left == pytest.approx(width * 0.4, abs=0.2)
    assert float(whisker.attrib["x2"]) - left == pytest.approx(width * 2, abs=0.2)


def test_a_bar_that_is_missing_says_so() -> None:
    bars = BarChart("t", "s", "ms", ("a", "b"), (Group("g", (None, Bar(1, 1, 1))),), missing="never")
    root = check(bars.draw())
    assert "never" in [text for text, _ in texts(root)]
    assert "g: a never, b 1 (1 to 1)" in (root[1].text or "")
