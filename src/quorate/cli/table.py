"""The nodes of a cluster as rows of a table: what `quorate status` and `quorate up` show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from rich import box
from rich.table import Table
from rich.text import Text

from quorate.algorithms.catalog import find, names
from quorate.client.results import NodeView, SnapshotWorkView

HEADINGS = ("id", "role", "term", "leader", "commit", "applied", "log size", "last contact", "pid", "endpoint")
_RIGHT = {"id", "term", "leader", "commit", "applied", "log size", "last contact", "pid"}


_DISK = {
    "full": "disk full, read-only: free space on it",
    "hung": "its disk hangs: see to it",
}


class NodeRow(msgspec.Struct, frozen=True):
    """One node as seen from outside. `view`: its own account, None if it gives none; `note`: why not."""

    id: int | None
    endpoint: str
    view: NodeView | None = None
    note: str = ""


def cells(row: NodeRow, rows: Iterable[NodeRow]) -> list[str]:
    """The row's text under each heading. "Last contact" is the leader's: how long since the node answered it."""
    view = row.view
    if view is None:
        return [_number(row.id), row.note, "-", "-", "-", "-", "-", "-", "-", row.endpoint]
    return [
        str(view.id),
        _role(view),
        term_of(view),
        _number(view.leader),
        str(view.commit) if _keeps_log(view) else "-",
        str(view.applied) if _keeps_log(view) else "-",
        size(view.log_bytes),
        _last_contact(view, rows),
        str(view.pid),
        row.endpoint,
    ]


def as_table(rows: Sequence[NodeRow], *, title: str = "", endpoints: bool = True) -> Table:
    """For a terminal. `endpoints`: with a column for them; without it the table fits 80 columns."""
    headings = HEADINGS if endpoints else HEADINGS[:-1]
    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        folds = heading in ("role", "endpoint")
        table.add_column(heading, justify="right" if heading in _RIGHT else "left", no_wrap=not folds, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, cells(row, rows)[: len(headings)]), style=_style(row))
    return table


def as_lines(rows: Sequence[NodeRow]) -> list[str]:
    """For a file or a pipe: columns padded with blanks, no colours, no lines cut."""
    grid = [list(HEADINGS), *(cells(row, rows) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in grid]


def leader_of(rows: Iterable[NodeRow]) -> NodeView | None:
    """The leader of the highest term among those that say they lead: a deposed one may not know it yet."""
    leaders = [row.view for row in rows if row.view is not None and row.view.leader == row.view.id]
    return max(leaders, key=lambda view: view.term, default=None)


def _keeps_log(view: NodeView) -> bool:
    return view.algorithm not in names() or find(view.algorithm).keeps_log


def term_of(view: NodeView) -> str:
    """Its term, as its algorithm writes it."""
    return find(view.algorithm).term_words(view.term) if view.algorithm in names() else str(view.term)


def size(count: int) -> str:
    """Bytes, in the unit that leaves at most four digits."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def ago(nanos: int) -> str:
    """A time span in words short enough for a column."""
    milliseconds = nanos / 1e6
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def by_id(rows: Mapping[str, NodeRow]) -> list[NodeRow]:
    """Ordered by node, those that say nothing last."""
    return sorted(rows.values(), key=lambda row: (row.id is None, row.id or 0, row.endpoint))


def _role(view: NodeView) -> str:
    if view.failed is not None:
        return f"failed: {view.failed}"
    if view.disk != "ok":
        return f"{view.role} ({_DISK.get(view.disk, f'disk {view.disk}')})"
    if view.leader is None and view.why:
        return f"{view.role} ({view.why})"
    role = "learner" if _learns(view) else view.role
    if view.snapshot_work is not None:
        return f"{role} ({_work(view.snapshot_work)})"
    return role


def _learns(view: NodeView) -> bool:
    member = view.group.member(view.id)
    return member is not None and member.role == "learner" and view.role == "follower"


def _work(work: SnapshotWorkView) -> str:
    total = f" of {size(work.size)}" if work.size is not None else ""
    return f"{work.what} a snapshot: {size(work.bytes)}{total}"


def _last_contact(view: NodeView, rows: Iterable[NodeRow]) -> str:
    leader = leader_of(rows)
    seen = leader.peers.get(view.id) if leader is not None else None
    return "-" if seen is None or seen.contact_age_ns is None else ago(seen.contact_age_ns)


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _style(row: NodeRow) -> str:
    if row.view is None or row.view.failed is not None:
        return "red"
    if row.view.leader == row.view.id:
        return "bold green" if row.view.disk == "ok" else "bold yellow"
    return "yellow" if row.view.leader is None or row.view.disk != "ok" else ""
