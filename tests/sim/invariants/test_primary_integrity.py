"""Primary Integrity."""

import pytest

from quorate.sim.invariants import InvariantBrokenError, PrimaryIntegrity
from sim.stage import Puppet, Stage


def be_ready(puppet: Puppet, term: int) -> None:
    puppet.step(role="leader", term=term, leader=puppet.node, ready=True)


def committed_by_one() -> Stage:
    """Node 1 has committed two entries as leader of term 1."""
    stage = Stage(PrimaryIntegrity)
    stage.everywhere("11")
    stage.one.lead(1)
    stage.one.step(commit=2)
    return stage


def test_who_has_committed_all_that_is_earlier_may_be_ready() -> None:
    stage = committed_by_one()
    stage.two.lead(2)
    stage.two.commit = 2
    be_ready(stage.two, 2)
    stage.three.step(commit=2)


def test_ready_without_what_was_committed() -> None:
    stage = committed_by_one()
    stage.two.commit = 1
    with pytest.raises(
        InvariantBrokenError, match=r"index 2 was committed in term 1, but node 2 .* lead term 2 with 1"
    ):
        be_ready(stage.two, 2)


def test_an_earlier_leader_that_commits_after_that() -> None:
    stage = Stage(PrimaryIntegrity)
    stage.everywhere("11")
    stage.one.lead(1)
    stage.two.commit = 1
    be_ready(stage.two, 2)
    with pytest.raises(
        InvariantBrokenError, match=r"index 2 was committed in term 1, but node 2 .* lead term 2 with 1"
    ):
        stage.one.step(commit=2)
