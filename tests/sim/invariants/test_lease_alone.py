"""A lease is held alone."""

import pytest

from quorate.sim.invariants import InvariantBrokenError, LeaseAlone
from sim.stage import Stage


def held(stage: Stage, *nodes: int) -> None:
    """These would answer reads by themselves."""
    for node in (1, 2, 3):
        stage.observer.runs(node, lambda node=node: node in nodes)


def test_one_after_the_other() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    held(stage, 1)
    stage.observer.answered_by_lease(1)
    held(stage)
    stage.two.lead(2)
    held(stage, 2)
    stage.observer.answered_by_lease(2)
    assert stage.observer.tally.lease_reads == 2


def test_an_election_while_another_holds_a_lease() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    held(stage, 1)
    with pytest.raises(
        InvariantBrokenError, match="node 2 was elected for term 2 while node 1 holds a lease of term 1"
    ):
        stage.two.lead(2)


def test_a_lease_dies_with_its_process() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    held(stage, 1)
    stage.observer.crashed(1)
    stage.two.lead(2)


def test_an_answer_while_another_leads_a_later_term() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    stage.two.lead(2)
    with pytest.raises(
        InvariantBrokenError, match="node 1 answers reads by a lease in term 1 while node 2 leads term 2"
    ):
        stage.observer.answered_by_lease(1)


def test_an_answer_of_a_node_that_does_not_lead() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    stage.one.follow(2, 2)
    with pytest.raises(InvariantBrokenError, match="node 1 answers reads by a lease in term 2, and does not lead"):
        stage.observer.answered_by_lease(1)


def test_a_machine_that_wakes_up_holds_none_if_others_moved_on() -> None:
    stage = Stage(LeaseAlone)
    stage.one.lead(1)
    stage.two.lead(2)
    stage.observer.woke_up(1)
    held(stage, 1)
    with pytest.raises(InvariantBrokenError, match="while node 2 leads term 2"):
        stage.observer.woke_up(1)


def test_it_is_for_algorithms_with_leases() -> None:
    assert LeaseAlone.features == {"leases"}
