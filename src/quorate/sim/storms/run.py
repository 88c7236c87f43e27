"""One storm, from its plan to its report."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND
from quorate.sim.clients.calm import leader_within_s, patience_s
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.kv_clients import KvWorkload
from quorate.sim.clients.workload import Workload, WorkloadSettings
from quorate.sim.cluster import SMALL_SESSIONS, SMALL_STORE, Cluster
from quorate.sim.coverage.coverage import cuts_one_way
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.aftermath import judge_elections
from quorate.sim.storms.nemesis import Nemesis
from quorate.sim.storms.plan import Plan
from quorate.sim.traces.header import storm_header
from quorate.sim.traces.lines import Verdict
from quorate.sim.traces.trace import Sink

ANSWER_S = 15.0
"""Simulated seconds for open calls to be answered: they end by the clients' patience, on a clock that may be slow, or by a leader."""

CALM = NetworkSettings()


class Report(msgspec.Struct):
    """What became of one seed. `failure`: empty if all held; else what broke, in one line; `traceback` has the rest, such as the evidence
    of a checker. `counts`: how often things happened."""

    seed: int
    failure: str = ""
    traceback: str = ""
    digest: str = ""
    simulated_ns: int = 0
    counts: dict[str, int] = {}


Runner: TypeAlias = Callable[["Plan", "Sink | None"], Report]
"""Carries a plan out, and writes its trace: `run_plan`, or one that brings its own workload to each run."""


class Storm:
    """A plan being carried out."""

    def __init__(
        self,
        plan: Plan,
        trace_file: Sink | None = None,
        *,
        traced: bool = False,
        workload: Workload | None = None,
    ) -> None:
        self.plan = plan
        chosen = workload or make_workload(plan.workload)
        self.cluster = Cluster(
            machines=chosen.machine,
            nodes=plan.nodes,
            spares=plan.spares,
            algorithm=plan.algorithm,
            seed=plan.seed,
            options=plan.options,
            limits=plan.limits,
            network=plan.network,
            disk=plan.disk,
            store=msgspec.structs.replace(SMALL_STORE, segment_bytes=plan.segment_bytes),
            traced=traced,
            trace_file=trace_file,
            sessions=SMALL_SESSIONS,
            trace_header=storm_header(plan, type(workload).__name__ if workload is not None else ""),
        )
        for node, rate in zip(self.cluster.nodes.values(), plan.rates, strict=True):
            node.set_clock_rate(rate)
        self.nemesis = Nemesis(self.cluster)
        self.leaderless_ns = 0
        self.workload = chosen if self.cluster.spec.keeps_log else None

    def run(self) -> Report:
        """Do it all. Failures are reported, not raised."""
        report = Report(self.plan.seed)
        try:
            self._rage()
            self._heal()
        except Exception as error:
            report.failure = f"{type(error).__name__}: {error}".splitlines()[0]
            report.traceback = traceback.format_exc()
        report.simulated_ns = self.cluster.now
        trace = self.cluster.trace
        if trace is not None:
            report.digest = trace.digest()
            trace.end(Verdict(self.cluster.now, report.failure, trace.records, report.digest))
        report.counts = self._counts()
        return report

    def _rage(self) -> None:
        self.nemesis.plan(self.plan.faults, self.plan.triggers)
        if self.workload is not None:
            self.workload.begin(self.cluster)
        self.cluster.scheduler.run_until(self.plan.duration_ns)

    def _heal(self) -> None:
        """Faults stop. Then a leader is elected, every call resolves, every node serves, and all agree; each within its bound."""
        cluster = self.cluster
        self.nemesis.end()
        cluster.network.use(CALM)
        cluster.wait_for_leader(leader_within_s(cluster))
        self.leaderless_ns = cluster.now - self.plan.duration_ns
        if self.workload is not None:
            self.workload.stop()
            cluster.run_until(self._quiet, ANSWER_S)
            self.workload.finish()
        cluster.wait_for_convergence(patience_s(cluster))
        if not cluster.spec.keeps_log:
            judge_elections(cluster)

    def _quiet(self) -> bool:
        """Whether nobody waits for an answer, operators included, and the group is what it will be."""
        if self.cluster.now < self.nemesis.asked_until or not self.cluster.settled():
            return False
        calls = any(node.open_calls for node in self.cluster.nodes.values())
        return not calls and not (self.workload is not None and self.workload.busy)

    def _counts(self) -> dict[str, int]:
        cluster = self.cluster
        counts = {"faults": sum(self.nemesis.applied.values()), **cluster.observer.summary()}
        counts |= {f"fault {name}": number for name, number in sorted(self.nemesis.applied.items())}
        counts |= self.nemesis.answers
        counts["one-way cuts"] = sum(map(cuts_one_way, self.nemesis.happened))
        counts["corruption refused"] = sum(node.ruined for node in cluster.nodes.values())
        for node in cluster.nodes.values():
            for name, number in msgspec.structs.asdict(node.losses).items():
                counts[f"lost {name}"] = counts.get(f"lost {name}", 0) + number
        if self.workload is not None:
            counts |= self.workload.counts()
        for name, number in msgspec.structs.asdict(cluster.network.counters).items():
            counts[f"network {name}"] = number
        counts["events"] = cluster.scheduler.events
        counts["simulated ms"] = cluster.now // MILLISECOND
        counts["ms to a leader after the faults"] = self.leaderless_ns // MILLISECOND
        return {name.replace("_", " "): number for name, number in counts.items()}


def make_workload(settings: WorkloadSettings) -> Workload:
    """The clients that a plan asks for."""
    return KvWorkload(settings) if settings.kind == "kv" else JournalWorkload(settings)


def run_plan(
    plan: Plan, trace_file: Sink | None = None, *, traced: bool = False, workload: Workload | None = None
) -> Report:
    """Carry a plan out. `workload`: yours instead of the plan's; it serves one run."""
    return Storm(plan, trace_file, traced=traced, workload=workload).run()
