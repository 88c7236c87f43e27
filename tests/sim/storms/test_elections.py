"""What elections ask of a plan."""

from __future__ import annotations

import msgspec
import pytest

from quorate.algorithms.catalog import DEFAULT, find, names
from quorate.core.ids import SECOND
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.elections import draw_elections
from quorate.sim.storms.faults import ClockJump, Crash, Isolate, Pause, Report, Transfer
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.swarm import CLOCK_SPREAD

ELECTING = [name for name in names() if not find(name).keeps_log]
TIMEOUT = SECOND // 2
LEAP = ClockJump(SECOND, 1, SECOND)


def leaps(plan: Plan) -> bool:
    strikes = [fault for trigger in plan.triggers for step in trigger.steps for fault in step.faults]
    return any(isinstance(fault, ClockJump) for fault in [*plan.faults, *strikes])


def test_with_a_log_all_is_as_it_was() -> None:
    elections = draw_elections(7, find(DEFAULT), 3)
    assert (elections.on, elections.options, elections.clocks.on) == (False, {}, False)
    assert elections.faults([LEAP], 3, TIMEOUT, SECOND) == [LEAP]


@pytest.mark.parametrize("name", ELECTING)
def test_settings_fit_and_differ(name: str) -> None:
    plans = [draw_plan(seed, name) for seed in range(150)]
    configs = [msgspec.convert(plan.options, find(name).config) for plan in plans]
    guarded = sum(config.guarded for config in configs)
    assert 0.7 * len(plans) < guarded < 0.9 * len(plans)
    for setting in ("variant", "preempt", "rank", "damping_ms", "min_tenure_ms", "preempt_delay_ms"):
        assert len({getattr(config, setting) for config in configs}) > 1, setting


@pytest.mark.parametrize("name", ELECTING)
def test_where_a_lease_is_promised_clocks_mostly_keep_to_what_is_stated(name: str) -> None:
    spec = find(name)
    plans = [draw_plan(seed, name) for seed in range(150)]
    leased = [plan for plan in plans if spec.leases(msgspec.convert(plan.options, spec.config))]
    kept = [plan for plan in leased if "clock_drift_percent" in plan.options]
    assert 0.7 * len(leased) < len(kept) < 0.95 * len(leased)
    for plan in kept:
        assert plan.options["clock_drift_percent"] * NOMINAL_RATE == 100 * CLOCK_SPREAD
        assert all(abs(rate - NOMINAL_RATE) <= CLOCK_SPREAD for rate in plan.rates)
        assert not leaps(plan)
    assert any(leaps(plan) for plan in plans)


def test_stories_fit_the_time_and_are_of_many_kinds() -> None:
    spec = find(ELECTING[0])
    for nodes in (1, 2, 5):
        faults = [
            fault
            for seed in range(30)
            for fault in draw_elections(seed, spec, nodes).faults([], nodes, TIMEOUT, 8 * SECOND)
        ]
        assert {Crash, Isolate, Pause, Report, Transfer} <= {type(fault) for fault in faults}
        assert all(fault.at < 8 * SECOND for fault in faults)
        assert all(getattr(fault, "node", 0) <= nodes for fault in faults)


def test_the_same_seed_draws_the_same() -> None:
    assert draw_plan(9, ELECTING[0]) == draw_plan(9, ELECTING[0])
    assert msgspec.json.decode(msgspec.json.encode(draw_plan(9, ELECTING[-1])), type=Plan) == draw_plan(9, ELECTING[-1])
