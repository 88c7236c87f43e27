"""Each way makes a plan plainer, never another kind of plan, and ends with one that it cannot make any plainer."""

from __future__ import annotations

import msgspec
import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.runtime.limits import Limits
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.faults import HERE, LEADER, Break, Crash, Cut, Fault, Pause
from quorate.sim.storms.plainer import (
    PLAINER,
    cut_after,
    fewer_nodes,
    fewer_operations,
    keep_last,
    plainer_faults,
    plainer_limits,
    plainer_network,
    plainer_options,
    plainer_triggers,
    schedule_of,
    sooner,
    steadier_clocks,
    with_schedule,
)
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.plan_file import complaint_of
from quorate.sim.storms.run import run_plan
from quorate.sim.storms.triggers import Step, Trigger

TRIGGER = Trigger(1, [Step("elected", [Crash(0, HERE, down_ns=SECOND), Pause(0, HERE, lasts_ns=SECOND)])], limit=3)


def plan(*faults: Fault, triggers: list[Trigger] | None = None) -> Plan:
    return msgspec.structs.replace(draw_plan(1, nodes=5), faults=list(faults), triggers=triggers or [])


@pytest.mark.parametrize("way", PLAINER)
@pytest.mark.parametrize("seed", range(5))
def test_every_candidate_can_be_carried_out(way: str, seed: int) -> None:
    for candidate in PLAINER[way](draw_plan(seed, nodes=3)):
        complaint = complaint_of(candidate)
        # Defaults need not fit what is left of the options: such a plan is refused at once, and the next one is tried.
        assert not complaint or (way == "default options" and complaint.startswith("options"))
        assert candidate.seed == seed


@pytest.mark.parametrize("seed", range(3))
def test_taking_every_candidate_comes_to_an_end(seed: int) -> None:
    """Otherwise shrinking would only end by its bounds."""
    now = draw_plan(seed, nodes=5)
    for _ in range(500):
        every = [candidate for way in PLAINER.values() for candidate in way(now)]
        candidates = [candidate for candidate in every if candidate != now and not complaint_of(candidate)]
        if not candidates:
            break
        now = candidates[0]
    else:
        pytest.fail("there is no end to it")
    assert (now.nodes, now.workload.clients, now.options) == (1, 1, {})
    assert not run_plan(cut_after(now, SECOND)).failure


def test_schedules() -> None:
    first, second, third = (Pause(at * SECOND, 1, lasts_ns=SECOND) for at in (1, 2, 3))
    whole = plan(first, second, third, triggers=[TRIGGER])
    assert schedule_of(whole) == [first, second, third, TRIGGER]
    left = with_schedule(whole, [second, TRIGGER])
    assert (left.faults, left.triggers) == ([second], [TRIGGER])
    last = keep_last(whole, 2)
    assert last.faults == [first, msgspec.structs.replace(second, at=2 * SECOND)], "the time before them is gone, too"
    assert last.duration_ns == whole.duration_ns - SECOND
    cut = cut_after(whole, 2 * SECOND)
    assert (cut.faults, cut.duration_ns) == ([first, second], 2 * SECOND)
    assert cut_after(whole, whole.duration_ns + SECOND).duration_ns == whole.duration_ns


def test_sooner_leaves_time_for_an_election() -> None:
    late = plan(Pause(5 * SECOND, 1, lasts_ns=1), Pause(6 * SECOND, 1, lasts_ns=1))
    assert [[fault.at for fault in earlier.faults] for earlier in sooner(late)] == [
        [1 * SECOND, 2 * SECOND],
        [3 * SECOND, 4 * SECOND],
    ]
    assert sooner(late)[0].duration_ns == late.duration_ns - 4 * SECOND
    assert sooner(plan(Pause(SECOND, 1, lasts_ns=1))) == []


def test_fewer_nodes_keep_the_faults_that_fit() -> None:
    faults = [
        Pause(1, LEADER, lasts_ns=1),
        Pause(2, 3, lasts_ns=1),
        Break(3, 1, peer=4),
        Cut(4, ((1, 2), (1, 5)), lasts_ns=1),
        Cut(5, ((4, 5),), lasts_ns=1),
    ]
    smaller = fewer_nodes(plan(*faults))
    assert [candidate.nodes for candidate in smaller] == [1, 2, 3, 4]
    assert [len(candidate.rates) for candidate in smaller] == [1, 2, 3, 4]
    assert smaller[0].faults == [faults[0]]
    assert smaller[2].faults == [faults[0], faults[1], Cut(4, ((1, 2),), lasts_ns=1)]
    assert smaller[3].faults == [*faults[:3], Cut(4, ((1, 2),), lasts_ns=1)]


def test_settings_go_to_their_defaults_together_or_one_by_one() -> None:
    drawn = draw_plan(1, nodes=3)
    assert plainer_limits(drawn)[0].limits == Limits()
    assert len(plainer_limits(drawn)) == 1 + len(Limits.__struct_fields__)
    assert plainer_options(drawn)[0].options == {}
    assert all(len(candidate.options) == len(drawn.options) - 1 for candidate in plainer_options(drawn)[1:])
    assert not plainer_network(drawn)[0].network.datagrams()
    assert steadier_clocks(drawn)[0].rates == [NOMINAL_RATE] * 3
    assert [candidate.rates.count(NOMINAL_RATE) for candidate in steadier_clocks(drawn)[1:]] == [1, 1, 1]


def test_fewer_operations_but_never_none() -> None:
    drawn = draw_plan(1, nodes=3)
    busy = msgspec.structs.replace(drawn, workload=msgspec.structs.replace(drawn.workload, clients=3, commands=8))
    changed = [candidate.workload for candidate in fewer_operations(busy)]
    assert [workload.clients for workload in changed[:2]] == [1, 2]
    assert {workload.commands for workload in changed} == {1, 8}
    assert all(busy.workload.think_ns <= workload.think_ns <= SECOND for workload in changed)


def test_faults_lose_their_specialities_and_last_less_long() -> None:
    fault = Crash(1_234_567_890, 2, down_ns=800_000_001, silent=True)
    candidates = [candidate.faults[0] for candidate in plainer_faults(plan(fault))]
    assert msgspec.structs.replace(fault, at=1_235 * MILLISECOND, down_ns=801 * MILLISECOND) in candidates
    assert msgspec.structs.replace(fault, silent=False) in candidates
    assert msgspec.structs.replace(fault, down_ns=100 * MILLISECOND) in candidates
    assert all(isinstance(candidate, Crash) and candidate.node == 2 for candidate in candidates)


def test_triggers_strike_once_and_with_less() -> None:
    once, without_crash, without_pause = (
        candidate.triggers[0] for candidate in plainer_triggers(plan(triggers=[TRIGGER]))
    )
    assert once == msgspec.structs.replace(TRIGGER, limit=1)
    assert [type(fault) for fault in without_crash.steps[0].faults] == [Pause]
    assert [type(fault) for fault in without_pause.steps[0].faults] == [Crash]
