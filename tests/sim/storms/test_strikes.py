"""Plain disturbances at a moment, and scripts as data."""

from __future__ import annotations

from random import Random

from quorate.core.ids import MILLISECOND
from quorate.sim.moments import MomentName
from quorate.sim.storms.faults import HERE, LEADER, OTHERS, Isolate, Replay, Rot
from quorate.sim.storms.strikes import Author, Script
from quorate.sim.storms.triggers import Step, Trigger

MOMENTS: tuple[MomentName, ...] = ("elected", "voted", "snapshot_taken")


def drawn(nodes: int = 3, *, datagrams: bool = False, seeds: int = 200) -> list[Trigger]:
    authors = [Author(Random(seed), nodes, 500 * MILLISECOND, datagrams=datagrams) for seed in range(seeds)]
    return [author.plain(number, MOMENTS) for number, author in enumerate(authors)]


def test_the_same_random_gives_the_same_trigger_and_another_one_another() -> None:
    assert drawn() == drawn()
    assert len({str(trigger.steps) for trigger in drawn(seeds=50)}) > 40


def test_a_plain_trigger_is_one_step_at_one_of_the_moments_and_about_somebody() -> None:
    for number, trigger in enumerate(drawn()):
        assert trigger.number == number
        (step,) = trigger.steps
        assert step.moment in MOMENTS
        assert step.faults
        assert all(getattr(fault, "node", None) in (HERE, LEADER, OTHERS) for fault in step.faults)
        assert all(fault.at >= 0 for fault in step.faults)


def test_frequent_moments_are_struck_seldom() -> None:
    shares = {step.moment: step.share for trigger in drawn() for step in trigger.steps}
    assert shares == {"elected": 0.3, "voted": 0.15, "snapshot_taken": 0.5}


def test_messages_are_replayed_only_where_they_are_datagrams() -> None:
    def kinds(*, datagrams: bool) -> set[type]:
        return {type(fault) for trigger in drawn(datagrams=datagrams) for fault in trigger.steps[0].faults}

    assert Replay in kinds(datagrams=True)
    assert Replay not in kinds(datagrams=False)
    assert Rot in kinds(datagrams=False)


def test_two_nodes_leave_nobody_a_companion() -> None:
    isolated = [fault for trigger in drawn(2) for fault in trigger.steps[0].faults if isinstance(fault, Isolate)]
    assert isolated
    assert not any(fault.companions for fault in isolated)


def test_a_script_asks_for_nothing_that_it_does_not_name() -> None:
    script = Script([Step("elected", [])])
    assert (script.options, script.workload, script.limits, script.network) == ({}, {}, {}, {})
    assert (script.most_faults, script.most_ns) == (None, None)
