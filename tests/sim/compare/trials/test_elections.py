"""How long, and how many messages, until somebody leads again."""

from __future__ import annotations

from typing import Any

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials.elections import cold_start, leader_paused, machine_vanishes, process_dies, split_heals
from sim.compare.biggest import in_catalog


def raft(nodes: int = 5, seed: int = 1, **options: Any) -> Stage:
    return Stage(Entrant("raft", "raft", options), nodes, seed)


def number(value: float | None) -> float:
    assert value is not None
    return value


def test_a_dead_process_is_replaced_without_waiting_for_the_timeout() -> None:
    seen = process_dies(raft())
    assert 2 * MILLISECOND < number(seen.values["dies_time"]) < 100 * MILLISECOND
    slow = process_dies(raft(fast_failover=False))
    assert number(slow.values["dies_time"]) > 400 * MILLISECOND


def test_a_silent_leader_is_replaced_after_the_timeout() -> None:
    seen = machine_vanishes(raft())
    assert 400 * MILLISECOND < number(seen.values["vanishes_time"]) < 1100 * MILLISECOND
    assert seen.values["vanishes_messages"] == sum(seen.kinds.values())
    assert number(seen.values["vanishes_bytes"]) > 20 * number(seen.values["vanishes_messages"])


@pytest.mark.parametrize("seed", [1, 2, 3, 5])
def test_heartbeats_are_not_counted(seed: int) -> None:
    """With a tenth of the heartbeats as with all of them, a single candidate takes the same messages."""
    few = machine_vanishes(raft(seed=seed, heartbeat_ms=100))
    many = machine_vanishes(raft(seed=seed, heartbeat_ms=10))
    assert few.values["vanishes_messages"] == many.values["vanishes_messages"] == 25


def test_what_the_others_say_to_each_other_at_rest_is_taken_off() -> None:
    """The toy says the same at rest and in an election, so that little is left of hundreds of messages."""
    with in_catalog() as name:
        stage = Stage(Entrant(name, name, {"heartbeat_ms": 5, "failure_timeout_ms": 1000}), 5, 1)
        stage.settle()
        mark = stage.meter.mark()
        seen = machine_vanishes(stage)
    said = stage.meter.since(mark).messages
    assert said > 2000
    # What is left goes to the machine that is gone: four nodes, 200 times a second, for as long as it takes.
    lost = 4 * 200 * number(seen.values["vanishes_time"]) / SECOND
    assert number(seen.values["vanishes_messages"]) == pytest.approx(lost, rel=0.05)


def test_all_start_at_once() -> None:
    seen = cold_start(raft())
    assert 10 * MILLISECOND < number(seen.values["cold_time"]) < 100 * MILLISECOND
    assert seen.kinds["VoteRequest"] == 4


def test_a_leader_that_stood_still_learns_of_its_successor() -> None:
    seen = leader_paused(raft())
    assert 400 * MILLISECOND < number(seen.values["paused_time"]) < 1200 * MILLISECOND
    assert number(seen.values["paused_claims"]) < 10 * MILLISECOND


def test_three_parts_elect_when_they_are_joined() -> None:
    stage = raft()
    seen = split_heals(stage)
    assert number(seen.values["heals_time"]) < 2 * SECOND
    assert stage.watch.leader is not None
    first, *others = stage.watch.reigns()
    assert first.until < stage.now - 5 * SECOND
    assert all(one.since > stage.now - SECOND for one in others)


def test_what_never_happens_is_none() -> None:
    stage = raft(nodes=3)
    stage.settle()
    spare = next(node for node in stage.cluster.nodes if node != stage.watch.leader)
    stage.cluster.crash(spare)
    assert set(machine_vanishes(stage).values.values()) == {None}
