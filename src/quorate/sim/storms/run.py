"""One storm, from its plan to its report."""

from __future__ import annotations

import traceback
from functools import partial
from typing import BinaryIO

import msgspec

from quorate.core.ids import MILLISECOND
from quorate.core.outcome import Applied
from quorate.sim.clients.workload import Workload
from quorate.sim.cluster import Cluster, NeverError, Reading
from quorate.sim.network import NetworkSettings
from quorate.sim.storms.nemesis import Nemesis
from quorate.sim.storms.plan import FAULTS_END, Plan

HEALING_S = 15.0
"""Simulated seconds that a mended cluster may take to elect, to answer and to agree: many election timeouts of 1 s, restarts with
back-off, and a few rounds of resending. It usually takes less than two."""

CALM = NetworkSettings()


class Report(msgspec.Struct):
    """What became of one seed. `failure`: empty if all held; else what broke, in one line. `counts`: how often things happened."""

    seed: int
    failure: str = ""
    traceback: str = ""
    digest: str = ""
    simulated_ns: int = 0
    counts: dict[str, int] = {}


class Storm:
    """A plan being carried out."""

    def __init__(self, plan: Plan, trace_file: BinaryIO | None = None, *, traced: bool = False) -> None:
        self.plan = plan
        self.cluster = Cluster(
            nodes=plan.nodes,
            algorithm=plan.algorithm,
            seed=plan.seed,
            options=plan.options,
            limits=plan.limits,
            network=plan.network,
            disk=plan.disk,
            traced=traced,
            trace_file=trace_file,
        )
        for node, rate in zip(self.cluster.nodes.values(), plan.rates, strict=True):
            node.set_clock_rate(rate)
        self.nemesis = Nemesis(self.cluster)
        self.leaderless_ns = 0
        self.workload = Workload(self.cluster, plan.workload) if self.cluster.spec.keeps_log else None

    def run(self) -> Report:
        """Do it all. Failures are reported, not raised."""
        report = Report(self.plan.seed)
        try:
            self._rage()
            self._heal()
        except Exception as error:
            report.failure = f"{type(error).__name__}: {error}"
            report.traceback = traceback.format_exc()
        report.simulated_ns = self.cluster.now
        report.digest = self.cluster.trace.digest() if self.cluster.trace is not None else ""
        report.counts = self._counts()
        return report

    def _rage(self) -> None:
        self.nemesis.plan(self.plan.faults)
        if self.workload is not None:
            self.workload.start()
        self.cluster.scheduler.run_until(FAULTS_END)

    def _heal(self) -> None:
        """Faults stop. Then a leader is elected, every proposal resolves, every node serves, and all agree; each within the bound."""
        cluster = self.cluster
        self.nemesis.end()
        cluster.network.use(CALM)
        cluster.wait_for_leader(HEALING_S)
        self.leaderless_ns = cluster.now - FAULTS_END
        if self.workload is not None:
            self.workload.stop()
            cluster.run_until(lambda: not any(node.open_calls for node in cluster.nodes.values()), HEALING_S)
            self._serve()
        cluster.wait_for_convergence(HEALING_S)
        if self.workload is not None:
            self._compare_all()

    def _serve(self) -> None:
        """Every node takes a write and a read."""
        cluster = self.cluster
        for node in cluster.nodes:
            command = f"final.{node}".encode()
            outcome = cluster.apply(node, command, within=HEALING_S)
            if not isinstance(outcome, Applied):
                raise NeverError(
                    f"node {node} does not serve after all faults have ended: {outcome}; {cluster.describe()}"
                )
            cluster.history.acknowledged([command], outcome.results)
            settled = cluster.history.settled
            read = cluster.read(node, lambda machine: len(machine.commands), timeout=HEALING_S)
            cluster.run_until(partial(_is_done, read), HEALING_S + 1)
            if read.value is None:
                raise NeverError(
                    f"node {node} cannot read after all faults have ended: {read.answer}; {cluster.describe()}"
                )
            cluster.history.read(node, settled, read.value)

    def _compare_all(self) -> None:
        for node in self.cluster.nodes.values():
            node.machine.check_complete()

    def _counts(self) -> dict[str, int]:
        cluster = self.cluster
        counts = {"faults": sum(self.nemesis.applied.values()), **cluster.observer.summary()}
        counts |= {f"fault {name}": number for name, number in sorted(self.nemesis.applied.items())}
        for node in cluster.nodes.values():
            for name, number in msgspec.structs.asdict(node.losses).items():
                counts[f"lost {name}"] = counts.get(f"lost {name}", 0) + number
        counts["commands applied"] = len(cluster.history.order)
        if self.workload is not None:
            for name, number in msgspec.structs.asdict(self.workload.outcomes).items():
                counts[f"outcome {name}"] = number
        for name, number in msgspec.structs.asdict(cluster.network.counters).items():
            counts[f"network {name}"] = number
        counts["events"] = cluster.scheduler.events
        counts["simulated ms"] = cluster.now // MILLISECOND
        counts["ms to a leader after the faults"] = self.leaderless_ns // MILLISECOND
        return {name.replace("_", " "): number for name, number in counts.items()}


def _is_done(reading: Reading) -> bool:
    return reading.done


def run_plan(plan: Plan, trace_file: BinaryIO | None = None, *, traced: bool = False) -> Report:
    """Carry a plan out."""
    return Storm(plan, trace_file, traced=traced).run()
