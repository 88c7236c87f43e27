"""Faults picked out of a trace are the schedule that really was."""

from __future__ import annotations

import msgspec

from quorate.core.ids import SECOND
from quorate.sim.storms.faults import LEADER, Crash, Isolate, Pause
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan
from quorate.sim.traces.happened import Happenings


def test_faults_name_the_node_that_they_met() -> None:
    faults = [
        Isolate(2 * SECOND, LEADER, lasts_ns=SECOND),
        Crash(5 * SECOND // 2, 2, down_ns=SECOND),
        Pause(11 * SECOND // 4, 2, lasts_ns=SECOND),
    ]
    plan = msgspec.structs.replace(draw_plan(1, nodes=3), faults=faults, triggers=[])
    happenings = Happenings()
    assert not run_plan(plan, happenings).failure
    isolated, crashed = happenings.faults
    assert isinstance(isolated, Isolate)
    assert isolated.node in (1, 2, 3)
    assert isolated == msgspec.structs.replace(faults[0], node=isolated.node)
    assert crashed == faults[1]


def test_what_happened_does_the_same_again() -> None:
    """A run of those faults alone, without triggers, meets the same nodes at the same times."""
    again = []
    for seed in range(30, 36):
        plan = draw_plan(seed)
        first, second = Happenings(), Happenings()
        run_plan(plan, first)
        plain = msgspec.structs.replace(plan, faults=first.faults, triggers=[])
        run_plan(plain, second)
        again.append(first.faults == second.faults)
    assert sum(again) >= 4, again
