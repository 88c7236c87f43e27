"""`make mutants`: one known bug after the other is put into the product, in memory, for the storms to find. Exit code 1 if one survives."""

from __future__ import annotations

import time
from collections import Counter
from difflib import get_close_matches
from statistics import median
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mutants.catalog import ABSENT, BY_NAME, MUTANTS
from mutants.mutant import Mutant
from mutants.patching import patched
from mutants.reach import reached
from mutants.trials import Hunt, Outcome, outcomes
from quorate.sim.storms.pool import cores


def choose(only: list[str]) -> list[Mutant]:
    """The mutants of these names; all without any."""
    for name in only:
        if name not in BY_NAME:
            close = get_close_matches(name, BY_NAME, n=1)
            hint = f"did you mean {close[0]!r}?" if close else "--list tells them all."
            raise typer.BadParameter(f"there is no mutant {name!r}; {hint}")
    return [mutant for mutant in MUTANTS if not only or mutant.name in only]


def show_list(mutants: list[Mutant], console: Console) -> None:
    """Each with its meaning and the rule that it breaks."""
    for mutant in mutants:
        console.print(mutant.name, style="bold", highlight=False)
        console.print(f"  {mutant.meaning}\n  Breaks: {mutant.rule}", markup=False, highlight=False, soft_wrap=True)


def show_reach(counts: dict[str, int], seeds: int, console: Console) -> None:
    """A mutant that changes nothing in many storms is none, or nothing leads there."""
    table = Table("mutant", "storms it changes", title=f"{seeds} storms")
    for name, count in counts.items():
        table.add_row(name, str(count), style="" if count else "red")
    console.print(table)


LINE_EVERY_S = 20.0
"""Between two lines of progress in a file."""


def hunt_all(hunt: Hunt, workers: int, console: Console) -> list[Outcome]:
    """Run all trials, with progress: a bar on a terminal, now and then a line elsewhere."""
    line_at = time.perf_counter()
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task("trials", total=len(hunt.trials))
        for _ in hunt.run(workers):
            done = sum(not trial.waiting for trial in hunt.trials)
            progress.update(bar, completed=done, description=f"trials done, {hunt.seeds_run:,} seeds run")
            if not console.is_terminal and time.perf_counter() - line_at >= LINE_EVERY_S:
                line_at = time.perf_counter()
                console.print(_how_far(hunt, done), highlight=False, soft_wrap=True)
    return outcomes(hunt.trials)


def _how_far(hunt: Hunt, done: int) -> str:
    waiting = sorted({trial.mutant.name for trial in hunt.trials if trial.waiting})
    names = ", ".join(waiting[:8]) + (f" and {len(waiting) - 8} more" if waiting[8:] else "")
    return f"{done} of {len(hunt.trials)} trials done, {hunt.seeds_run:,} seeds run; not caught yet: {names}"


def table_of(found: list[Outcome]) -> Table:
    """One row a mutant, and the totals."""
    caught = sum(outcome.well for outcome in found)
    table = Table(title=f"{len(found)} mutants, {caught} caught in every trial")
    table.add_column("mutant", no_wrap=True)
    table.add_column("caught by")
    for column in ("median", "worst", "survived"):
        table.add_column(column, justify="right")
    by: Counter[str] = Counter()
    for outcome in found:
        by.update(outcome.caught_by)
        style = "" if outcome.well else "red"
        middle = f"{median(outcome.seeds):g}" if outcome.seeds else "-"
        worst = str(outcome.seeds[-1]) if outcome.seeds else "-"
        survived = f"{outcome.survived} in {outcome.survived_seeds:,} seeds" if outcome.survived else ""
        table.add_row(outcome.name, _words(outcome), middle, worst, survived, style=style)
    table.add_section()
    totals = ", ".join(f"{name} {count}" for name, count in by.most_common())
    table.add_row("all", totals, "", "", str(sum(outcome.survived for outcome in found)))
    return table


def _words(outcome: Outcome) -> str:
    if outcome.wrong:
        return f"the mutant is wrong: {outcome.wrong[0]}"
    words = ", ".join(f"{by} {count}" if len(outcome.caught_by) > 1 else by for by, count in outcome.caught_by.items())
    if outcome.liveness:
        words += " (liveness)"
    return words + (f"; slow in {outcome.slow} seeds" if outcome.slow else "")


def main(
    seeds: Annotated[int, typer.Option(min=1, help="Storms in one trial, at most.")] = 2000,
    trials: Annotated[int, typer.Option(min=1, help="Hunts for each mutant, from first seeds far apart.")] = 3,
    first_seed: Annotated[int, typer.Option(min=0, help="First seed of the first trial.")] = 0,
    only: Annotated[list[str] | None, typer.Option(help="Only this mutant; may be given more than once.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one for each core.")] = 0,
    list_: Annotated[bool, typer.Option("--list", help="Tell what mutants there are, and run nothing.")] = False,
    reach: Annotated[
        int, typer.Option(min=0, help="Only tell in how many of so many storms each changes anything.")
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Prove that the storms bite: put known bugs in, and see each one found."""
    console = Console()
    mutants = choose(only or [])
    if list_:
        show_list(mutants, console)
        return
    for mutant in mutants:
        with patched(mutant):
            pass  # before any storm: a mutant that no longer fits ends it all
    if reach:
        names = [mutant.name for mutant in mutants]
        show_reach(reached(names, range(first_seed, first_seed + reach), workers), reach, console)
        return
    started = time.perf_counter()
    hunt = Hunt(mutants, trials=trials, seeds=seeds, first_seed=first_seed)
    found = hunt_all(hunt, workers or cores(), Console(stderr=True))
    seconds = time.perf_counter() - started
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found)))
    else:
        console.print(table_of(found))
        for absent in ABSENT:
            console.print(f"{absent.name}: {absent.why}", markup=False, highlight=False)
        console.print(f"{seconds:.0f} s, {hunt.seeds_run:,} seeds", highlight=False)
    raise typer.Exit(int(not all(outcome.well for outcome in found)))


if __name__ == "__main__":
    typer.run(main)
