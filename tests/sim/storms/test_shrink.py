"""Shrinking: what is left still fails in the same way, and nothing of it can be left out."""

from __future__ import annotations

import msgspec
import pytest

from quorate.algorithms.raft.state import RaftState
from quorate.core.errors import ConfigError
from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.clock import NOMINAL_RATE
from quorate.sim.lane import DiskSettings
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.faults import HERE, LEADER, Crash, Drift, Fault, Isolate, Pause
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import Report, Runner, run_plan
from quorate.sim.storms.shrink import NothingToShrinkError, Progress, kind_of, shrink, size_of
from quorate.sim.storms.triggers import Step, Trigger
from quorate.sim.traces.lines import Happened
from quorate.sim.traces.trace import Sink, Trace

BROKEN = "InvariantBrokenError: Election Safety: at most one leader in a term: nodes 1 and 2"


def pause(number: int) -> Pause:
    return Pause(number * SECOND // 10, 1 + number % 5, lasts_ns=50 * MILLISECOND)


def plan(*faults: Fault, triggers: list[Trigger] | None = None) -> Plan:
    """Of 28 faults, if none are given."""
    chosen = list(faults) or [pause(number) for number in range(10, 38)]
    drawn = draw_plan(1, nodes=5)
    return msgspec.structs.replace(drawn, faults=chosen, triggers=triggers or [], duration_ns=8 * SECOND)


def needing(*culprits: Fault, at: int = 7 * SECOND) -> Runner:
    """A run that fails at `at` if all these faults are there."""

    def run(plan: Plan, sink: Sink | None = None) -> Report:
        failed = all(fault in plan.faults for fault in culprits) and plan.duration_ns >= at
        return Report(plan.seed, failure=BROKEN if failed else "", simulated_ns=at if failed else 9 * SECOND)

    return run


def test_only_what_is_needed_is_left() -> None:
    culprits = (pause(12), pause(30))
    shrunk = shrink(plan(), needing(*culprits))
    assert shrunk.plan.faults == list(culprits)
    assert shrunk.finished
    assert shrunk.report.failure == BROKEN
    assert (shrunk.before.faults, shrunk.after.faults) == (28, 2)
    assert shrunk.runs < 200


def test_settings_become_plain_and_the_run_ends_with_the_failure() -> None:
    shrunk = shrink(plan(), needing(pause(12)))
    left = shrunk.plan
    assert left.nodes == 3  # the fault names node 3
    assert left.duration_ns == 7 * SECOND
    assert left.options == {}
    assert left.rates == [NOMINAL_RATE] * 3
    assert left.network == NetworkSettings(tail_share=0.0)
    assert left.disk == DiskSettings(tail_share=0.0)
    assert (left.workload.clients, left.workload.commands, left.workload.reads) == (1, 1, 0.0)
    assert shrunk.after == size_of(left)
    assert shrunk.describe().startswith(
        f"from 28 faults, 5 nodes, {shrunk.before.clients} clients, 8.000 s to 1 fault, 3 nodes"
    )


def test_a_setting_that_matters_stays() -> None:
    faulty = plan(Drift(SECOND, 4, 900_000))
    assert faulty.options

    def run(plan: Plan, sink: Sink | None = None) -> Report:
        failed = plan.options.get("heartbeat_ms") == faulty.options["heartbeat_ms"] and plan.workload.clients > 1
        return Report(plan.seed, failure=BROKEN if failed else "", simulated_ns=SECOND)

    shrunk = shrink(faulty, run)
    assert set(shrunk.plan.options) == {"heartbeat_ms"}
    assert shrunk.plan.workload.clients == 2
    assert shrunk.plan.nodes == 1
    assert shrunk.plan.faults == []


def test_another_failure_does_not_count() -> None:
    def run(plan: Plan, sink: Sink | None = None) -> Report:
        if len(plan.faults) >= 5:
            return Report(plan.seed, failure=BROKEN, simulated_ns=SECOND)
        other = "InvariantBrokenError: Log Matching: logs differ" if len(plan.faults) % 2 else "NeverError: no leader"
        return Report(plan.seed, failure=other, simulated_ns=SECOND)

    faults = [pause(number) for number in range(1, 9)]
    assert len(shrink(plan(*faults), run).plan.faults) == 5


def test_triggers_become_what_really_happened() -> None:
    trigger = Trigger(1, [Step("elected", [Crash(0, HERE, down_ns=SECOND)])])
    crash = Crash(3 * SECOND, 2, down_ns=SECOND)

    def run(plan: Plan, sink: Sink | None = None) -> Report:
        happens = [crash] if plan.triggers else [fault for fault in plan.faults if fault == crash]
        trace = Trace(sink)
        for fault in happens:
            trace.note(Happened(fault.at, fault))
        return Report(plan.seed, failure=BROKEN if happens else "", simulated_ns=4 * SECOND)

    shrunk = shrink(plan(pause(1), triggers=[trigger]), run)
    assert (shrunk.plan.faults, shrunk.plan.triggers) == ([crash], [])
    assert (shrunk.before.triggers, shrunk.after.triggers) == (1, 0)


def test_a_trigger_that_cannot_be_replaced_is_kept_and_made_plain() -> None:
    steps = [Step("elected", [Crash(0, HERE, down_ns=SECOND), Isolate(0, HERE, lasts_ns=SECOND)])]

    def run(plan: Plan, sink: Sink | None = None) -> Report:
        kept = any(isinstance(fault, Isolate) for trigger in plan.triggers for fault in trigger.steps[0].faults)
        return Report(plan.seed, failure=BROKEN if kept else "", simulated_ns=SECOND)

    shrunk = shrink(plan(pause(1), triggers=[Trigger(1, steps, limit=3), Trigger(2, [])]), run)
    assert shrunk.plan.faults == []
    assert shrunk.plan.triggers == [Trigger(1, [Step("elected", [Isolate(0, HERE, lasts_ns=SECOND)])])]


def test_the_bounds_hold_and_are_told() -> None:
    told: list[Progress] = []
    few = shrink(plan(), needing(pause(12), pause(30)), most_runs=7, progress=told.append)
    assert (few.runs, few.finished) == (7, False)
    assert [progress.runs for progress in told] == list(range(1, 8))
    assert told[0].faults == 28
    assert "more may be possible" in few.describe()
    ticks = iter(range(10_000))
    late = shrink(plan(), needing(pause(12)), seconds=5, clock=lambda: float(next(ticks)))
    assert (late.runs, late.finished) == (4, False)
    assert late.report.failure


def test_the_same_plan_shrinks_to_the_same_plan() -> None:
    first, second = (shrink(plan(), needing(pause(12), pause(30))) for _ in range(2))
    assert first.plan == second.plan
    assert first.runs == second.runs


def test_what_does_not_fail_is_refused_and_what_cannot_be_run_is_no_reduction() -> None:
    with pytest.raises(NothingToShrinkError, match="seed 1 does not fail"):
        shrink(plan(), needing(pause(99)))

    def run(plan: Plan, sink: Sink | None = None) -> Report:
        if not plan.options:
            raise ConfigError("options: these do not fit")
        return Report(plan.seed, failure=BROKEN, simulated_ns=SECOND)

    assert len(shrink(plan(), run).plan.options) == 1


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (BROKEN, "InvariantBrokenError: Election Safety"),
        ("NeverError: not so within 15 s: 1 follower", "NeverError"),
        ("KeyError: 5", "KeyError"),
        ("", ""),
    ],
)
def test_the_kind_of_a_failure(failure: str, kind: str) -> None:
    assert kind_of(failure) == kind


