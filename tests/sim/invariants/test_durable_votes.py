"""Elected by durable votes."""

import pytest

from quorate.core.durable import Durable
from quorate.sim.invariants import DurableVotes, InvariantBrokenError
from sim.stage import Ballot, Puppet, Stage


def vote(puppet: Puppet, term: int, candidate: int, *, synced: bool = True) -> None:
    puppet.term, puppet.voted_for = term, candidate
    puppet.write(hard_state=Ballot(term, candidate))
    if synced:
        puppet.synced()


def test_a_majority_of_durable_votes() -> None:
    stage = Stage(DurableVotes)
    vote(stage.one, 1, 1)
    vote(stage.two, 1, 1)
    stage.one.lead(1)


def test_a_vote_that_is_not_on_disk_elects_nobody() -> None:
    stage = Stage(DurableVotes)
    vote(stage.one, 1, 1)
    vote(stage.two, 1, 1, synced=False)
    with pytest.raises(InvariantBrokenError, match=r"node 1 leads term 1 with the durable votes of \[1\] alone"):
        stage.one.lead(1)


def test_a_vote_of_another_term_elects_nobody() -> None:
    stage = Stage(DurableVotes)
    vote(stage.two, 1, 1)
    vote(stage.one, 2, 1)
    with pytest.raises(InvariantBrokenError, match="leads term 2"):
        stage.one.lead(2)


def test_two_votes_in_one_term() -> None:
    stage = Stage(DurableVotes)
    vote(stage.three, 1, 1)
    with pytest.raises(InvariantBrokenError, match="node 3 voted for 1 and for 2 in term 1"):
        vote(stage.three, 1, 2)


def test_a_vote_that_survived_a_crash_unseen_counts_as_given() -> None:
    stage = Stage(DurableVotes)
    stage.three.term, stage.three.voted_for = 1, 1
    stage.three.restart(Durable(hard_state=Ballot(1, 1)))
    with pytest.raises(InvariantBrokenError, match="node 3 voted for 1 and for 2"):
        vote(stage.three, 1, 2)


def test_a_leader_for_whom_nobody_voted_not_even_itself() -> None:
    stage = Stage(DurableVotes)
    with pytest.raises(InvariantBrokenError, match=r"node 1 leads term 1 with the durable votes of \[\] alone"):
        stage.one.lead(1)
