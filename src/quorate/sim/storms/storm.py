"""Seeded storms from the command line: `python -m quorate.sim.storms.storm --seeds 1000`.

Each seed is one run of a whole cluster: crashes, cuts, sick disks, drifting clocks, then a calm in which it must recover. What broke
is printed with the command that runs it again. Exit code 1 if anything broke.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Annotated, cast

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from quorate.algorithms.catalog import DEFAULT
from quorate.sim.storms.plan import NetworkMode, Plan, draw_plan
from quorate.sim.storms.pool import cores, spread
from quorate.sim.storms.run import Report, run_plan

MAX_SHOWN = 20
"""Failures printed in full; the seeds of the rest are listed."""


class Setup(msgspec.Struct, frozen=True):
    """What all seeds of one command share."""

    algorithm: str = DEFAULT
    nodes: int = 5
    network: NetworkMode = "mixed"

    def plan(self, seed: int) -> Plan:
        """The plan of one seed."""
        return draw_plan(seed, self.algorithm, self.nodes, self.network)

    def command(self, seed: int) -> str:
        """What replays a seed and leaves its trace."""
        return (
            f"python -m quorate.sim.storms.storm --seed {seed} --nodes {self.nodes} --algorithm {self.algorithm} "
            f"--network {self.network} --trace storm-{seed}.jsonl"
        )


def run_seed(setup: Setup, seed: int) -> Report:
    """Run one seed."""
    return run_plan(setup.plan(seed))


class Summary:
    """Counts of all reports so far."""

    def __init__(self) -> None:
        self.seeds = 0
        self.failures: list[Report] = []
        self.totals: dict[str, int] = {}
        self.seen_in: dict[str, int] = {}
        self.most: dict[str, int] = {}

    def add(self, report: Report) -> None:
        self.seeds += 1
        if report.failure:
            self.failures.append(report)
        for name, count in report.counts.items():
            self.totals[name] = self.totals.get(name, 0) + count
            self.seen_in[name] = self.seen_in.get(name, 0) + (count > 0)
            self.most[name] = max(self.most.get(name, 0), count)

    def table(self) -> Table:
        """What happened, how often, in how many seeds."""
        table = Table("what", title=f"{self.seeds} seeds, {len(self.failures)} failed")
        for column in ("in all", "in seeds", "most in one"):
            table.add_column(column, justify="right")
        for name, total in sorted(self.totals.items()):
            table.add_row(name, f"{total:,}", f"{self.seen_in[name]:,}", f"{self.most[name]:,}")
        return table


def storm(setup: Setup, seeds: range, workers: int, console: Console) -> Summary:
    """Run all, with a progress line, and print what came of it."""
    summary = Summary()
    started = time.perf_counter()
    columns = (
        TextColumn("storm"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("seeds", total=len(seeds), failed=0)
        for report in spread(partial(run_seed, setup), seeds, workers):
            summary.add(report)
            progress.update(task, advance=1, failed=len(summary.failures))
    seconds = time.perf_counter() - started
    console.print(summary.table())
    rate = summary.seeds / seconds
    console.print(f"{seconds:.1f} s, {rate:.1f} seeds/s on {workers} processes ({rate / workers:.1f} each)")
    show_failures(setup, summary.failures, console)
    return summary


def show_failures(setup: Setup, failures: list[Report], console: Console) -> None:
    """What broke, and how to see it again."""
    failures = sorted(failures, key=lambda report: report.seed)
    for report in failures[:MAX_SHOWN]:
        console.print(f"seed {report.seed}: {report.failure}", style="red", markup=False, highlight=False)
        console.print(f"  {setup.command(report.seed)}", markup=False, highlight=False, soft_wrap=True)
    if failures[MAX_SHOWN:]:
        console.print("and seeds " + ", ".join(str(report.seed) for report in failures[MAX_SHOWN:]))


def replay(setup: Setup, seed: int, trace: Path | None, console: Console) -> Report:
    """Run one seed here, tell its faults and what became of it, and leave its trace."""
    plan = setup.plan(seed)
    if trace is not None:
        with trace.open("wb") as file:
            report = run_plan(plan, file)
    else:
        report = run_plan(plan, traced=True)
    console.print(f"seed {seed}: {plan.options}, {plan.limits}, {plan.network}", markup=False)
    for fault in plan.faults:
        console.print(f"  {fault.at / 1e9:7.3f} s {fault}", markup=False, highlight=False, soft_wrap=True)
    summary = Summary()
    summary.add(report)
    console.print(summary.table())
    console.print(f"trace {report.digest}" + (f" in {trace}" if trace is not None else ""), highlight=False)
    if report.failure:
        console.print(report.traceback, markup=False, highlight=False, soft_wrap=True)
        show_failures(setup, [report], console)
    return report


def main(
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds to run.")] = 100,
    first_seed: Annotated[int, typer.Option(min=0, help="The first of them.")] = 0,
    seed: Annotated[int | None, typer.Option(min=0, help="Replay this one seed, here, with its faults listed.")] = None,
    trace: Annotated[
        Path | None, typer.Option(help="With --seed: write each step to this file, a JSON line each.")
    ] = None,
    nodes: Annotated[int, typer.Option(min=1, help="Members of the cluster.")] = 5,
    algorithm: Annotated[str, typer.Option(help="Which algorithm they run.")] = DEFAULT,
    network: Annotated[str, typer.Option(help="links, datagrams, or mixed: each seed draws.")] = "mixed",
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")] = 0,
) -> None:
    """Run seeded storms over a simulated cluster and check what must never happen."""
    if network not in ("links", "datagrams", "mixed"):
        raise typer.BadParameter("--network is links, datagrams or mixed")
    setup = Setup(algorithm, nodes, cast("NetworkMode", network))
    console = Console()
    if seed is not None:
        failed = bool(replay(setup, seed, trace, console).failure)
    else:
        chosen = range(first_seed, first_seed + seeds)
        failed = bool(storm(setup, chosen, workers or cores(), console).failures)
    raise typer.Exit(int(failed))


if __name__ == "__main__":
    typer.run(main)
