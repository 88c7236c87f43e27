"""Plays a scenario: the cluster, what strikes it, who helps it, its clients, and what became of what was expected."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import msgspec

from quorate.core.ids import MILLISECOND
from quorate.runtime.limits import Limits
from quorate.sim.cluster import Cluster
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.meter import Meter
from quorate.sim.network import NetworkSettings
from quorate.sim.scenarios.checks import Checks, Verdict
from quorate.sim.scenarios.load import Clients
from quorate.sim.scenarios.recorder import Recorder, Recording
from quorate.sim.scenarios.scenario import MendDisk, Resume, Scenario, Start, Step
from quorate.sim.storms.nemesis import Nemesis
from quorate.sim.traces.trace import Sink


class Outcome(msgspec.Struct):
    """What became of a scenario. `failure`: what broke that was not expected to, or which expectations did not come true; empty if all
    is well. `idle`: statements that found nothing to strike. `messages`: how many of each kind were sent, the
    commonest first. `recording`: None unless it was asked for."""

    scenario: Scenario
    failure: str
    traceback: str
    digest: str
    simulated_ns: int
    verdicts: list[Verdict]
    idle: list[str]
    counts: dict[str, int]
    messages: dict[str, int]
    recording: Recording | None


class Play:
    """A scenario being carried out. `traced`: with a digest of its history. `recorder`: there if it is `watched`."""

    def __init__(
        self,
        scenario: Scenario,
        trace_file: Sink | None = None,
        *,
        traced: bool = True,
        watched: bool = False,
        on_look: Callable[[], None] | None = None,
    ) -> None:
        self.scenario = scenario
        network = NetworkSettings()
        if scenario.latency_ns is not None:
            network = msgspec.structs.replace(network, latency_ns=scenario.latency_ns)
        if scenario.latency_fixed:
            network = msgspec.structs.replace(network, spread_ns=0, tail_share=0.0, ns_per_byte=0)
        self.cluster = Cluster(
            nodes=scenario.nodes,
            algorithm=scenario.algorithm,
            seed=scenario.seed,
            options=scenario.options,
            limits=Limits(**scenario.limits),
            network=network,
            traced=traced,
            trace_file=trace_file,
        )
        self.meter = Meter()
        self.cluster.network.meter = self.meter
        self.nemesis = Nemesis(self.cluster)
        self.clients = Clients(self.cluster)
        self.recorder: Recorder | None = None
        if watched:
            self.recorder = Recorder(self.cluster, self.nemesis.happened, self._acknowledged, on_look)
        self._schedule()
        self.checks = Checks(self.cluster, self.clients, self.meter, scenario.expectations)

    def run(self) -> Outcome:
        """Let it all happen. What breaks is told, not raised."""
        failure = trace = ""
        try:
            self.cluster.scheduler.run_until(self.scenario.until)
        except InvariantBrokenError as error:
            if not self.checks.broke(error.title):
                failure, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
        except Exception as error:
            failure, trace = f"{type(error).__name__}: {error}", traceback.format_exc()
        if not failure:
            failure = "; ".join(verdict.describe() for verdict in self.checks.failed)
        return Outcome(
            scenario=self.scenario,
            failure=failure,
            traceback=trace,
            digest=self.cluster.trace.digest() if self.cluster.trace is not None else "",
            simulated_ns=self.cluster.now,
            verdicts=self.checks.verdicts,
            idle=self._idle(),
            counts=self._counts(),
            messages=self.meter.since({}).commonest(),
            recording=self.recorder.finish() if self.recorder is not None else None,
        )

    def _schedule(self) -> None:
        scenario, scheduler = self.scenario, self.cluster.scheduler
        self.nemesis.plan(planned.fault for planned in scenario.faults)
        for step in scenario.steps:
            scheduler.at(step.at, self._take, step)
        for at in scenario.heals:
            scheduler.at(at, self._mark, "heal")
        for load in scenario.loads if self.cluster.spec.keeps_log else ():
            self.clients.begin(load)

    def _take(self, step: Step) -> None:
        node = self.cluster.nodes[step.node]
        match step:
            case Start() if not node.up:
                self._mark(f"start {step.node}", step.node)
                node.start()
            case Resume() if node.paused:
                self._mark(f"resume {step.node}", step.node)
                node.resume()
            case MendDisk():
                self._mark(f"mend disk {step.node}", step.node)
                node.mend_disk()
                if node.failure is not None:
                    node.start()
            case _:
                return

    def _mark(self, text: str, node: int | None = None) -> None:
        if self.recorder is not None:
            self.recorder.mark(text, node)

    def _acknowledged(self) -> int:
        return self.clients.outcomes.applied

    def _idle(self) -> list[str]:
        """Statements of which no fault found anything to strike: worth a word, because then they show nothing."""
        struck = {(type(fault), fault.at) for fault in self.nemesis.happened}
        texts = {planned.text: False for planned in self.scenario.faults}
        for planned in self.scenario.faults:
            texts[planned.text] |= (type(planned.fault), planned.fault.at) in struck
        return [text for text, found in texts.items() if not found and not text.startswith("restart")]

    def _counts(self) -> dict[str, int]:
        counts = {"faults": sum(self.nemesis.applied.values()), **self.cluster.observer.summary()}
        counts |= self.clients.outcomes.counts()
        counts["events"] = self.cluster.scheduler.events
        counts["simulated ms"] = self.cluster.now // MILLISECOND
        return {name.replace("_", " "): number for name, number in counts.items()}
