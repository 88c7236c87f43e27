"""`quorate transfer` and `quorate step-down`: who is to lead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
import typer

from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, with_client
from quorate.client.client import Client
from quorate.client.errors import RefusedError
from quorate.client.results import LeadershipResult

_TIMEOUT_S = 5.0


def transfer(
    to: Annotated[
        int | None,
        typer.Option("--to", metavar="ID", min=1, help="The node that is to lead; without it the best prepared one."),
    ] = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let another node lead, and wait until it does. Ask any node; leadership moves within a few milliseconds.

    For what you want to plan instead of suffer: moving load to a faster machine, or away from one that is to be worked on.
    The leader stops taking writes (clients wait, none is lost), lets the target catch up, and tells it to
    campaign at once. If it does not take over within an election timeout, the old leader goes on as before.

    Exit code 0: it leads now, or did already. 1: refused, and the line says why and what to do. 4: nobody knows yet, look at
    `quorate status`.

    Examples: quorate transfer --to 2 | quorate transfer
    """
    _move(endpoint, timeout, lambda client: client.transfer_leadership(to), "leads_already", to, json=json)


def step_down(
    node: Annotated[
        int | None,
        typer.Option("--node", metavar="ID", min=1, help="Only if this node leads; without it whoever does."),
    ] = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let a node lead no more: the best prepared of the others takes over. What to do before work on a machine.

    With --node, nothing happens if that node does not lead: safe in a script that visits one machine after the other.
    A node that is stopped with SIGTERM does this by itself.

    Exit code 0: another node leads now, or did already. 1: refused, and the line says why and what to do. 4: nobody knows yet.

    Examples: quorate step-down --node 2 && ssh node2 reboot | quorate step-down
    """
    _move(endpoint, timeout, lambda client: client.step_down(node), "leads_not", node, json=json)


def _move(
    endpoint: list[str] | None,
    timeout_s: float,
    call: Callable[[Client], Awaitable[LeadershipResult]],
    as_wished: str,
    node: int | None,
    *,
    json: bool,
) -> None:
    """`as_wished`: the refusal that says that there is nothing to do for `node`."""
    try:
        result = with_client(endpoint, timeout_s, call)
    except RefusedError as refused:
        if refused.error != as_wished or node is None:
            raise
        document: dict[str, Any] = {"moved": False, "leader": node if as_wished == "leads_already" else None}
        line = f"node {node} {'leads already' if as_wished == 'leads_already' else 'does not lead'}: nothing to do"
    else:
        document = {"moved": True, "leader": result.leader, "term": result.term}
        line = f"node {result.leader} leads term {result.term}"
    print(msgspec.json.encode(document).decode() if json else line)
