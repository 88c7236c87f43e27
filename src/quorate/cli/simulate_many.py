"""Many simulated runs on all cores: storms of drawn faults, or one scenario under many seeds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import Any

import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from quorate.algorithms import catalog
from quorate.cli.failures import ExitCode
from quorate.cli.simulate_evidence import Kept, check_place, keep_evidence
from quorate.cli.simulate_one import print_json
from quorate.cli.simulate_progress import Progress
from quorate.cli.simulate_wishes import Wishes
from quorate.core.errors import ConfigError, QuorateError
from quorate.sim.coverage.coverage import Coverage, coverage
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Play
from quorate.sim.scenarios.source import find_source
from quorate.sim.storms.plan import NetworkMode, Plan, draw_plan
from quorate.sim.storms.pool import cores, spread
from quorate.sim.storms.run import Report, run_plan
from quorate.sim.storms.summary import Summary

MOST_SHOWN = 20
"""Failures told in full; the seeds of the rest are listed."""

_TOLD_ELSEWHERE = ("reason ", "moment ")
"""Counts that coverage speaks of, and the JSON document has."""


class WorkersFailedError(QuorateError):
    """A process of the storm died."""


class Storms(msgspec.Struct, frozen=True):
    """What all seeds of a storm share."""

    algorithm: str
    nodes: int | None
    network: NetworkMode

    def plan(self, seed: int) -> Plan:
        """What a seed means."""
        return draw_plan(seed, self.algorithm, self.nodes, self.network)


class Result(msgspec.Struct, frozen=True):
    """What came of all seeds, or of those that were done when it was interrupted."""

    summary: Summary
    wanted: int
    seconds: float
    workers: int
    interrupted: bool

    @property
    def rate(self) -> float:
        """Seeds a second."""
        return self.summary.seeds / self.seconds

    @property
    def events_per_core(self) -> float:
        """Events a second of each process."""
        return self.summary.totals.get("events", 0) / self.seconds / self.workers


def run_storm_seed(storms: Storms, seed: int) -> Report:
    """One seed of a storm, in whatever process."""
    return run_plan(storms.plan(seed))


def run_scenario_seed(text: str, nodes: int | None, algorithm: str | None, seed: int) -> Report:
    """A scenario under one seed, in whatever process."""
    outcome = Play(read_scenario(text, nodes=nodes, seed=seed, algorithm=algorithm), traced=False).run()
    return Report(seed, outcome.failure, outcome.traceback, outcome.digest, outcome.simulated_ns, outcome.counts)


def run(wishes: Wishes) -> ExitCode:
    """All seeds, then what came of them."""
    algorithm = wishes.algorithm or catalog.DEFAULT
    if wishes.scenario is not None:
        return _run_scenario(wishes, wishes.scenario)
    if wishes.network == "datagrams" and not catalog.find(algorithm).survives_datagrams:
        raise ConfigError(f"--network datagrams: {algorithm} needs connections that keep their order; choose links")
    check_place(wishes)
    storms = Storms(algorithm, wishes.nodes, wishes.network or "mixed")
    result = _run_all(wishes, partial(run_storm_seed, storms))
    failures = sorted(result.summary.failures, key=lambda report: report.seed)
    kept = [] if result.interrupted else keep_evidence(wishes, [storms.plan(report.seed) for report in failures])
    reached = coverage(result.summary.totals, result.summary.seeds, catalog.find(algorithm), result.summary.seen_in)
    _tell(wishes, result, kept, reached)
    return _code(wishes, result, reached)


def _run_scenario(wishes: Wishes, argument: str) -> ExitCode:
    source = find_source(argument)
    read_scenario(source.text, nodes=wishes.nodes, algorithm=wishes.algorithm)
    result = _run_all(wishes, partial(run_scenario_seed, source.text, wishes.nodes, wishes.algorithm))
    _tell(wishes, result, [], None)
    return _code(wishes, result, None)


def _run_all(wishes: Wishes, task: Callable[[int], Report]) -> Result:
    first, count = wishes.first_seed or 0, wishes.seeds or 1
    workers = wishes.workers or cores()
    summary = Summary()
    interrupted = False
    started = time.perf_counter()
    with Progress(Console(stderr=True), count) as progress:
        try:
            for report in spread(task, range(first, first + count), workers):
                summary.add(report)
                if report.failure and len(summary.failures) <= MOST_SHOWN:
                    progress.say(f"seed {report.seed}: {report.failure}")
                progress.done(len(summary.failures))
        except KeyboardInterrupt:
            interrupted = True
        except BrokenProcessPool as error:
            raise WorkersFailedError(
                f"a process of the storm was killed after {summary.seeds} seeds; is there memory enough? try fewer --workers"
            ) from error
    seconds = max(time.perf_counter() - started, 1e-9)
    return Result(summary, count, seconds, workers, interrupted)


def _code(wishes: Wishes, result: Result, reached: Coverage | None) -> ExitCode:
    if result.interrupted:
        return ExitCode.INTERRUPTED
    lacking = wishes.demand_coverage and reached is not None and bool(reached.missing)
    return ExitCode.FAILED if result.summary.failures or lacking else ExitCode.OK


def _command(wishes: Wishes, seed: int) -> str:
    given = [] if wishes.scenario is None else ["--scenario", wishes.scenario]
    return wishes.command(*given, "--seed", str(seed))


# What is told


def _tell(wishes: Wishes, result: Result, kept: list[Kept], reached: Coverage | None) -> None:
    if wishes.json:
        print_json(_document(wishes, result, kept, reached))
        return
    console = Console()
    summary = result.summary
    console.print(_table(summary))
    if reached is not None:
        console.print(
            reached.describe(), style="bold yellow" if reached.missing else None, markup=False, highlight=False
        )
    console.print(
        f"{summary.seeds:,} seeds in {result.seconds:.1f} s: {result.rate:.1f} seeds/s on {result.workers} processes, "
        f"{result.events_per_core:,.0f} events/s each",
        highlight=False,
    )
    _tell_failures(wishes, summary.failures, console)
    for one in kept:
        console.print(one.describe(), markup=False, highlight=False, soft_wrap=True)
    if result.interrupted:
        console.print(
            f"interrupted: {summary.seeds:,} of {result.wanted:,} seeds were run", style="yellow", highlight=False
        )


def _table(summary: Summary) -> Table:
    """What happened, how often, in how many seeds."""
    table = Table("what", title=f"{summary.seeds:,} seeds, {len(summary.failures):,} failed", box=box.SIMPLE_HEAD)
    for column in ("in all", "in seeds", "most in one"):
        table.add_column(column, justify="right")
    for name, total, seeds, most in summary.rows(without=_TOLD_ELSEWHERE):
        table.add_row(name, f"{total:,}", f"{seeds:,}", f"{most:,}")
    return table


def _tell_failures(wishes: Wishes, failures: list[Report], console: Console) -> None:
    """What broke, and how to see it again."""
    failures = sorted(failures, key=lambda report: report.seed)
    for report in failures[:MOST_SHOWN]:
        console.print(
            f"seed {report.seed}: {report.failure}", style="red", markup=False, highlight=False, soft_wrap=True
        )
        console.print(f"  {_command(wishes, report.seed)}", markup=False, highlight=False, soft_wrap=True)
    if failures[MOST_SHOWN:]:
        seeds = ", ".join(str(report.seed) for report in failures[MOST_SHOWN:])
        console.print(f"and seeds {seeds}", highlight=False, soft_wrap=True)


def _document(wishes: Wishes, result: Result, kept: list[Kept], reached: Coverage | None) -> dict[str, Any]:
    summary = result.summary
    document: dict[str, Any] = {
        "mode": "storm" if wishes.scenario is None else "scenario",
        "seeds": summary.seeds,
        "first_seed": wishes.first_seed or 0,
        "interrupted": result.interrupted,
        "failed": len(summary.failures),
        "failures": [
            {"seed": report.seed, "failure": report.failure, "replay": _command(wishes, report.seed)}
            for report in sorted(summary.failures, key=lambda report: report.seed)
        ],
        "evidence": [one.document() for one in kept],
        "counts": summary.totals,
        "in_seeds": summary.seen_in,
        "seconds": result.seconds,
        "seeds_per_second": result.rate,
        "processes": result.workers,
        "events_per_second_per_process": result.events_per_core,
    }
    if reached is not None:
        document["coverage"] = {
            "reached": [row.milestone.name for row in reached.rows if row.reached],
            "never_reached": [row.milestone.name for row in reached.missing],
            "too_few_seeds_to_tell": [row.milestone.name for row in reached.unknown],
        }
    return document
