"""`quorate bench`: how fast this cluster is on this machine."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError
from quorate.version import __version__

if TYPE_CHECKING:
    from quorate.cli.bench_results import Report, Setting
    from quorate.cli.bench_run import Step, What

MIN_NODES, MAX_NODES = 3, 9
"""From where the death of one can be survived, up to where processes of one machine only wait for each other."""

MAX_SIZE = 4 * 1024 * 1024
MAX_SECONDS = 600.0
MAX_REPEAT = 100
MAX_ROUNDS = 1000
MAX_ENTRIES = 10_000_000
ROOM_BYTES = 2 * 1024**3
"""What the logs of a usual run may take."""

QUICK = {"seconds": 0.3, "repeat": 1, "rounds": 3, "entries": 2000, "warm_up_s": 0.2}


def bench(
    algorithm: Annotated[
        str,
        typer.Option(
            "--algorithm", "-a", metavar="NAME[,OPTION=VALUE...]", help="What the nodes run; it must keep a log."
        ),
    ] = catalog.DEFAULT,
    nodes: Annotated[int, typer.Option("--nodes", "-n", help="How many, 3 to 9.")] = 3,
    size: Annotated[int, typer.Option("--size", "-s", metavar="BYTES", help="Of each value.")] = 256,
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="WHAT[,WHAT...]",
            help="Leave out the rest: writes, lists, reads, http, failover, recovery.",
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Of each measurement. Default: 3.")] = None,
    repeat: Annotated[
        int | None, typer.Option("--repeat", help="How often each is made, in turns. Default: 3.")
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", help="Leaders killed for `failover`. Default: 30.")] = None,
    entries: Annotated[
        int | None, typer.Option("--entries", help="In the logs of `recovery`. Default: 100000.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A first look: 0.3 s, once, 3 rounds, 2000 entries, unless said otherwise.")
    ] = False,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            "--data-dir",
            "-d",
            metavar="DIR",
            help="On the disk to be measured. What is written there is removed. Default: the system's temporary directory.",
        ),
    ] = None,
    every_plot: Annotated[bool, typer.Option("--every-plot", help="A histogram of latencies for every row.")] = False,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures there too, also of each run.")
    ] = None,
) -> None:
    """Measure writes, reads, failover and recovery of a cluster of processes on this machine, with durable logs.

    \b
      quorate bench --quick                        a first look, about a minute
      quorate bench                                all of it, some minutes
      quorate bench --only writes,reads --json before.json
      quorate bench --only failover --rounds 100
      quorate bench --data-dir /mnt/fast --size 1024 --nodes 5

    `writes` and `reads` are called inside the process of a node, the leader's or a follower's, each by as many callers as "in flight" says,
    each of whom waits for one answer before the next call. `lists` are 100 commands that are applied as one unit. `http` is the server's
    HTTP/JSON face, one request at a time on each connection. `failover`: the leader's process gets SIGKILL under load. `recovery`: all do.
    Reads are linearizable. Compare only what one run measured, and let nothing else run meanwhile; docs/performance.md has more.
    """
    whats = _whats(only)
    setting = _setting(algorithm, nodes, size, seconds, repeat, rounds, entries, quick=quick)
    if json is not None and not json.absolute().parent.is_dir():
        raise ConfigError(f"--json {json}: there is no folder {json.absolute().parent}; make it first")
    with _workplace(data_dir) as directory:
        report = _measure(directory, setting, whats)
    if json is not None:
        from quorate.cli.bench_results import encode

        json.write_bytes(encode(report))
    from quorate.cli.bench_table import as_text

    print(as_text(report, every_plot=every_plot, unicode=_shows_blocks()))


def _measure(directory: Path, setting: Setting, whats: list[What]) -> Report:
    from quorate.cli.bench_cluster import run_to_end
    from quorate.cli.bench_machine import describe_machine
    from quorate.cli.bench_results import Report
    from quorate.cli.bench_run import measure, steps_of

    machine = describe_machine(directory)
    print(f"{setting.title}\n{machine.disk}", file=sys.stderr)
    with _progress(steps_of(setting, whats)) as step:
        speeds, spans = run_to_end(measure(directory, setting, whats, step))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(__version__, now, machine, setting, speeds, spans)


@contextmanager
def _progress(total: int) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("starting", total=total)

        def step(label: str) -> None:
            if label:
                progress.update(task, description=label)
            else:
                progress.advance(task)

        yield step


@contextmanager
def _workplace(data_dir: Path | None) -> Iterator[Path]:
    """A new folder, removed at the end. Raises `ConfigError` if there can be none, or no room."""
    parent = data_dir if data_dir is not None else Path(tempfile.gettempdir())
    if parent.exists() and not parent.is_dir():
        raise ConfigError(f"--data-dir {parent} is a file; name a folder")
    parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(parent).free
    if free < ROOM_BYTES:
        raise ConfigError(
            f"{parent} has {free / 1024**3:.1f} GiB free, the logs may need {ROOM_BYTES / 1024**3:.0f}; name another --data-dir"
        )
    with tempfile.TemporaryDirectory(prefix="quorate-bench-", dir=parent) as directory:
        yield Path(directory)


def _shows_blocks() -> bool:
    encoding = sys.stdout.encoding if isinstance(sys.stdout, io.TextIOWrapper) else "utf-8"
    return (encoding or "ascii").lower().replace("-", "").startswith("utf")


def _whats(only: list[str] | None) -> list[What]:
    from quorate.cli.bench_run import WHATS

    words = [word.strip() for text in only or [] for word in text.split(",") if word.strip()]
    for word in words:
        if word not in WHATS:
            raise ConfigError(f"--only {word}: there is {', '.join(WHATS)}")
    return [what for what in WHATS if not words or what in words]


def _setting(
    algorithm: str,
    nodes: int,
    size: int,
    seconds: float | None,
    repeat: int | None,
    rounds: int | None,
    entries: int | None,
    *,
    quick: bool,
) -> Setting:
    import msgspec

    from quorate.cli.bench_results import Setting
    from quorate.cli.entrants import entrant_of
    from quorate.runtime.options import sort_options

    entrant = entrant_of(algorithm)
    spec = catalog.find(entrant.algorithm)
    sort_options(spec, entrant.options)
    if not spec.keeps_log:
        raise ConfigError(
            f"--algorithm {algorithm} keeps no log, so it takes no writes; `quorate compare` measures its elections"
        )
    _check("--nodes", nodes, MIN_NODES, MAX_NODES, 3)
    _check("--size", size, 1, MAX_SIZE, 256)
    given = {"seconds": seconds, "repeat": repeat, "rounds": rounds, "entries": entries}
    for (name, value), most in zip(given.items(), (MAX_SECONDS, MAX_REPEAT, MAX_ROUNDS, MAX_ENTRIES), strict=True):
        if value is not None:
            _check(f"--{name}", value, 0.1 if name == "seconds" else 1, most, getattr(Setting(), name))
    chosen = (QUICK if quick else {}) | {name: value for name, value in given.items() if value is not None}
    return msgspec.structs.replace(Setting(entrant.label, nodes, size), **chosen)


def _check(option: str, value: float, least: float, most: float, usual: float) -> None:
    if not least <= value <= most:  # also for what is no number
        raise ConfigError(f"{option} {value:g} is not from {least:g} to {most:,.0f}; try {usual:g}")
