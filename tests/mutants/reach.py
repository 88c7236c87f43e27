"""Whether a mutant changes anything at all: in how many storms the history differs from that of the product itself."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import partial

import msgspec

from mutants.catalog import find
from mutants.patching import patched
from quorate.sim.storms.plan import Plan
from quorate.sim.storms.pool import spread
from quorate.sim.storms.run import run_plan


def history(plan: Plan, mutant: str = "") -> str:
    """What a storm came to, step by step, with a mutant or without one, as a digest."""
    with patched(find(mutant)) if mutant else nullcontext():
        report = run_plan(plan, traced=True)
    gc.collect()  # a storm leaves many cycles behind
    return f"{report.digest} {report.failure}"


def reached_in(mutants: Sequence[str], seed: int) -> list[str]:
    """Which of them change the history of this seed."""
    plans = {mutant: find(mutant).plan(seed) for mutant in mutants}
    without: dict[bytes, str] = {}
    changed = []
    for mutant, plan in plans.items():
        key = msgspec.json.encode(plan)
        if key not in without:
            without[key] = history(plan)
        if history(plan, mutant) != without[key]:
            changed.append(mutant)
    return changed


def reached(mutants: Sequence[str], seeds: Iterable[int], workers: int = 0) -> dict[str, int]:
    """In how many seeds each changes the history."""
    counts: Counter[str] = Counter(dict.fromkeys(mutants, 0))
    for changed in spread(partial(reached_in, tuple(mutants)), seeds, workers, chunk=1):
        counts.update(changed)
    return dict(counts)
