"""Leader Append-Only."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import InvariantBrokenError, LeaderAppendOnly
from sim.stage import Stage, entries


def test_a_follower_may_truncate_and_a_leader_may_append_and_compact() -> None:
    stage = Stage(LeaderAppendOnly)
    stage.one.store(entries=entries("11"))
    stage.one.store(truncate_from=2)
    stage.one.lead(2)
    stage.one.store(entries=entries("2", first=2))
    stage.one.store(compact=LogPoint(1, 1))


def test_a_leader_that_steps_down_may_truncate_in_the_same_step() -> None:
    stage = Stage(LeaderAppendOnly)
    stage.one.store(entries=entries("11"))
    stage.one.lead(2)
    stage.one.step(stage.one.persist(truncate_from=2), role="follower", term=3, leader=2)


def test_a_leader_that_drops_entries() -> None:
    stage = Stage(LeaderAppendOnly)
    stage.one.store(entries=entries("11"))
    stage.one.lead(2)
    with pytest.raises(InvariantBrokenError, match="node 1 leads term 2 and drops its log from 2 on"):
        stage.one.write(truncate_from=2)


def test_a_leader_that_takes_a_snapshot_in_place_of_its_log() -> None:
    stage = Stage(LeaderAppendOnly)
    stage.one.lead(2)
    with pytest.raises(InvariantBrokenError, match="replaces its log"):
        stage.one.write(reset=LogPoint(5, 1))
