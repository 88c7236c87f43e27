"""`quorate up`: a cluster of real processes on this machine."""

from __future__ import annotations

import asyncio
import signal
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from quorate.algorithms import catalog
from quorate.cli.board import Board, board_for
from quorate.cli.failures import ExitCode
from quorate.cli.options import DEFAULT_ENDPOINTS, ENDPOINTS_VARIABLE
from quorate.cli.plan import ClusterPlan
from quorate.cli.ports import check_ports
from quorate.cli.supervisor import Supervisor
from quorate.cli.table import NodeRow, leader_of, term_of
from quorate.client.client import Client
from quorate.client.results import NodeView
from quorate.core.errors import ConfigError, QuorateError

REFRESH_S = 0.5
ELECTION_POLL_S = 0.1
ANSWER_S = 0.8
"""A node that says nothing for this long is shown as silent."""

LEADER_LIMIT_S = 60.0
"""Time for processes to start and elect, on a machine that has much else to do."""


class ClusterFailedError(QuorateError):
    """The cluster did not come up, or nothing is left of it."""


def up(
    nodes: Annotated[int, typer.Option("--nodes", "-n", help="How many; 3 survives one dead node, 5 two.")] = 3,
    algorithm: Annotated[str, typer.Option("--algorithm", "-a", help="How they agree.")] = catalog.DEFAULT,
    data_dir: Annotated[
        Path, typer.Option("--data-dir", "-d", metavar="DIR", help="Holds data, configuration and log of each node.")
    ] = Path("quorate-data"),
    base_port: Annotated[
        int,
        typer.Option("--base-port", "-p", help="Node i serves clients on this + i, and its peers on this + 100 + i."),
    ] = 7000,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-o", metavar="NAME=VALUE", help="A setting of the algorithm; repeat it for more."),
    ] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Start a node again when its process ends.")] = False,
) -> None:
    """Start a cluster on this machine and watch it, until Ctrl-C stops all of it.

    Each node is a process of its own, with files of its own. Kill one and see the others carry on:
    `kill -9` with the pid in the table; `--restart` brings it back.
    """
    plan = ClusterPlan(data_dir, nodes, algorithm, base_port, _options(option or []))
    code = asyncio.run(run(plan, restart=restart, console=Console()))
    if code is not ExitCode.OK:
        raise typer.Exit(code)


async def run(plan: ClusterPlan, *, restart: bool, console: Console) -> ExitCode:
    """Start the nodes of `plan`, show them, and stop them on a signal."""
    await check_ports(plan)
    plan.prepare()
    board = board_for(console)
    supervisor = Supervisor(plan, restart=restart, report=board.say)
    told = asyncio.Event()
    _on_signals(told, supervisor)
    try:
        await supervisor.start()
        async with Client(plan.endpoints, timeout_s=ANSWER_S) as client:
            watching = asyncio.create_task(_watch(plan, supervisor, client, board, console))
            ended = asyncio.create_task(supervisor.all_ended())
            signalled = asyncio.create_task(told.wait())
            await asyncio.wait({watching, ended, signalled}, return_when=asyncio.FIRST_COMPLETED)
            for task in (watching, ended, signalled):
                task.cancel()
            results = await asyncio.gather(watching, ended, signalled, return_exceptions=True)
    finally:
        try:
            board.close()
            if supervisor.running:
                board.say("stopping")
        finally:  # also when there is nobody left to tell
            await supervisor.stop()
    failures = [one for one in results if isinstance(one, Exception)]
    if failures:
        raise failures[0]
    if not told.is_set():
        raise ClusterFailedError(f"no node is left; their logs are {plan.log_file(1)} and its like")
    board.say("all nodes are stopped; `quorate up` with the same --data-dir goes on where they were")
    return ExitCode.OK


def _on_signals(told: asyncio.Event, supervisor: Supervisor) -> None:
    """The first signal stops politely, the second by force."""

    def handle() -> None:
        if told.is_set():
            supervisor.kill()
        told.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, handle)


async def _watch(plan: ClusterPlan, supervisor: Supervisor, client: Client, board: Board, console: Console) -> None:
    leader = await _await_leader(plan, supervisor, client, console)
    board.say(_welcome(plan, leader))
    while True:
        board.show(await _rows(plan, supervisor, client))
        await asyncio.sleep(REFRESH_S)


async def _await_leader(plan: ClusterPlan, supervisor: Supervisor, client: Client, console: Console) -> NodeView:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LEADER_LIMIT_S
    with console.status(f"starting {plan.nodes} nodes") as progress:
        while True:
            rows = await _rows(plan, supervisor, client)
            leader = leader_of(rows)
            if leader is not None and leader.ready:
                return leader
            answering = sum(row.view is not None for row in rows)
            if supervisor.running <= plan.nodes // 2:
                raise ClusterFailedError(
                    f"{plan.nodes - supervisor.running} of {plan.nodes} nodes have ended; what they said is above"
                )
            if loop.time() > deadline:
                raise ClusterFailedError(f"no leader within {LEADER_LIMIT_S:g} s; {_obstacle(rows, plan)}")
            progress.update(f"waiting for a leader: {answering} of {plan.nodes} nodes answer")
            await asyncio.sleep(ELECTION_POLL_S)


def _obstacle(rows: list[NodeRow], plan: ClusterPlan) -> str:
    reasons = sorted({row.view.why for row in rows if row.view is not None and row.view.why})
    return f"{'; '.join(reasons) or 'the nodes do not answer'}; their logs are {plan.log_file(1)} and its like"


async def _rows(plan: ClusterPlan, supervisor: Supervisor, client: Client) -> list[NodeRow]:
    answers = await client.statuses()
    rows = []
    for node, (endpoint, answer) in zip(plan.ids, answers.items(), strict=True):
        if isinstance(answer, NodeView):
            rows.append(NodeRow(node, endpoint, answer))
        else:
            rows.append(NodeRow(node, endpoint, note=supervisor.end_of(node) or "does not answer"))
    return rows


def _welcome(plan: ClusterPlan, leader: NodeView) -> str:
    lines = [
        f"A cluster of {plan.nodes} runs {plan.algorithm}; node {leader.id} leads term {term_of(leader)}. Data and logs: {plan.directory}"
    ]
    lines += [f"  node {node}  {plan.endpoint(node)}" for node in plan.ids]
    lines += ["", "Try in another terminal:"]
    if tuple(plan.endpoints) != DEFAULT_ENDPOINTS:
        lines.append(f"  export {ENDPOINTS_VARIABLE}={','.join(plan.endpoints)}")
    if catalog.find(plan.algorithm).keeps_log:
        lines.append("  quorate put greeting hello && quorate get greeting")
        lines.append(f"  kill -9 {leader.pid}    # the leader; then put and get again")
    else:
        lines.append("  quorate status")
        lines.append(f"  kill -9 {leader.pid}    # the leader; another leads, under a higher fencing token")
    lines += ["", "Ctrl-C stops all.", ""]
    return "\n".join(lines)


def _options(given: list[str]) -> dict[str, Any]:
    """`name=value` as the file would have it: numbers and true or false as they are, anything else as text."""
    options: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier() or name in options:
            raise ConfigError(f'--option "{text}" is not NAME=VALUE, each name once; as in heartbeat_ms=50')
        try:
            options[name] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            options[name] = value
        if not isinstance(options[name], (bool, int, float, str)):
            raise ConfigError(f'--option "{text}": give a number, true, false or a word')
    return options
