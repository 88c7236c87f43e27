"""A comparison as text."""

from __future__ import annotations

import msgspec
import pytest

from quorate.sim.compare.measures import MEASURES, SECTIONS
from quorate.sim.compare.results import Spread
from quorate.sim.compare.table import as_markdown, as_text, bounded, cell, markdown_table, show
from sim.compare.sample import comparison


def rows(text: str) -> dict[str, str]:
    return {line[:32].strip(): line[32:].strip() for line in text.splitlines() if line.startswith("  ")}


def test_few_entrants_are_columns() -> None:
    text = as_text(comparison("raft", "zab", without=("alone",)), 80)
    found = rows(text)
    assert found["process dies, ms"].split("  ")[0] == "51 (50-52)"
    assert found["one at a time, messages"].split() == ["-", "-"]
    assert text.splitlines()[0].split() == ["raft", "zab"]


def test_many_entrants_are_rows() -> None:
    names = [f"algorithm{number}" for number in range(6)]
    text = as_text(comparison(*names), 80)
    assert all(len(line) <= 80 for line in text.splitlines())
    starts = [line.split()[0] for line in text.splitlines() if line.startswith("  algorithm")]
    assert starts[:6] == names
    assert "dies, messages" in text
    assert "at rest" in text.lower()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("width", [80, 100, 140])
def test_no_line_is_wider_than_asked(count: int, width: int) -> None:
    text = as_text(comparison(*(f"entrant {number}" for number in range(count))), width)
    assert max(map(len, text.splitlines())) <= width
    assert text == "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def test_the_footer_says_what_every_row_means() -> None:
    text = " ".join(as_text(comparison("raft"), 100).split())
    for measure in MEASURES.values():
        assert f"{measure.label}: {measure.meaning}" in text
    assert "5 nodes; 3 seeds, 0 to 2; simulated time." in text
    assert "raft, at rest, per second: Pong 6, Ping 5" in text


def test_width_has_bounds() -> None:
    assert (bounded(20), bounded(99), bounded(1000)) == (80, 99, 140)


def test_a_cell() -> None:
    measure = MEASURES["dies_time"]
    assert cell(comparison("raft", without=("dies",)), "raft", measure) == "-"
    assert show(Spread.of([5_000_000]), measure) == "5"
    assert show(Spread.of([5_000_000, None, 7_500_000]), measure) == "7.50 (5-never)"
    assert show(Spread.of([None]), measure) == "never"


@pytest.mark.parametrize("count", [1, 3, 6])
def test_a_page_has_a_table_for_each_section(count: int) -> None:
    labels = [f"entrant {number}" for number in range(count)]
    text = as_markdown(comparison(*labels))
    assert [line[4:] for line in text.splitlines() if line.startswith("### ")] == [
        section.title for section in SECTIONS
    ]
    for measure in MEASURES.values():
        assert measure.label in text
        assert measure.meaning in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert all(label in " ".join(tables) for label in labels)
    assert msgspec.json.encode(text) == msgspec.json.encode(as_markdown(comparison(*labels)))


def test_a_bar_in_a_name_is_no_column() -> None:
    assert markdown_table(["", "a"], [["x|y", "1"]], right=[1]) == ["|  | a |", "| --- | ---: |", "| x&#124;y | 1 |"]
