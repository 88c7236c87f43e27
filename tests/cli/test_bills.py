"""What an election should cost, held against elections."""

from __future__ import annotations

import pytest

from quorate.cli.bills import Bill, asked_by_all, matching, undisturbed
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.results import Cell
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials.elections import machine_vanishes, process_dies


def test_a_bill() -> None:
    bill = Bill({"Ask": (4, 4), "Answer": (2, 3)})
    assert bill.total == (6, 7)
    assert bill.covers({"Ask": 4, "Answer": 3})
    assert bill.covers({"Ask": 4, "Answer": 2, "Other": 0})
    assert not bill.covers({"Ask": 4, "Answer": 4})
    assert not bill.covers({"Ask": 4})
    assert not bill.covers({"Ask": 4, "Answer": 2, "Other": 1})


@pytest.mark.parametrize("nodes", [3, 4, 5, 9])
def test_an_undisturbed_election_takes_what_is_derived(nodes: int) -> None:
    """The oracle: waits of half a second make one candidate all but certain."""
    silent = machine_vanishes(Stage(Entrant("raft", "raft"), nodes, 1))
    assert undisturbed(nodes, told=False).covers(silent.kinds)
    told = process_dies(Stage(Entrant("raft", "raft", {"fast_failover": False}), nodes, 1))
    assert undisturbed(nodes, told=True).covers(told.kinds)
    low, high = undisturbed(nodes, told=False).total
    assert low <= sum(silent.kinds.values()) <= high


@pytest.mark.parametrize("nodes", [3, 5, 8])
def test_bullies_that_all_notice_at_once_take_what_is_derived(nodes: int) -> None:
    """The oracle: the waits for a silent leader differ by less than the answers take."""
    entrant = Entrant("textbook", "bully", {"guard": "none"})
    seen = machine_vanishes(Stage(entrant, nodes, 1))
    bill = asked_by_all(nodes)
    assert bill.covers(seen.kinds)
    assert bill.total[0] - 1 == nodes * nodes - nodes - 1


def test_seeds_that_match() -> None:
    cell = Cell("x", "dies", 3, {"dies_time": [1, 2, 3]}, {"Ask": [4, 4, 5], "Answer": [2, 9, 2]})
    assert matching(cell, Bill({"Ask": (4, 4), "Answer": (2, 3)})) == 1
