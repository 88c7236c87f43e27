"""`quorate status`: what every node says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.live import Live

from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, endpoints_of, with_client
from quorate.cli.table import NodeRow, as_lines, as_table, by_id
from quorate.client.client import Client
from quorate.client.errors import UnavailableError
from quorate.client.results import NodeView

_REFRESH_S = 0.5


def status(
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Go on showing it until Ctrl-C.")] = False,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = 2.0,
    json: JsonOption = False,
) -> None:
    """Show role, term, leader, indexes and log size of every node. Exit code 1: no node answers, or none knows a leader.

    With --watch and --json, one document per line.
    """
    if watch:
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            with_client(endpoint, timeout, lambda client: _watch(client, json=json))
        return
    rows = with_client(endpoint, timeout, ask)
    if json:
        print(_document(rows))
    elif sys.stdout.isatty():
        Console().print(as_table(rows))
    else:
        print("\n".join(as_lines(rows)))
    _judge(rows, endpoints_of(endpoint))


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


def _document(rows: list[NodeRow]) -> str:
    """`leader`: who leads the highest term that any of the asked nodes knows a leader of, asked or not."""
    known = [row.view for row in rows if row.view is not None and row.view.leader is not None]
    newest = max(known, key=lambda view: view.term, default=None)
    nodes = [{"endpoint": row.endpoint, "status": row.view, "problem": row.note or None} for row in rows]
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
