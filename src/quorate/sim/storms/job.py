"""What all seeds of one storm over a user's machine share, and the Python that runs one of them again."""

from __future__ import annotations

from dataclasses import dataclass

from quorate.algorithms.catalog import DEFAULT
from quorate.sim.clients.custom import Check, CustomWorkload, DrawCommand, Make
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.guard.machine import GuardSettings
from quorate.sim.guard.naming import name_of
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import Report, run_plan
from quorate.sim.traces.trace import Sink


@dataclass(frozen=True)
class Job:
    """See the parameters of `storm`."""

    make: Make
    commands: DrawCommand
    algorithm: str
    nodes: int | None
    check: Check | None
    guard: GuardSettings
    check_always: bool = False

    def plan(self, seed: int) -> Plan:
        """What a seed means."""
        return draw_plan(seed, self.algorithm, self.nodes)

    def workload(self, settings: WorkloadSettings | None = None) -> CustomWorkload:
        """Clients for one run."""
        return CustomWorkload(
            self.make,
            self.commands,
            settings=settings,
            guard=self.guard,
            check=self.check,
            check_always=self.check_always,
        )

    def run(self, plan: Plan, trace_file: Sink | None = None) -> Report:
        """Carry a plan out: a `Runner`."""
        return run_plan(plan, trace_file, workload=self.workload(plan.workload))

    def run_seed(self, seed: int) -> Report:
        """Carry a seed's plan out."""
        return self.run(self.plan(seed))

    def replay(self, seed: int) -> str:
        """Python that runs a seed again; what has no name keeps that of its parameter."""
        given: dict[str, object] = {"make": self.make, "commands": self.commands, "check": self.check}
        imports: dict[str, list[str]] = {}
        words = []
        for parameter, value in given.items():
            if value is None:
                continue
            name = name_of(value)
            if name is not None and name.module != "__main__":
                imports.setdefault(name.module, []).append(name.path.partition(".")[0])
            told = name.path if name is not None else parameter
            words.append(told if parameter == "make" else f"{parameter}={told}")
        if self.check_always:
            words.append("check_always=True")
        if self.nodes is not None:
            words.append(f"nodes={self.nodes}")
        if self.algorithm != DEFAULT:
            words.append(f"algorithm={self.algorithm!r}")
        if self.guard != GuardSettings():
            words.append(f"guard={self.guard!r}")
        lines = [f"from {module} import {', '.join(dict.fromkeys(names))}" for module, names in imports.items()]
        call = f"storm({', '.join(words)}, seeds=1, first_seed={seed})"
        ours = "storm" if self.guard == GuardSettings() else "GuardSettings, storm"
        return "\n".join([*lines, f"from quorate.sim import {ours}", "", call])
