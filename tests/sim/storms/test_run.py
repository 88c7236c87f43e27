"""Whole storms: a few seeds at each run of the tests, thousands with `make storm`."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from quorate.algorithms.raft import commit
from quorate.algorithms.raft.raft import HANDLERS
from quorate.algorithms.raft.state import RaftState
from quorate.core.effects import ReadReady, Send
from quorate.core.events import ReadRequested
from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
from quorate.machines.session_table import Session, SessionTable
from quorate.runtime.barrier import Barrier
from quorate.sim import Cluster, InvariantBrokenError
from quorate.sim.clients.calm import read_through, write_through
from quorate.sim.clients.history import History
from quorate.sim.clients.journal import Journal
from quorate.sim.clients.workload import WorkloadKind, WorkloadSettings
from quorate.sim.disk import SimFile
from quorate.sim.storms.faults import Crash
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import Report, Storm, run_plan

SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_s_c7_s_x3_s_x5_a_storm(seed: int) -> None:
    plan = draw_plan(seed, nodes=5)
    report = run_plan(plan)
    assert not report.failure, f"{report.traceback}\nquorate simulate --seed {seed} --nodes 5"
    assert report.simulated_ns > plan.duration_ns
    assert report.counts["steps"] > 300
    assert report.counts["moment elected"] > 0


@pytest.mark.parametrize("nodes", [1, 2, 3, 7])
def test_clusters_of_other_sizes(nodes: int) -> None:
    report = run_plan(draw_plan(100 + nodes, nodes=nodes))
    assert not report.failure, report.traceback


def test_s_x4_the_same_seed_gives_the_same_trace_byte_for_byte() -> None:
    first, second = io.BytesIO(), io.BytesIO()
    plan = draw_plan(11, nodes=5)
    reports = [run_plan(plan, file) for file in (first, second)]
    assert first.getvalue() == second.getvalue()
    assert len(first.getvalue()) > 100_000
    assert reports[0] == reports[1]
    assert reports[0].digest != run_plan(draw_plan(12), traced=True).digest


def test_s_x4_the_trace_does_not_depend_on_the_hash_seed() -> None:
    program = (
        "from quorate.sim.storms.plan import draw_plan\n"
        "from quorate.sim.storms.run import run_plan\n"
        "report = run_plan(draw_plan(13), traced=True)\n"
        "print(report.digest, report.counts)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }
    here = run_plan(draw_plan(13), traced=True)
    assert outputs == {f"{here.digest} {here.counts}\n"}


def test_a_plan_can_be_changed_and_run() -> None:
    plan = msgspec.structs.replace(draw_plan(1), faults=[Crash(2_000_000_000, 1, down_ns=1_000_000_000)], triggers=[])
    report = run_plan(plan)
    assert not report.failure, report.traceback
    assert report.counts["faults"] == 1


def fails(report: Report, *words: str) -> None:
    assert any(word in report.failure for word in words), report.failure or "nothing was found"
    assert "Traceback" in report.traceback


def first_failure(seeds: range, **changes: Any) -> Report:
    """The first report with a failure, or the last report."""
    report = Report(0)
    for seed in seeds:
        report = run_plan(msgspec.structs.replace(draw_plan(seed, nodes=5), **changes))
        if report.failure:
            break
    return report


def test_a_disk_that_lies_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync that does nothing looks fine until power is lost."""
    monkeypatch.setattr(SimFile, "sync", lambda _file: None)
    fails(first_failure(range(10)), "damaged", "Recovery")


def test_messages_that_do_not_wait_for_the_disk_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The barrier lets messages pass before what they promise is durable."""
    exempt = Barrier.exempt
    monkeypatch.setattr(Barrier, "exempt", lambda self, effect: isinstance(effect, Send) or exempt(self, effect))
    fails(first_failure(range(4)), "Durable votes", "Committed on a quorum", "Match is on that disk")


def test_a_quorum_of_two_in_five_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def two(sets: Sequence[Collection[int]], values: Mapping[int, int]) -> int:
        return min(sorted((values.get(voter, 0) for voter in voters), reverse=True)[:2][-1] for voters in sets)

    monkeypatch.setattr(commit, "joint_value", two)
    fails(first_failure(range(4)), "Committed on a quorum")


@pytest.mark.parametrize(("kind", "title"), [("journal", "Exactly once"), ("kv", "Linearizability")])
def test_a_session_table_that_forgets_is_caught(
    monkeypatch: pytest.MonkeyPatch, kind: WorkloadKind, title: str
) -> None:
    """Batches that are sent again are applied again."""
    monkeypatch.setattr(SessionTable, "enter", lambda _table, session, _clock_ms=0: Session(session.incarnation))
    report = first_failure(range(30), workload=WorkloadSettings(clients=6, kind=kind))
    fails(report, title)
    assert "\n" not in report.failure
    assert ("could not be placed:" in report.traceback) == (kind == "kv")


@pytest.mark.parametrize(("kind", "title"), [("journal", "Fresh reads"), ("kv", "Linearizability|Revisions")])
def test_reads_that_ask_no_leader_are_caught(monkeypatch: pytest.MonkeyPatch, kind: WorkloadKind, title: str) -> None:
    def answer(raft: RaftState, event: ReadRequested) -> None:
        raft.out.append(ReadReady(event.id, 0))

    monkeypatch.setitem(HANDLERS, ReadRequested, answer)
    fails(first_failure(range(10), workload=WorkloadSettings(clients=6, kind=kind)), *title.split("|"))


class Tally:
    """A workload of one's own: one client, a machine that counts."""

    def __init__(self, *, fails: bool = False) -> None:
        self.calls: list[str] = []
        self.total = 0
        self._fails = fails
        self._cluster: Cluster | None = None

    def machine(self, node: NodeId) -> StateMachine:
        return Journal(node, History())

    def begin(self, cluster: Cluster) -> None:
        self.calls.append("begin")
        self._cluster = cluster

    def stop(self) -> None:
        self.calls.append("stop")

    @property
    def busy(self) -> int:
        return 0

    def finish(self) -> None:
        self.calls.append("finish")
        assert self._cluster is not None
        write_through(self._cluster, 1, [b"x"])
        self.total = read_through(self._cluster, 2, lambda machine: len(machine.commands))
        if self._fails:
            raise InvariantBrokenError("Tally", "nowhere", "it is off")

    def counts(self) -> dict[str, int]:
        return {"tallied": self.total}


def test_a_workload_of_ones_own_replaces_the_plans() -> None:
    workload = Tally()
    report = run_plan(draw_plan(3, nodes=3), workload=workload)
    assert not report.failure, report.traceback
    assert workload.calls == ["begin", "stop", "finish"]
    assert report.counts["tallied"] == 1
    assert "outcome applied" not in report.counts


def test_what_it_finds_is_the_reports_failure() -> None:
    fails(run_plan(draw_plan(3, nodes=3), workload=Tally(fails=True)), "InvariantBrokenError: Tally: it is off")


def test_s_x3_a_cluster_that_never_recovers_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    storm = Storm(msgspec.structs.replace(draw_plan(2), faults=[]))
    monkeypatch.setattr(storm.cluster, "mend", lambda: storm.cluster.cut([1, 2, 3]))
    fails(storm.run(), "does not serve after all faults have ended", "not so within")
