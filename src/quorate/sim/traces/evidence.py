"""What a failing storm leaves behind: the smallest plan that still fails, its trace, and a transcript for people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from quorate.sim.storms.plan import Plan
from quorate.sim.storms.plan_file import write_plan
from quorate.sim.storms.run import Runner, run_plan
from quorate.sim.storms.shrink import MOST_RUNS, Progress, Shrunk, shrink
from quorate.sim.traces.transcript import transcript_of

MOST_SECONDS = 60.0


class Evidence(msgspec.Struct, frozen=True):
    """The files, and what is in them. `failure`: in one line."""

    plan_file: Path
    trace_file: Path
    transcript_file: Path
    failure: str
    shrunk: Shrunk

    def describe(self) -> str:
        """For people: what broke, how little it takes, and where to read on."""
        return "\n".join(
            [
                self.failure,
                f"  {self.shrunk.describe()}",
                f"  plan {self.plan_file}, trace {self.trace_file}, read {self.transcript_file}",
            ]
        )


def write_evidence(
    plan: Plan,
    directory: Path,
    *,
    name: str = "",
    run: Runner = run_plan,
    most_runs: int = MOST_RUNS,
    seconds: float = MOST_SECONDS,
    progress: Callable[[Progress], None] | None = None,
) -> Evidence:
    """Shrink a plan that fails, run what is left once more, and write `name`.plan.json, `name`.jsonl and `name`.txt into `directory`,
    which is made if absent. `name`: by default after the seed.

    Raises `NothingToShrinkError` if the plan does not fail, `OSError` if a file cannot be written.
    """
    shrunk = shrink(plan, run, most_runs=most_runs, seconds=seconds, progress=progress)
    directory.mkdir(parents=True, exist_ok=True)
    name = name or f"storm-{plan.seed}"
    plan_file, trace_file, transcript_file = (directory / f"{name}{end}" for end in (".plan.json", ".jsonl", ".txt"))
    write_plan(plan_file, shrunk.plan)
    with trace_file.open("wb") as file:
        failure = run(shrunk.plan, file).failure
    transcript_file.write_text(transcript_of(trace_file), encoding="utf-8")
    return Evidence(plan_file, trace_file, transcript_file, failure, shrunk)
