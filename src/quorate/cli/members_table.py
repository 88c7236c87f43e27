"""The members of a group as rows of a table, and what to think of before one goes."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from quorate.cli.table import ago
from quorate.client.results import GroupView, MemberView
from quorate.core.words import nodes

HEADINGS = ("id", "role", "address", "priority", "lag", "last contact", "joined at", "disk")
_RIGHT = {"id", "priority", "lag", "last contact", "joined at"}

SILENT_NS = 5_000_000_000
"""A voter that has not answered its leader for so long is taken for dead when it is asked whether the others are enough."""


def title(group: GroupView) -> str:
    """One line on the configuration."""
    state = "committed" if group.committed else "not yet committed"
    if group.joint:
        state += ", joint: a change is half done" + ("" if group.auto_leave else ", and waits to be ended")
    return f"configuration {group.index}, {state}"


def summary(group: GroupView) -> str:
    """The same with the members, in one line."""
    voters = [member.id for member in group.members if member.role != "learner"]
    learners = [member.id for member in group.members if member.role == "learner"]
    also = f"; {nodes(learners)} {'learns' if len(learners) == 1 else 'learn'}" if learners else ""
    return f"{title(group)}: {nodes(voters)} {'votes' if len(voters) == 1 else 'vote'}{also}"


def cells(member: MemberView) -> list[str]:
    """The row's text under each heading."""
    return [
        str(member.id),
        role(member),
        member.address or "-",
        str(member.priority),
        "-" if member.lag is None else str(member.lag),
        "-" if member.contact_age_ns is None else ago(member.contact_age_ns),
        str(member.joined_at),
        member.disk or "-",
    ]


def role(member: MemberView) -> str:
    """With what is to become of it."""
    if member.leader:
        return f"{member.role}, leads"
    if member.wants_vote:
        instead = f" instead of {member.replaces}" if member.replaces else ""
        return f"{member.role}, is to vote{instead}"
    return member.role


def as_table(group: GroupView) -> Table:
    """For a terminal."""
    table = Table(title=title(group), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for heading in HEADINGS:
        folds = heading in ("role", "address", "disk")
        table.add_column(heading, justify="right" if heading in _RIGHT else "left", no_wrap=not folds, overflow="fold")
    for member in group.members:
        table.add_row(*map(Text, cells(member)), style="bold green" if member.leader else "")
    return table


def as_lines(group: GroupView) -> list[str]:
    """For a file or a pipe: columns padded with blanks, no lines cut."""
    grid = [list(HEADINGS), *map(cells, group.members)]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in grid]
    return [title(group), *rows]


def stop_of(group: GroupView, leaving: Iterable[int]) -> str:
    """Why the group would stop if these voters went; empty if it would not, as far as the leader knows who answers."""
    gone = set(leaving)
    rest = [member for member in group.members if member.role == "voter" and member.id not in gone]
    silent = [member.id for member in rest if _silent(member)]
    need = len(rest) // 2 + 1
    known = any(member.leader and member.lag is not None for member in group.members)
    if not known or not rest or not silent or len(rest) - len(silent) >= need:
        return ""
    return (
        f"without {nodes(gone)}, {need} of {nodes([member.id for member in rest])} must answer, and {nodes(silent)} "
        f"{'does' if len(silent) == 1 else 'do'} not: the cluster would stop for good; start {nodes(silent)} again, or remove "
        f"{'that one' if len(silent) == 1 else 'one of those'} first"
    )


def _silent(member: MemberView) -> bool:
    return not member.leader and (member.contact_age_ns is None or member.contact_age_ns > SILENT_NS)
