"""Committed on a quorum of disks."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import CommitOnQuorum, InvariantBrokenError
from sim.stage import Stage, entries


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


def test_a_snapshot_behind_the_own_commit() -> None:
    stage = Stage(CommitOnQuorum)
    stage.everywhere("11")
    stage.one.step(commit=2)
    with pytest.raises(InvariantBrokenError, match="goes back to a snapshot of 1"):
        stage.one.write(reset=LogPoint(1, 1))
