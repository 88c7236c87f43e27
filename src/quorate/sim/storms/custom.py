"""Storms for anybody's state machine: the same plans, faults and checks as quorate's own storms, with the user's machine and commands."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.errors import ConfigError
from quorate.sim.clients.custom import Check, DrawCommand, Make, draw
from quorate.sim.guard.check import apply_guarded
from quorate.sim.guard.interpreters import HASH_SEEDS, compare_interpreters
from quorate.sim.guard.machine import GuardSettings
from quorate.sim.guard.naming import name_of
from quorate.sim.storms.job import Job
from quorate.sim.storms.pool import cores, spread
from quorate.sim.storms.run import Report
from quorate.sim.storms.shrink import Shrunk, shrink
from quorate.sim.streams import stream

TRIED_COMMANDS = 200
"""Commands that are tried on one machine before the storm: what breaks there needs no cluster to be understood."""

PARALLEL_FROM = 8
"""Fewer seeds than this are done before other processes have started."""

SHOWN_FAULTS = 10
"""Of a shrunk plan; one that has more is no short story."""


class StormResult(msgspec.Struct, frozen=True):
    """A storm in which nothing broke. `counts`: what happened, how often, over all seeds. `notes`: what was not checked, and why."""

    seeds: int
    counts: dict[str, int]
    notes: tuple[str, ...] = ()


class StormFailedError(AssertionError):
    """Something broke. `seed` shows it again, every time; `replay` is how. `story`: what is needed for it, as far as that was found
    out. `traceback`: of the first run."""

    def __init__(self, seed: int, failure: str, *, replay: str, story: str = "", traceback: str = "") -> None:
        self.seed = seed
        self.failure = failure
        self.replay = replay
        self.story = story
        self.traceback = traceback
        parts = [f"seed {seed}: {failure}", *([story] if story else []), "To see it again:", _indented(replay)]
        super().__init__("\n".join(parts))


def storm(
    make: Make,
    *,
    commands: DrawCommand,
    seeds: int = 100,
    first_seed: int = 0,
    algorithm: str = DEFAULT,
    nodes: int | None = None,
    check: Check | None = None,
    check_always: bool = False,
    guard: GuardSettings | None = None,
    hash_seeds: Sequence[int] = HASH_SEEDS,
    shrink_s: float = 10.0,
    workers: int = 0,
) -> StormResult:
    """Put what `make` makes through `seeds` storms: clusters of `nodes` (None: each seed draws), crashes, cuts, sick disks, odd clocks.

    `commands(random)` draws one command from a `random.Random`; nothing else may decide what it draws. `check(machine)` is called with
    every node's machine at the end of each seed, and after each command if `check_always`; it raises, or returns False, if something
    is wrong. `guard`, `hash_seeds`: as in `check_determinism`, which comes first. A failing seed is made smaller for up to `shrink_s`
    seconds. `workers`: processes; 0: one for each core, if they can be forked.

    Raises `MachineBrokenError` if the machine breaks a rule without any storm, `InvariantBrokenError` if the check does,
    `StormFailedError` at the first seed that fails, `ConfigError` if an argument cannot be used.
    """
    if seeds < 1 or first_seed < 0:
        raise ConfigError(f"seeds is {seeds} and first_seed {first_seed}: run at least one, from 0 or higher")
    if not find(algorithm).keeps_log:
        raise ConfigError(
            f"{algorithm} only elects: it applies no commands, so there is nothing to storm a machine with"
        )
    job = Job(make, commands, algorithm, nodes, check, guard or GuardSettings(), check_always=check_always)
    notes = _try(job, first_seed, hash_seeds)
    counts: dict[str, int] = {}
    for report in _with_progress(_run_all(job, range(first_seed, first_seed + seeds), workers), seeds):
        if report.failure:
            raise _failed(job, report, shrink_s)
        for name, count in report.counts.items():
            counts[name] = counts.get(name, 0) + count
    return StormResult(seeds, counts, notes)


def _try(job: Job, seed: int, hash_seeds: Sequence[int]) -> tuple[str, ...]:
    """One machine, no faults; then fresh interpreters. What could not be checked."""
    random = stream(seed, "commands", "tried")
    commands = [draw(job.commands, random) for _ in range(TRIED_COMMANDS)]
    workload = job.workload()
    machine = workload.machine(0)
    apply_guarded(machine, commands)
    workload.judge(machine)
    if not hash_seeds:
        return ()
    name = name_of(job.make)
    if name is None:
        return (f"hash order was not checked: {job.make!r} has no name; define it at the top of a module",)
    compare_interpreters(name, commands, hash_seeds)
    return ()


def _failed(job: Job, report: Report, shrink_s: float) -> StormFailedError:
    story = _story(shrink(job.plan(report.seed), job.run, seconds=shrink_s)) if shrink_s > 0 else ""
    return StormFailedError(
        report.seed, report.failure, replay=job.replay(report.seed), story=story, traceback=report.traceback
    )


def _story(shrunk: Shrunk) -> str:
    """What is left of a plan that still fails in the same way, for people."""
    schedule = shrunk.plan.faults
    lines = [f"Smallest that still fails so ({shrunk.describe()}):"]
    if not schedule and not shrunk.plan.triggers:
        lines.append("    no fault is needed")
    lines += [f"    {fault.at / 1e9:7.3f} s {fault}" for fault in schedule[:SHOWN_FAULTS]]
    if schedule[SHOWN_FAULTS:]:
        lines.append(f"    and {len(schedule) - SHOWN_FAULTS} more faults")
    lines.append(f"    {shrunk.report.failure}")
    return "\n".join(lines)


_jobs: list[Job] = []
"""The job under way. A forked process finds here what could not be sent to it: lambdas, classes that a test defines."""


def _run_all(job: Job, seeds: range, workers: int) -> Iterator[Report]:
    workers = min(workers or cores(), len(seeds))
    if workers == 1 or len(seeds) < PARALLEL_FROM or not _may_fork():
        yield from map(job.run_seed, seeds)
        return
    _jobs.append(job)
    try:
        yield from spread(partial(_run_forked, len(_jobs) - 1), seeds, workers)
    finally:
        _jobs.pop()


def _run_forked(number: int, seed: int) -> Report:
    return _jobs[number].run_seed(seed)


def _may_fork() -> bool:
    """Whether new processes begin as copies of this one, and safely so: a fork copies one thread and the locks of all."""
    method = multiprocessing.get_start_method(allow_none=True) or multiprocessing.get_all_start_methods()[0]
    return method == "fork" and threading.active_count() == 1


def _with_progress(reports: Iterator[Report], seeds: int) -> Iterator[Report]:
    """Show people how far it is; say nothing to files."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from reports
        return
    columns = (TextColumn("storm"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(reports, total=seeds)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())
