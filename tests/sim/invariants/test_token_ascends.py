"""Later leaders have higher tokens."""

import pytest

from quorate.sim.clock import Clock
from quorate.sim.invariants import InvariantBrokenError, TokenAscends
from sim.stage import GRANTS, Ballot, Puppet, Stage


def lead(puppet: Puppet, term: int) -> None:
    """Be elected, with the promise on the disk."""
    puppet.store(hard_state=Ballot(term))
    puppet.lead(term)


def test_one_after_the_other() -> None:
    stage = Stage(TokenAscends, grants=GRANTS)
    lead(stage.one, 71)
    lead(stage.two, 82)


def test_a_leader_of_an_earlier_token() -> None:
    stage = Stage(TokenAscends, grants=GRANTS)
    lead(stage.two, 82)
    with pytest.raises(InvariantBrokenError, match="node 1 is elected for 71 after 82"):
        lead(stage.one, 71)


def test_what_is_not_on_the_disk_yet_is_not_told_and_may_be_claimed_again() -> None:
    stage = Stage(TokenAscends, grants=GRANTS)
    stage.one.step(stage.one.persist(hard_state=Ballot(71)), role="leader", term=71, leader=1)
    stage.one.follow(None, 71)
    stage.one.synced()
    lead(stage.one, 71)


def test_a_leader_counts_from_when_its_promise_is_on_the_disk() -> None:
    stage = Stage(TokenAscends, grants=GRANTS)
    stage.one.step(stage.one.persist(hard_state=Ballot(71)), role="leader", term=71, leader=1)
    lead(stage.two, 82)
    with pytest.raises(InvariantBrokenError, match="node 1 is elected for 71 after 82"):
        stage.one.synced()


def test_with_clocks_beyond_their_bound_nothing_is_said() -> None:
    stage = Stage(TokenAscends, grants=GRANTS)
    stage.observer.clock_changed(Clock(rate=1_080_000))
    lead(stage.two, 82)
    lead(stage.one, 71)
