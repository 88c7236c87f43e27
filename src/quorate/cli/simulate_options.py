"""The options of `quorate simulate`, as typer shows them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quorate.algorithms import catalog
from quorate.cli.simulate_wishes import DEFAULT_SPEED, EVIDENCE, NetworkName

MAX_NODES = 99
MAX_SEEDS = 10_000_000
MAX_WORKERS = 1024

AlgorithmOption = Annotated[
    str | None,
    typer.Option(
        "--algorithm", "-a", help=f"What the nodes run. Default: {catalog.DEFAULT}, or what the scenario names."
    ),
]
NodesOption = Annotated[
    int | None,
    typer.Option("--nodes", "-n", min=1, max=MAX_NODES, help="How many. Default: 5; in storms each seed draws."),
]
SeedOption = Annotated[int | None, typer.Option("--seed", min=0, help="Run this one seed and tell it in full.")]
SeedsOption = Annotated[
    int | None,
    typer.Option("--seeds", min=1, max=MAX_SEEDS, help="Run so many storms, on all cores, and tell what broke."),
]
FirstSeedOption = Annotated[int | None, typer.Option("--first-seed", min=0, help="With --seeds: the first one (0).")]
ScenarioOption = Annotated[
    str | None,
    typer.Option("--scenario", "-s", metavar="NAME|FILE|TEXT", help='As in "crash leader at 3s"; --list has names.'),
]
ReplayOption = Annotated[
    Path | None, typer.Option("--replay", metavar="FILE", help="Run a trace or a plan again: is it the same?")
]
ListOption = Annotated[bool, typer.Option("--list", help="Show the scenarios there are, and the verbs to write more.")]
NetworkOption = Annotated[
    NetworkName | None,
    typer.Option("--network", help="Of storms: connections, messages one by one, or drawn. Default: mixed."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, max=MAX_WORKERS, help="With --seeds: processes. Default: one for each core."),
]
TraceOption = Annotated[
    Path | None, typer.Option("--trace", metavar="FILE", help="Of one run: write each step, a JSON line each.")
]
TranscriptOption = Annotated[bool, typer.Option("--transcript", help="With --replay: print the trace as text.")]
SpeedOption = Annotated[
    str | None,
    typer.Option(
        "--speed",
        metavar="TIMES|max",
        help=f"On a terminal: so many times real time, or max. Default: {DEFAULT_SPEED:g}.",
    ),
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help=f"Where failures leave evidence. Default: {EVIDENCE}.")
]
NoShrinkOption = Annotated[bool, typer.Option("--no-shrink", help="Leave failures as they are, and leave no evidence.")]
DemandOption = Annotated[
    bool, typer.Option("--demand-coverage", help="With --seeds: fail if storms left out what they should reach.")
]
