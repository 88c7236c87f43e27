"""`quorate status`: what every node says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.live import Live

from quorate.cli.members_table import summary
from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, endpoints_of, with_client
from quorate.cli.table import NodeRow, as_lines, as_table, by_id
from quorate.cli.why import WhyRow, ask_why, lines, show
from quorate.client.client import Client
from quorate.client.errors import UnavailableError
from quorate.client.results import NodeView
from quorate.core.errors import ConfigError

_REFRESH_S = 0.5


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it until Ctrl-C.")] = False,
    why: Annotated[
        bool,
        typer.Option(
            "--why", help="Say in words why there is no leader, why a write waits, who does not vote, who is slow."
        ),
    ] = False,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = 2.0,
    json: JsonOption = False,
) -> None:
    """Show role, term, leader, indexes and log size of every node. Exit code 1: no node answers, or none knows a leader.

    With --watch and --json, one document per line. With --why each node says what it knows, without asking its disk or the
    others: what to look at first when something does not go on. docs/troubleshooting.md says what to do about it.
    """
    if watch and why:
        raise ConfigError("--why is a look at one moment; leave out --watch, or ask again")
    if watch:
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            with_client(endpoint, timeout, lambda client: _watch(client, json=json))
        return
    rows, whys = with_client(endpoint, timeout, lambda client: _ask_all(client, why=why))
    if json:
        print(_document(rows, whys))
    elif sys.stdout.isatty():
        Console().print(as_table(rows))
        print("\n".join(group_lines(rows)))
        if why:
            show(Console(), whys)
    else:
        print("\n".join([*as_lines(rows), *group_lines(rows), *(lines(whys) if why else ())]))
    _judge(rows, endpoints_of(endpoint))


def group_lines(rows: Sequence[NodeRow]) -> list[str]:
    """Who belongs to the group, as the leader knows it, or whoever knows most; nothing, if nobody says."""
    views = [row.view for row in rows if row.view is not None and row.view.group.members]
    newest = max(views, key=lambda view: (view.leader == view.id, view.term, view.group.index), default=None)
    return [summary(newest.group)] if newest is not None else []


async def _ask_all(client: Client, *, why: bool) -> tuple[list[NodeRow], list[WhyRow]]:
    return await ask(client), await ask_why(client) if why else []


async def ask(client: Client) -> list[NodeRow]:
    """One row for each endpoint, by node."""
    answers = await client.statuses()
    rows = {}
    for endpoint, answer in answers.items():
        if isinstance(answer, NodeView):
            rows[endpoint] = NodeRow(answer.id, endpoint, answer)
        else:
            rows[endpoint] = NodeRow(None, endpoint, note=str(answer).removeprefix(f"{endpoint}: "))
    return by_id(rows)


async def _watch(client: Client, *, json: bool) -> None:
    if json or not sys.stdout.isatty():
        await _watch_lines(client, json=json)
    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            live.update(as_table(await ask(client), title=time.strftime("%H:%M:%S")), refresh=True)
            await asyncio.sleep(_REFRESH_S)


async def _watch_lines(client: Client, *, json: bool) -> None:
    before: Any = None
    while True:
        rows = await ask(client)
        shown = _document(rows) if json else "\n".join(as_lines(rows))
        if shown != before:
            print(shown, flush=True)
        before = shown
        await asyncio.sleep(_REFRESH_S)


def _document(rows: list[NodeRow], whys: Sequence[WhyRow] = ()) -> str:
    """`leader`: who leads the highest term that any of the asked nodes knows a leader of, asked or not. `why`: of each node, if it was
    asked for."""
    answers = {row.endpoint: row.view for row in whys}
    known = [row.view for row in rows if row.view is not None and row.view.leader is not None]
    newest = max(known, key=lambda view: view.term, default=None)
    nodes: list[dict[str, Any]] = [
        {"endpoint": row.endpoint, "status": row.view, "problem": row.note or None}
        | ({"why": answers.get(row.endpoint)} if whys else {})
        for row in rows
    ]
    return msgspec.json.encode({"leader": None if newest is None else newest.leader, "nodes": nodes}).decode()


def _judge(rows: list[NodeRow], endpoints: list[str]) -> None:
    views = [row.view for row in rows if row.view is not None]
    if not views:
        raise UnavailableError(
            f"no node answers at {', '.join(endpoints)}; start a cluster with `quorate up`, or name its nodes with --endpoint"
        )
    if all(view.leader is None for view in views):
        reasons = {view.why for view in views if view.why}
        why = f" ({'; '.join(sorted(reasons))})" if reasons else ""
        raise UnavailableError(f"no node knows a leader{why}; a majority of the nodes must be up and reach each other")
