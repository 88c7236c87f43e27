"""What a leader counts a follower as having is on that follower's disk."""

import pytest

from quorate.core.durable import Durable, LogPoint
from quorate.sim.invariants import InvariantBrokenError, MatchOnDisk
from sim.stage import Stage, entries, meta


def a_stage(terms: str) -> Stage:
    """Node 1 leads term 2 with this log, which is on no other disk."""
    stage = Stage(MatchOnDisk)
    stage.one.store(entries=entries(terms))
    stage.one.lead(2)
    return stage


def test_what_is_on_that_disk_may_be_counted() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("12"))
    stage.one.count(2, 1)
    stage.one.count(2, 2)
    stage.one.count(2, 2)


def test_what_is_on_its_way_to_that_disk_may_not() -> None:
    stage = a_stage("122")
    stage.two.write(entries=entries("122"))
    with pytest.raises(
        InvariantBrokenError, match="counts index 3, term 2, as held by node 2, whose disk reaches from 0 to 0"
    ):
        stage.one.count(2, 3)


def test_another_entry_at_that_index_is_not_it() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("111"))
    with pytest.raises(InvariantBrokenError, match="has term 1 there"):
        stage.one.count(2, 3)


def test_an_answer_may_be_older_than_what_a_newer_leader_did_to_the_disk() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("122"))
    stage.two.store(truncate_from=2, entries=entries("3", first=2))
    stage.one.count(2, 3)


def test_it_counts_over_a_restart() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("122"))
    stage.two.restart(Durable(entries=entries("122")))
    stage.one.count(2, 3)


def test_a_snapshot_on_that_disk_will_do() -> None:
    stage = a_stage("122")
    stage.three.restart(Durable(start=LogPoint(3, 2), snapshot=meta(3, 2)))
    stage.one.count(3, 3)


def test_what_the_leader_has_compacted_is_known_from_the_commit() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("12"))
    stage.one.step(commit=2)
    stage.one.take_snapshot(meta(3, 2))
    stage.one.store(compact=LogPoint(3, 2))
    stage.one.count(2, 2)
    with pytest.raises(InvariantBrokenError, match="counts index 2, term 2, as held by node 3"):
        stage.one.count(3, 2)


def test_a_new_leadership_counts_anew() -> None:
    stage = a_stage("122")
    stage.two.store(entries=entries("12"))
    stage.one.count(2, 2)
    stage.one.follow(None, 3)
    stage.two.restart(Durable())
    stage.one.step(role="leader", term=4, leader=1, peers={})
    stage.two.store(entries=entries("12"))
    stage.one.count(2, 1)
