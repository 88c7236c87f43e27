"""Who leads when, as a picture."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.compare.stage import Timeline
from quorate.sim.compare.strips import Row, StripChart
from quorate.sim.compare.watch import Reign
from sim.compare.drawing import SPACE, check, texts
from sim.compare.sample import timeline


def chart(*rows: Row) -> StripChart:
    return StripChart("Who leads", "The first seed", "{node} is down", rows)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_it_can_be_looked_at(count: int) -> None:
    rows = [Row(f"algorithm {number}", timeline(*range(1, 13))) for number in range(count)]
    root = check(chart(*rows).draw())
    shown = [text for text, _ in texts(root)]
    assert {"node 1 leads", "node 12 leads", "nobody leads", "node 5 is down", "time, s", "60"} <= set(shown)
    assert shown.count("7") == count
    assert all(row.name in shown for row in rows)


def test_a_short_reign_is_drawn_without_its_number() -> None:
    brief = Timeline(
        1, 60 * SECOND, [Reign(7, 1, 0, 30 * SECOND), Reign(8, 2, 31 * SECOND, 31 * SECOND + MILLISECOND)], []
    )
    root = check(chart(Row("a", brief)).draw())
    shown = [text for text, _ in texts(root)]
    assert "7" in shown
    assert "8" not in shown
    tips = [one.text for one in root.iter(f"{SPACE}title")][1:]
    assert tips == ["node 7 leads term 1, 0.00 s to 30.00 s", "node 8 leads term 2, 31.00 s to 31.00 s"]


def test_nodes_that_differ_are_not_named() -> None:
    root = check(chart(Row("a", timeline(1, node=1)), Row("b", timeline(2, node=2))).draw())
    assert "the node is down" in [text for text, _ in texts(root)]


def test_the_description_tells_who_led() -> None:
    root = check(chart(Row("a", timeline(3)), Row("b", Timeline(1, SECOND, [], []))).draw())
    assert "a: node 3 leads from 0.50 s to 5.00 s. b: nobody leads." in (root[1].text or "")
