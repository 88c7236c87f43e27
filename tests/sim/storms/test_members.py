"""Which storms let members come and go, and what they ask for."""

from __future__ import annotations

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.configuration import Configuration, Member, first_configuration
from quorate.core.ids import SECOND
from quorate.core.reconfigure import Add, Change, ImpossibleChangeError, Remove, reconfigure
from quorate.core.requests import ChangeMembers, LeaveJoint
from quorate.sim.storms.faults import FillDisk, Pause, Reshape
from quorate.sim.storms.members import RESHAPED, Members, draw_members, draw_request
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan

RAFT = find("raft")
SEEDS = range(400)
GROUP = first_configuration({1: "", 2: "", 3: ""})


def test_a_share_of_the_seeds_has_them_and_the_same_ones_each_time() -> None:
    drawn = [draw_members(seed, RAFT) for seed in SEEDS]
    assert drawn == [draw_members(seed, RAFT) for seed in SEEDS]
    assert abs(sum(bool(one.every_ns) for one in drawn) / len(SEEDS) - RESHAPED) < 0.08
    assert {one.spares for one in drawn if one.every_ns} == {0, 1, 2}


def test_an_algorithm_that_cannot_do_it_is_not_asked() -> None:
    spec = msgspec.structs.replace(RAFT, features=RAFT.features - {"membership"})
    assert not any(draw_members(seed, spec).every_ns for seed in SEEDS)


def test_without_them_a_plan_stays_as_it_is() -> None:
    calm = Members(7)
    assert calm.faults([Pause(5, 1, 2)], SECOND) == [Pause(5, 1, 2)]
    assert calm.triggers([], SECOND) == []
    assert calm.options == {}


def test_they_are_in_order_among_faults_that_take_nobody_away_for_good() -> None:
    full = FillDisk(2 * SECOND, 1, 0, SECOND)
    faults = Members(7, 1, SECOND // 4).faults([Pause(SECOND, 1, 2), full], 4 * SECOND)
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert Pause(SECOND, 1, 2) in faults
    assert full not in faults
    assert sum(isinstance(fault, Reshape) for fault in faults) > 5


def test_one_trigger_changes_when_it_is_least_convenient() -> None:
    for seed in range(50):
        (trigger,) = Members(seed, 1, SECOND).triggers([], SECOND)
        first, *_, trouble = trigger.steps[0].faults
        assert isinstance(first, Reshape)
        assert not isinstance(trouble, Reshape)
        assert trouble.at < SECOND // 10
        assert trigger.number == 1


def changes_of(numbers: range, present: Configuration) -> list[tuple[Change, ...]]:
    requests = [draw_request(number, present, (1, 2, 3, 4, 5)) for number in numbers]
    return [request.changes for request in requests if isinstance(request, ChangeMembers)]


def test_the_same_number_asks_the_same_and_most_of_it_can_be_done() -> None:
    drawn = changes_of(range(300), GROUP)
    assert drawn == changes_of(range(300), GROUP)
    possible = joint = 0
    for changes in drawn:
        try:
            changed = reconfigure(GROUP, changes, 9)
        except ImpossibleChangeError:
            continue
        possible += 1
        joint += changed is not None and changed.joint
    assert possible > 250
    assert joint > 50
    kinds = {type(change) for changes in drawn for change in changes}
    assert {kind.__name__ for kind in kinds} == {"Add", "Remove", "Demote"}, "no learner there to promote"
    assert any(isinstance(change, Add) and change.replaces for changes in drawn for change in changes)


def test_somebody_stays() -> None:
    alone = first_configuration({1: ""})
    assert not any(isinstance(change, Remove) for changes in changes_of(range(200), alone) for change in changes)


def test_a_joint_configuration_that_waits_is_left_mostly() -> None:
    waiting = Configuration(5, (Member(1), Member(2)), (1,), outgoing=(1, 2), auto_leave=False)
    drawn = [draw_request(number, waiting, (1, 2, 3)) for number in range(100)]
    assert 50 < drawn.count(LeaveJoint()) < 90


def test_s_x1_s_x3_groups_that_change_all_the_time_lose_nothing_and_heal() -> None:
    """A few such storms; `quorate simulate --seeds` has thousands."""
    seeds = [seed for seed in range(3000, 3040) if draw_members(seed, RAFT).every_ns][:6]
    reports = [run_plan(draw_plan(seed)) for seed in seeds]
    assert [report.failure for report in reports if report.failure] == []
    assert sum(report.counts.get("requests done", 0) for report in reports) > 5
