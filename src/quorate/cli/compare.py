"""`quorate compare`: every algorithm through the same workload and faults."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quorate.cli.options import JsonOption
from quorate.core.errors import ConfigError

if TYPE_CHECKING:
    from quorate.sim.compare.entrants import Entrant
    from quorate.sim.compare.results import Comparison, Setting
    from quorate.sim.compare.verdict import Verdict

MIN_NODES = 3
"""Fewer, and there is no minority that could be cut off."""

MAX_NODES = 101
MAX_SIZES = 20
MAX_SEEDS = 1000
MAX_WORKERS = 1024
QUICK_SEEDS = 3
QUICK_SIZES = (3, 5, 9)


def compare(
    algorithm: Annotated[
        list[str] | None,
        typer.Option(
            "--algorithm",
            "-a",
            metavar="NAME[,OPTION=VALUE...]",
            help="Whom to compare; repeat it for more, also for one algorithm with different settings. "
            "Default: all there are, with the variants that tell something.",
        ),
    ] = None,
    nodes: Annotated[int, typer.Option("--nodes", "-n", help="Cluster size of the table.")] = 5,
    sizes: Annotated[
        str | None, typer.Option("--sizes", metavar="N,N,...", help="Cluster sizes of the curves.")
    ] = None,
    seeds: Annotated[int | None, typer.Option("--seeds", help="How many runs of each trial.")] = None,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="The first of them.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="DIR", help="Write a page with table and pictures, and the raw figures."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A first look: 3 seeds, 3 sizes.")] = False,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes; 0: one for each core.")] = 0,
    json: JsonOption = False,
) -> None:
    """Compare the algorithms: what an election takes, who keeps a leader, what a minority does.

    Everything runs in the simulator, in simulated time: the same seeds give the same figures, on any machine.
    """
    setting = _setting(nodes, sizes, seeds, first_seed, quick=quick)
    entrants = _entrants(algorithm)
    if workers > MAX_WORKERS:
        raise ConfigError(f"--workers {workers} is more than {MAX_WORKERS}; 0 means one for each core")
    if out is not None:
        _make_folder(out)
    comparison = _measure(setting, entrants, workers)
    from quorate.cli.claims import verdicts

    judged = verdicts(comparison)
    if out is not None:
        _write(out, comparison, judged)
    if json:
        from quorate.sim.compare.results import encode

        sys.stdout.write(encode(comparison, {"verdicts": judged}).decode())
    else:
        print(text(comparison, judged, shutil.get_terminal_size().columns))


def text(comparison: Comparison, judged: list[Verdict], width: int) -> str:
    """What a person is shown."""
    from textwrap import wrap

    from quorate.sim.compare.page import ALONE
    from quorate.sim.compare.table import as_text, bounded

    width = bounded(width)
    lines = [as_text(comparison, width), "Claims of introductory texts"]
    for verdict in judged:
        lines += wrap(verdict.line(), width, initial_indent="  ", subsequent_indent="      ")
    if len(comparison.entrants) == 1:
        lines += ["", *wrap(ALONE.format(label=comparison.entrants[0].label), width)]
    return "\n".join(lines)


def command_line(comparison: Comparison) -> str:
    """What measures the same again; without options that are at their default."""
    from shlex import quote

    from quorate.cli.entrants import default_entrants
    from quorate.sim.compare.results import Setting

    setting, usual = comparison.setting, Setting()
    words = ["quorate compare"]
    if list(comparison.entrants) != default_entrants():
        words += [f"--algorithm {quote(entrant.label)}" for entrant in comparison.entrants]
    if setting.nodes != usual.nodes:
        words.append(f"--nodes {setting.nodes}")
    if setting.sizes != usual.sizes:
        words.append(f"--sizes {','.join(map(str, setting.sizes))}")
    if setting.seeds != usual.seeds:
        words.append(f"--seeds {setting.seeds}")
    if setting.first_seed != usual.first_seed:
        words.append(f"--first-seed {setting.first_seed}")
    return " ".join(words)


def files(comparison: Comparison, judged: list[Verdict]) -> dict[str, bytes]:
    """Name -> content of everything that `--out` writes."""
    from quorate.sim.compare.page import FIGURES, PAGE, page
    from quorate.sim.compare.plots import plots
    from quorate.sim.compare.results import encode

    pictures = plots(comparison)
    written = page(comparison, pictures, judged, f"{command_line(comparison)} --out DIR")
    return {
        PAGE: written.encode(),
        FIGURES: encode(comparison, {"verdicts": judged}),
        **{name: svg.encode() for name, svg in pictures.items()},
    }


def _write(out: Path, comparison: Comparison, judged: list[Verdict]) -> None:
    contents = files(comparison, judged)
    for name, content in contents.items():
        (out / name).write_bytes(content)
    print(f"written to {out}: {', '.join(contents)}", file=sys.stderr)


def _make_folder(out: Path) -> None:
    """Before hours are spent on figures that cannot be kept."""
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out} is a file; name a folder")
    out.mkdir(parents=True, exist_ok=True)


def _measure(setting: Setting, entrants: list[Entrant], workers: int) -> Comparison:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from quorate.sim.compare.run import compare as measure

    console = Console(stderr=True)
    columns = (TextColumn("comparing"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("trials", total=None)
        return measure(
            setting, entrants, workers, lambda done, total: progress.update(task, completed=done, total=total)
        )


def _setting(nodes: int, sizes: str | None, seeds: int | None, first_seed: int, *, quick: bool) -> Setting:
    from quorate.sim.compare.results import Setting

    usual = Setting()
    chosen = _sizes(sizes) if sizes is not None else QUICK_SIZES if quick else usual.sizes
    count = seeds if seeds is not None else QUICK_SEEDS if quick else usual.seeds
    if not MIN_NODES <= nodes <= MAX_NODES:
        raise ConfigError(f"--nodes {nodes} is not from {MIN_NODES} to {MAX_NODES}; try 5")
    if not 1 <= count <= MAX_SEEDS:
        raise ConfigError(f"--seeds {count} is not from 1 to {MAX_SEEDS}; try {usual.seeds}")
    return Setting(nodes, chosen, count, first_seed)


def _sizes(given: str) -> tuple[int, ...]:
    words = [word.strip() for word in given.split(",") if word.strip()]
    if not all(
        word.isascii() and word.isdigit() and len(word) < 5 and MIN_NODES <= int(word) <= MAX_NODES for word in words
    ):
        raise ConfigError(f'--sizes "{given}" are not numbers from {MIN_NODES} to {MAX_NODES}; as in --sizes 3,5,9')
    sizes = tuple(sorted({int(word) for word in words}))
    if len(sizes) > MAX_SIZES:
        raise ConfigError(f"--sizes names {len(sizes)} sizes; at most {MAX_SIZES} are measured")
    return sizes


def _entrants(given: list[str] | None) -> list[Entrant]:
    from quorate.cli.entrants import default_entrants, entrant_of
    from quorate.sim.compare.entrants import checked

    return checked([entrant_of(text) for text in given] if given else default_entrants())
