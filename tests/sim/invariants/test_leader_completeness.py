"""Leader Completeness."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import InvariantBrokenError, LeaderCompleteness
from sim.stage import Stage, entries


def test_a_leader_with_all_that_was_committed() -> None:
    stage = Stage(LeaderCompleteness)
    stage.everywhere("11")
    stage.one.lead(1)
    stage.one.step(commit=2)
    stage.two.lead(2)


def test_a_snapshot_stands_for_what_it_covers() -> None:
    stage = Stage(LeaderCompleteness)
    stage.everywhere("11")
    stage.one.lead(1)
    stage.one.step(commit=2)
    stage.two.store(compact=LogPoint(2, 1))
    stage.two.lead(2)


def test_a_leader_without_a_committed_entry() -> None:
    stage = Stage(LeaderCompleteness)
    stage.one.store(entries=entries("11"))
    stage.one.lead(1)
    stage.one.step(commit=2)
    stage.two.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match="node 2, elected in term 2, has nothing there"):
        stage.two.lead(2)


def test_a_leader_with_another_entry_in_its_place() -> None:
    stage = Stage(LeaderCompleteness)
    stage.one.store(entries=entries("12"))
    stage.one.lead(2)
    stage.one.step(commit=2)
    stage.two.store(entries=entries("13"))
    with pytest.raises(InvariantBrokenError, match="node 2, elected in term 4, has an entry of term 3"):
        stage.two.lead(4)


def test_an_old_leader_that_commits_what_a_later_one_lacks() -> None:
    """Figure 8 of the paper, as it looks from the old leader."""
    stage = Stage(LeaderCompleteness)
    stage.one.store(entries=entries("11"))
    stage.one.lead(1)
    stage.two.store(entries=entries("1"))
    stage.two.lead(2)
    stage.one.step(commit=1)
    with pytest.raises(InvariantBrokenError, match="index 2 was committed with term 1"):
        stage.one.step(commit=2)


def test_a_leader_of_an_earlier_term_owes_nothing() -> None:
    stage = Stage(LeaderCompleteness)
    stage.one.store(entries=entries("22"))
    stage.one.lead(2)
    stage.one.step(commit=2)
    stage.two.lead(1)
