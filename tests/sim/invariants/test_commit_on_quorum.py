"""Committed on a quorum of disks."""

from collections.abc import Collection, Sequence

import pytest

from quorate.core.durable import Durable, LogPoint
from quorate.core.ids import NodeId
from quorate.sim.invariants import CommitOnQuorum, InvariantBrokenError
from sim.stage import Stage, entries, meta


def test_two_disks_of_three_are_enough_also_when_one_has_it_in_a_snapshot() -> None:
    stage = Stage(CommitOnQuorum)
    stage.one.store(entries=entries("111"))
    stage.two.store(entries=entries("11"))
    stage.one.step(commit=2)
    stage.three.store(reset=LogPoint(4, 1))
    stage.one.step(commit=3)


def test_what_is_only_on_its_way_to_disk_does_not_count() -> None:
    stage = Stage(CommitOnQuorum)
    stage.one.store(entries=entries("1"))
    stage.two.write(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match=r"durable only on nodes \[1\]"):
        stage.one.step(commit=1)


def test_another_term_at_the_index_does_not_count() -> None:
    stage = Stage(CommitOnQuorum)
    stage.one.store(entries=entries("2"))
    stage.two.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match=r"index 1, term 2, which is durable only on nodes \[1\]"):
        stage.one.step(commit=1)


def test_a_committed_entry_is_never_dropped_but_its_rival_may_be() -> None:
    stage = Stage(CommitOnQuorum)
    stage.one.store(entries=entries("12"))
    stage.two.store(entries=entries("12"))
    stage.three.store(entries=entries("11"))
    stage.one.step(commit=2)
    stage.three.store(truncate_from=2)
    with pytest.raises(InvariantBrokenError, match="node 2 drops index 2, which is committed"):
        stage.two.write(truncate_from=2)


def cut_off_while_it_was_committed(holders: int) -> Stage:
    """Node 3 has an entry of term 2 and is still in term 2; a leader of term 5 has committed that entry on `holders` other disks."""
    stage = Stage(CommitOnQuorum)
    for puppet in (stage.one, stage.two):
        puppet.store(entries=entries("12"))
    stage.three.store(entries=entries("12"))
    stage.three.follow(None, 2)
    stage.one.lead(5)
    stage.one.step(commit=2)
    if holders == 1:
        stage.observer.chronicle.views[2].disk.truncate(2)
    return stage


def test_a_node_that_follows_a_leader_of_an_earlier_term_may_drop_a_copy_that_did_not_count() -> None:
    stage = cut_off_while_it_was_committed(2)
    stage.three.step(stage.three.persist(truncate_from=2, entries=entries("4", first=2)), term=4, leader=2)


def test_a_copy_that_did_count_is_dropped_by_nobody() -> None:
    stage = cut_off_while_it_was_committed(1)
    with pytest.raises(InvariantBrokenError, match="node 3 drops index 2, which is committed"):
        stage.three.step(stage.three.persist(truncate_from=2), term=4, leader=2)


@pytest.mark.parametrize("term", [5, 6])
def test_who_is_in_the_term_of_the_commit_keeps_it(term: int) -> None:
    stage = cut_off_while_it_was_committed(2)
    with pytest.raises(InvariantBrokenError, match="node 3 drops index 2, which is committed"):
        stage.three.step(stage.three.persist(truncate_from=2), term=term, leader=1)


def test_a_snapshot_behind_the_own_commit() -> None:
    stage = Stage(CommitOnQuorum)
    stage.everywhere("11")
    stage.one.step(commit=2)
    with pytest.raises(InvariantBrokenError, match="goes back to a snapshot of 1"):
        stage.one.write(reset=LogPoint(1, 1))


def test_what_something_under_way_drops_is_not_on_that_disk() -> None:
    stage = Stage(CommitOnQuorum)
    for puppet in (stage.one, stage.two):
        puppet.store(entries=entries("12"))
    stage.two.write(truncate_from=2)
    stage.one.step(commit=0)
    with pytest.raises(InvariantBrokenError, match=r"index 2, term 2, which is durable only on nodes \[1\]"):
        stage.one.step(commit=2)


def test_a_snapshot_that_throws_away_a_committed_tail() -> None:
    stage = Stage(CommitOnQuorum)
    stage.everywhere("112")
    stage.one.step(commit=3)
    with pytest.raises(InvariantBrokenError, match="node 2 drops index 3, which is committed"):
        stage.two.write(reset=LogPoint(2, 1))


def test_a_node_may_come_back_with_less_as_long_as_a_majority_has_it() -> None:
    stage = Stage(CommitOnQuorum)
    stage.everywhere("112")
    stage.one.step(commit=3)
    stage.two.restart(Durable(entries=entries("11")))
    with pytest.raises(InvariantBrokenError, match=r"up to 3 are committed, .* only up to \{1: 3, 2: 2, 3: 2\}"):
        stage.three.restart(Durable(entries=entries("113")))


def test_a_snapshot_is_as_good_as_the_entries() -> None:
    stage = Stage(CommitOnQuorum)
    stage.everywhere("112")
    stage.one.step(commit=3)
    stage.two.restart(Durable(start=LogPoint(3, 2), snapshot=meta(3, 2)))
    stage.three.restart(Durable(start=LogPoint(3, 2), snapshot=meta(3, 2)))
    stage.one.restart(Durable())


def heavy(sets: Sequence[Collection[NodeId]], nodes: Collection[NodeId]) -> bool:
    """Node 1 weighs as much as all others together, and one more."""
    return bool(sets) and 1 in nodes


def test_who_decides_is_what_the_algorithm_says() -> None:
    stage = Stage(CommitOnQuorum, quorum=heavy)
    for puppet in (stage.one, stage.two, stage.three):
        puppet.write(entries=entries("11"))
    stage.one.synced()
    stage.one.step(commit=1)
    stage.two.restart(Durable())
    stage = Stage(CommitOnQuorum, quorum=heavy)
    for puppet in (stage.two, stage.three):
        puppet.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match=r"durable only on nodes \[2, 3\]"):
        stage.two.step(commit=1)
