"""Which pictures there are."""

from __future__ import annotations

import msgspec
import pytest

from quorate.sim.compare.plots import plots
from quorate.sim.compare.results import Comparison, Setting
from sim.compare.drawing import check, texts
from sim.compare.sample import comparison


@pytest.mark.parametrize(
    "labels", [("raft",), ("raft", "raft,fast_failover=false,heartbeat_ms=20,append_bytes=1000", "ring", "zab")]
)
def test_all_can_be_looked_at(labels: tuple[str, ...]) -> None:
    drawn = plots(comparison(*labels))
    assert list(drawn) == [
        "election-time.svg",
        "biggest-flaps.svg",
        "links-flap.svg",
        "messages-machine-vanishes.svg",
        "messages-process-dies.svg",
        "time-machine-vanishes.svg",
        "heartbeats.svg",
    ]
    for svg in drawn.values():
        shown = [text for text, _ in texts(check(svg))]
        assert "raft" in shown


def test_the_same_figures_make_the_same_pictures() -> None:
    assert plots(comparison("raft", "zab")) == plots(comparison("raft", "zab"))


def test_what_was_not_measured_is_not_drawn() -> None:
    few = comparison("raft", without=("flaps", "links", "vanishes"))
    assert list(plots(few)) == ["election-time.svg", "messages-process-dies.svg", "heartbeats.svg"]
    assert plots(Comparison(Setting(), (), (), ())) == {}


def test_one_size_makes_no_curve() -> None:
    found = comparison("raft")
    single = msgspec.structs.replace(found, cells=tuple(cell for cell in found.cells if cell.nodes == 5))
    assert list(plots(single)) == ["election-time.svg", "biggest-flaps.svg", "links-flap.svg"]


def test_a_seed_that_never_ended_is_no_point_and_no_bar() -> None:
    found = comparison("raft")
    cells = [
        msgspec.structs.replace(cell, values={name: [*values[:-1], None] for name, values in cell.values.items()})
        for cell in found.cells
    ]
    drawn = plots(msgspec.structs.replace(found, cells=tuple(cells)))
    assert list(drawn) == ["biggest-flaps.svg", "links-flap.svg"]
