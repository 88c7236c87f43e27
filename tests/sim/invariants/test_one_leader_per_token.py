"""One leader per token."""

import pytest

from quorate.core.durable import Durable
from quorate.core.effects import LeaderChanged
from quorate.sim.invariants import InvariantBrokenError, OneLeaderPerToken
from sim.stage import Stage


def test_all_are_told_the_same_in_rising_terms() -> None:
    stage = Stage(OneLeaderPerToken)
    for puppet in (stage.one, stage.two):
        puppet.step(LeaderChanged(1, 1))
        puppet.step(LeaderChanged(None, 1))
        puppet.step(LeaderChanged(2, 3))
    stage.two.step(LeaderChanged(2, 3, ready=True))


def test_two_leaders_of_a_term() -> None:
    stage = Stage(OneLeaderPerToken)
    stage.one.step(LeaderChanged(1, 4))
    with pytest.raises(
        InvariantBrokenError, match="node 2 is told that node 3 leads term 4; another was told of node 1"
    ):
        stage.two.step(LeaderChanged(3, 4))


def test_a_term_that_falls() -> None:
    stage = Stage(OneLeaderPerToken)
    stage.one.step(LeaderChanged(1, 4))
    with pytest.raises(InvariantBrokenError, match="node 1 is told of term 3 after term 4"):
        stage.one.step(LeaderChanged(None, 3))


def test_a_new_process_knows_nothing_of_the_old_one() -> None:
    stage = Stage(OneLeaderPerToken)
    stage.one.step(LeaderChanged(1, 4))
    stage.one.restart(Durable())
    stage.one.step(LeaderChanged(None, 3))


def test_only_a_leader_says_that_it_is_ready() -> None:
    stage = Stage(OneLeaderPerToken)
    with pytest.raises(InvariantBrokenError, match="node 2 is told that node 1 is ready"):
        stage.two.step(LeaderChanged(1, 4, ready=True))