# The real thing

STRICT = RaftState.log_is_current


def failing_storm() -> Plan:
    """A plan with many faults that fails with the mutant in place: the first of some seeds, with few clients, so that runs are cheap."""
    for seed in range(300):
        drawn = msgspec.structs.replace(draw_plan(seed, nodes=3), workload=WorkloadSettings(clients=2, commands=1))
        if 20 <= len(drawn.faults) <= 45 and kind_of(run_plan(drawn).failure).startswith("InvariantBrokenError"):
            return drawn
    pytest.fail("no seed finds the mutant: storms have become weaker")


def test_a_wrong_vote_is_shown_by_a_few_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant votes for anybody, however short its log (paper, section 5.4.1)."""
    monkeypatch.setattr(RaftState, "log_is_current", lambda *_: True)
    drawn = failing_storm()
    enough: list[bool] = []
    shrunk = shrink(
        drawn,
        most_runs=400,
        progress=lambda progress: enough.append(progress.faults <= 4),
        clock=lambda: 1e9 * any(enough),
    )
    assert len(shrunk.plan.faults) <= 4, shrunk.plan.faults
    assert shrunk.plan.triggers == []
    again = run_plan(shrunk.plan)
    assert kind_of(again.failure) == kind_of(run_plan(drawn).failure)
    assert all(getattr(fault, "node", 1) != LEADER for fault in shrunk.plan.faults)
    monkeypatch.setattr(RaftState, "log_is_current", STRICT)
    assert not run_plan(shrunk.plan).failure
