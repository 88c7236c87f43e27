"""What leases ask of a plan."""

from __future__ import annotations

import msgspec

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.ids import SECOND
from quorate.sim import Cluster
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.storms.faults import LEADER, ClockJump, Isolate, Suspend, Transfer
from quorate.sim.storms.leases import COUNTED, Leases, draw_leases
from quorate.sim.storms.nemesis import Nemesis
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.swarm import CLOCK_SPREAD
from quorate.sim.storms.triggers import Step, Trigger

TIMEOUT = SECOND // 2
ON, OFF = Leases(7, on=True), Leases(7, on=False)
LEAP, CUT = ClockJump(SECOND, 1, SECOND), Isolate(SECOND, 1, SECOND)


def test_some_seeds_have_them_and_only_of_algorithms_that_know_them() -> None:
    spec = find(DEFAULT)
    assert 20 < sum(draw_leases(seed, spec).on for seed in range(100)) < 45
    without = msgspec.structs.replace(spec, features=spec.features - {"leases"})
    assert not any(draw_leases(seed, without).on for seed in range(100))


def test_a_plan_with_leases_states_what_its_clocks_do() -> None:
    plans = [plan for plan in map(draw_plan, range(60)) if plan.options.get("lease_reads")]
    assert plans
    for plan in plans:
        assert not plan.options["fast_failover"]
        assert plan.options["clock_drift_percent"] * NOMINAL_RATE == 100 * CLOCK_SPREAD
        assert plan.workload.consistency == "lease"
        assert all(abs(rate - NOMINAL_RATE) <= CLOCK_SPREAD for rate in plan.rates)
        strikes = [fault for trigger in plan.triggers for step in trigger.steps for fault in step.faults]
        assert not any(isinstance(fault, ClockJump) for fault in [*plan.faults, *strikes])
        find(plan.algorithm).config(**plan.options)


def test_no_clock_leaps() -> None:
    trigger = Trigger(1, [Step("elected", [LEAP, CUT])])
    assert [step.faults for changed in ON.triggers([trigger]) for step in changed.steps] == [[CUT]]
    faults = ON.faults([LEAP, CUT], 3, TIMEOUT, 10 * SECOND)
    assert CUT in faults
    assert LEAP not in faults


def test_without_leases_all_is_as_it_was() -> None:
    trigger = Trigger(1, [Step("elected", [LEAP])])
    assert (OFF.options, OFF.workload, OFF.rates([1, 2])) == ({}, {}, [1, 2])
    assert (OFF.triggers([trigger]), OFF.faults([LEAP], 3, TIMEOUT, SECOND)) == ([trigger], [LEAP])


def test_stories_fit_the_time_and_a_suspension_counts_enough_to_be_noticed() -> None:
    faults = [fault for seed in range(30) for fault in Leases(seed, on=True).faults([], 5, TIMEOUT, 8 * SECOND)]
    assert {Suspend, Transfer, Isolate} <= {type(fault) for fault in faults}
    assert all(fault.at < 8 * SECOND for fault in faults)
    assert all(fault.counted_ns >= COUNTED * TIMEOUT for fault in faults if isinstance(fault, Suspend))


def test_the_same_seed_draws_the_same() -> None:
    assert ON.faults([], 3, TIMEOUT, 8 * SECOND) == Leases(7, on=True).faults([], 3, TIMEOUT, 8 * SECOND)
    assert ON.rates([NOMINAL_RATE] * 9) == ON.rates([NOMINAL_RATE] * 9)


def test_a_suspended_machine_goes_on_with_a_clock_that_lost_time() -> None:
    cluster = Cluster(nodes=3, seed=1)
    leader = cluster.wait_for_leader()
    nemesis = Nemesis(cluster)
    at = cluster.now + 100
    shown = leader.clock.local(at)
    nemesis.plan([Suspend(at, LEADER, lasts_ns=2 * SECOND, counted_ns=SECOND // 2)])
    cluster.scheduler.run_until(at)
    assert leader.paused
    cluster.scheduler.run_until(at + 2 * SECOND)
    assert (leader.paused, leader.clock.local(cluster.now) - shown) == (False, SECOND // 2)
    assert nemesis.applied == {"Suspend": 1}
    nemesis.end()
    cluster.wait_for_convergence()
