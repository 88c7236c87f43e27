"""`quorate status --why`: what the nodes answer to the questions that people ask when something does not go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from quorate.client.client import Client
from quorate.client.results import WhyView
from quorate.core.finding import Question

TITLES: Mapping[Question, str] = {
    "leader": "Who leads, or why nobody does",
    "commit": "Why a proposal is not decided",
    "vote": "Why a node does not vote or campaign",
    "slow": "Who is slow",
}


class WhyRow(msgspec.Struct, frozen=True):
    """What one endpoint answers; `problem`: why it does not."""

    endpoint: str
    view: WhyView | None = None
    problem: str = ""


async def ask_why(client: Client) -> list[WhyRow]:
    """One row for each endpoint, by node, those that say nothing last."""
    answers = await client.whys()
    rows = []
    for endpoint, answer in answers.items():
        if isinstance(answer, WhyView):
            rows.append(WhyRow(endpoint, answer))
        else:
            rows.append(WhyRow(endpoint, problem=str(answer).removeprefix(f"{endpoint}: ")))
    return sorted(rows, key=lambda row: (row.view is None, row.view.id if row.view else 0, row.endpoint))


def show(console: Console, rows: Sequence[WhyRow]) -> None:
    """For a terminal: a table for each question."""
    parts: list[RenderableType] = [Text(line, style="red") for line in _silent(rows)]
    for question, title in TITLES.items():
        table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, show_header=False)
        table.add_column("node", justify="right", no_wrap=True)
        table.add_column("answer", overflow="fold")
        for node, text in _answers(rows, question):
            table.add_row(Text(f"node {node}"), Text(text))
        parts.append(table)
    console.print(Group(*parts))


def lines(rows: Sequence[WhyRow]) -> list[str]:
    """For a file or a pipe: the same, unfolded."""
    told = _silent(rows)
    for question, title in TITLES.items():
        told += ["", title]
        told += [f"  node {node}: {text}" for node, text in _answers(rows, question)]
    return told


def _answers(rows: Sequence[WhyRow], question: Question) -> Iterator[tuple[int, str]]:
    for row in rows:
        for finding in row.view.findings if row.view is not None else ():
            if finding.question == question:
                yield row.view.id if row.view is not None else 0, finding.text


def _silent(rows: Sequence[WhyRow]) -> list[str]:
    """Nodes that cannot be asked, and what that may mean."""
    return [
        f"{row.endpoint} says nothing ({row.problem}): its process does not run, or hangs, or the network does not lead there; "
        "what the others know of it is below"
        for row in rows
        if row.view is None
    ]
