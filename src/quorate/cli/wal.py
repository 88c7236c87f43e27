"""`quorate wal`: what is in a data directory, and whether it is intact. Reads only."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from quorate.cli.options import JsonOption
from quorate.cli.table import size
from quorate.core.errors import ConfigError, DamagedError
from quorate.real.disk import RealDisk
from quorate.storage.inspect import RecordRow, SegmentRow, record_rows, segment_rows
from quorate.storage.layout import LABEL, WAL
from quorate.storage.verify import Problem, Verdict
from quorate.storage.verify import verify as verify_disk

app = typer.Typer(
    no_args_is_help=True,
    help="Look into a node's data directory, on the node's machine. Reads only; best while the node is stopped, "
    "because a running one may be caught in the middle of a write.",
)

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The node's data_dir, such as quorate-data/node-1.")
]

_SEGMENT_HEADINGS = ("file", "status", "size", "used", "writes", "records", "entries", "indexes")
_RECORD_HEADINGS = ("file", "offset", "write", "kind", "index", "term", "size", "status", "detail")


@app.command()
def inspect(
    directory: DirectoryArgument,
    records: Annotated[bool, typer.Option("--records", "-r", help="List every record, not only the segments.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="With --records: at most so many; 0: all.")] = 0,
    json: JsonOption = False,
) -> None:
    """Show the segments of a log, or with --records every record in them, the bad places too.

    With --json: one document; with --records as well, one document per record and line.
    """
    disk = _disk(directory)
    if records:
        rows = record_rows(disk)
        _show_records(islice(rows, limit) if limit else rows, json=json)
        return
    segments = list(segment_rows(disk))
    if json:
        _print_json({"segments": segments})
    else:
        _show(_SEGMENT_HEADINGS, map(_segment_cells, segments), right={"size", "used", "writes", "records", "entries"})


@app.command()
def verify(directory: DirectoryArgument, json: JsonOption = False) -> None:
    """Check everything in a data directory as a start would. Exit code 0: a node starts on it; 1: it is damaged.

    An interrupted write at the very end is no damage: nobody was told that it is durable, and a start cuts it off.
    """
    verdict = verify_disk(_disk(directory))
    if json:
        _print_json(_verdict_document(verdict))
    else:
        print("\n".join(_verdict_lines(verdict)))
    if verdict.status == "damaged":
        worst = next(problem for problem in verdict.problems if problem.severity == "damaged")
        starts = "a node still starts on it" if verdict.starts else "no node starts on it"
        raise DamagedError(f"{directory} is damaged, {starts}: {worst.file} at offset {worst.offset}: {worst.remedy}")


def _disk(directory: Path) -> RealDisk:
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no directory; name a node's data_dir, such as quorate-data/node-1")
    if not (directory / LABEL).exists() and not (directory / WAL).exists():
        inside = sorted(path.parent.name for path in directory.glob(f"*/{LABEL}"))
        hint = f"name one of those in it: {', '.join(inside)}" if inside else "name a node's data_dir"
        raise ConfigError(f"{directory} is not a node's data directory; {hint}")
    return RealDisk(directory, read_only=True)


def _segment_cells(row: SegmentRow) -> list[str]:
    indexes = "-" if row.first_index is None else f"{row.first_index} to {row.last_index}"
    counts = [str(row.writes), str(row.records), str(row.entries)]
    return [row.file, row.status, size(row.size), size(row.used), *counts, indexes]


def _record_cells(row: RecordRow) -> list[str]:
    numbers = [str(row.offset), _or_dash(row.write), row.kind, _or_dash(row.index), _or_dash(row.term)]
    return [row.file, *numbers, size(row.size), row.status, row.detail]


def _show_records(rows: Iterable[RecordRow], *, json: bool) -> None:
    """Row by row: a log may be larger than memory."""
    if not json:
        print("\t".join(_RECORD_HEADINGS))
    for row in rows:
        if json:
            _print_json(row)
        else:
            print("\t".join(_record_cells(row)))


def _show(headings: Sequence[str], rows: Iterable[Sequence[str]], right: set[str]) -> None:
    if not sys.stdout.isatty():
        for line in (headings, *rows):
            print("\t".join(line))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        table.add_column(heading, justify="right" if heading in right else "left", overflow="fold")
    for line in rows:
        table.add_row(*map(Text, line), style="red" if "damaged" in line else "")
    Console().print(table)


def _verdict_lines(verdict: Verdict) -> list[str]:
    lines = [f"{verdict.status}: a node {'starts' if verdict.starts else 'does not start'} on it"]
    if verdict.label is not None:
        label = verdict.label
        lines.append(
            f"node {label.node} of cluster {label.cluster}, {label.algorithm}, {verdict.incarnation} starts so far"
        )
    if verdict.start is not None and verdict.last is not None:
        span = f"from {verdict.start.index + 1} to {verdict.last.index}" if verdict.entries else "none"
        lines.append(
            f"log: entries: {verdict.entries} ({span}), committed at least to {verdict.commit}; "
            f"segments: {verdict.segments}, writes: {verdict.writes}"
        )
    if verdict.snapshot is not None:
        meta = verdict.snapshot
        lines.append(
            f"snapshots: {verdict.snapshots}, the newest up to {meta.index} (term {meta.term}, {size(meta.size)})"
        )
    lines += [_problem_line(problem) for problem in verdict.problems]
    return lines


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    """Points and snapshots are arrays on disk and on the wire; a person's tools want names."""
    points = {"start": verdict.start, "last": verdict.last, "snapshot": verdict.snapshot}
    named = {name: None if point is None else msgspec.structs.asdict(point) for name, point in points.items()}
    return msgspec.structs.asdict(verdict) | named


def _problem_line(problem: Problem) -> str:
    return f"{problem.severity}: {problem.file} at offset {problem.offset}: {problem.what}. {problem.remedy}"


def _or_dash(value: int | None) -> str:
    return "-" if value is None else str(value)


def _print_json(document: Any) -> None:
    print(msgspec.json.encode(document).decode())
