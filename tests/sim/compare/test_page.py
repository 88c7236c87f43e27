"""The page of a comparison."""

from __future__ import annotations

from quorate.sim.compare.page import page, title_of
from quorate.sim.compare.plots import plots
from quorate.sim.compare.verdict import Verdict
from sim.compare.sample import comparison


def test_it_holds_pictures_table_kinds_and_claims() -> None:
    found = comparison("raft")
    pictures = plots(found)
    text = page(found, pictures, [Verdict("raft", "It is stable.", "confirmed", "See.")], "quorate compare --out DIR")
    for name, svg in pictures.items():
        assert f"![{title_of(svg)}]({name})" in text
    assert "Made by `quorate compare --out DIR`" in text
    assert "There is nothing to compare with yet: raft is alone." in text
    assert "- raft: default settings" in text
    assert "| raft | It is stable. | **confirmed** | See. |" in text
    assert "`Pong` 6, `Ping` 5" in text
    assert "](figures.json)" in text


def test_two_are_not_alone() -> None:
    found = comparison("raft", "raft,x=1")
    text = page(found, {}, [], "c")
    assert "nothing to compare" not in text
    assert "## Claims" not in text


def test_a_title_is_that_of_the_picture() -> None:
    assert title_of('<svg><title id="title">Who &amp; when</title></svg>') == "Who &amp; when"
