"""Integrity."""

import pytest

from quorate.sim.invariants import Integrity, InvariantBrokenError
from sim.stage import Stage, entries


def test_what_leaders_proposed_also_if_a_later_one_commits_it() -> None:
    stage = Stage(Integrity)
    stage.one.lead(1)
    stage.one.store(entries=entries("1"))
    stage.two.store(entries=entries("1"))
    stage.two.lead(2)
    stage.two.store(entries=entries("2", first=2))
    stage.two.step(commit=2)
    stage.one.step(commit=1)


def test_an_entry_that_its_leader_never_proposed() -> None:
    stage = Stage(Integrity)
    stage.one.lead(1)
    stage.two.store(entries=entries("1"))
    stage.one.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match="index 1, term 1, which node 2 had first; node 1 led that term"):
        stage.one.step(commit=1)


def test_an_entry_of_a_term_that_nobody_led() -> None:
    stage = Stage(Integrity)
    stage.one.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match="which node 1 had first; node None led that term"):
        stage.one.step(commit=1)
