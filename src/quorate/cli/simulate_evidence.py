"""What failures leave behind: the first few are shrunk, and each gets a plan, a trace and a transcript."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from quorate.cli.simulate_wishes import EVIDENCE, Wishes
from quorate.core.errors import ConfigError
from quorate.sim.storms.plan import Plan
from quorate.sim.storms.shrink import NothingToShrinkError, Progress
from quorate.sim.traces.evidence import Evidence, write_evidence

MOST_SHRUNK = 3
"""Failures of one storm that are shrunk; they mostly have one cause."""


class Kept(msgspec.Struct, frozen=True):
    """The evidence of one failure, or why there is none."""

    seed: int
    evidence: Evidence | None
    problem: str = ""

    def describe(self) -> str:
        """For people."""
        return self.problem if self.evidence is None else f"seed {self.seed}, shrunk: {self.evidence.describe()}"

    def document(self) -> dict[str, str | int]:
        """For programs."""
        if self.evidence is None:
            return {"seed": self.seed, "problem": self.problem}
        found = self.evidence
        return {
            "seed": self.seed,
            "failure": found.failure,
            "plan": str(found.plan_file),
            "trace": str(found.trace_file),
            "transcript": str(found.transcript_file),
            "shrunk": found.shrunk.describe(),
        }


def check_place(wishes: Wishes) -> Path:
    """Where evidence goes. Raises `ConfigError` now, and not after an hour, if that cannot be."""
    place = wishes.out or EVIDENCE
    if place.exists() and not place.is_dir():
        raise ConfigError(f"--out {place} is no directory; name another one")
    return place


def keep_evidence(wishes: Wishes, plans: Sequence[Plan]) -> list[Kept]:
    """Shrink the first of `plans`, which have failed, and write down what is left. Ctrl-C ends the shrinking, not the report."""
    if wishes.no_shrink:
        return []
    place = check_place(wishes)
    console = Console(stderr=True)
    kept: list[Kept] = []
    for plan in plans[:MOST_SHRUNK]:
        with console.status(f"shrinking seed {plan.seed}") as status:

            def told(progress: Progress, seed: int = plan.seed) -> None:
                status.update(
                    f"shrinking seed {seed}: {progress.faults} faults left, run {progress.runs}, {progress.step}"
                )

            try:
                kept.append(Kept(plan.seed, write_evidence(plan, place, progress=told)))
            except NothingToShrinkError:
                problem = f"seed {plan.seed}: it did not fail again: what broke does not follow from the plan alone"
                kept.append(Kept(plan.seed, None, problem))
            except OSError as error:
                problem = f"seed {plan.seed}: no evidence in {place}: {error.strerror}; choose another --out"
                kept.append(Kept(plan.seed, None, problem))
            except KeyboardInterrupt:
                kept.append(Kept(plan.seed, None, f"seed {plan.seed}: not shrunk, as you interrupted it"))
                break
    return kept
