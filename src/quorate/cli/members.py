"""`quorate members`: who belongs to the cluster, and changing that while it serves."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from quorate.cli.failures import complain
from quorate.cli.members_table import as_lines, as_table, stop_of
from quorate.cli.options import EndpointOption, JsonOption, TimeoutOption, with_client
from quorate.client.client import Client
from quorate.client.results import MembersView
from quorate.core.errors import ConfigError, RequestFailedError

app = typer.Typer(
    no_args_is_help=True,
    help="Who belongs to the cluster. Every change is made by the cluster itself while it serves, is asked of any node, and may be "
    "asked again: what is so already changes nothing. docs/members.md has the procedures.",
)

_TIMEOUT_S = 10.0
_WAIT_S = 600.0

_Id = Annotated[int, typer.Argument(metavar="ID", min=1, help="The member.")]
_AddressArgument = Annotated[
    str, typer.Argument(metavar="HOST:PORT", help="Where its peers reach it: its own line under peers in its file.")
]
_Expected = Annotated[
    int | None,
    typer.Option(
        "--expected",
        metavar="INDEX",
        min=0,
        help="Only if the configuration still has this index (see `list`): compare and set.",
    ),
]
_Wait = Annotated[bool, typer.Option("--wait", help="Wait until it votes, ten minutes at most; stop it with Ctrl-C.")]


@app.command(name="list")
def list_members(endpoint: EndpointOption = None, timeout: TimeoutOption = 5.0, json: JsonOption = False) -> None:
    """Show all members: who votes, who learns, how far each is behind the leader, when it last answered.

    Voters elect and commit; a learner has everything and counts for nothing. "lag" and "last contact" are known to the leader only:
    name its endpoint too. The number in the first line is the configuration's index, for --expected.

    Examples: quorate members list | quorate members list --json
    """
    _show(with_client(endpoint, timeout, lambda client: client.members.list()), json=json)


@app.command()
def add(
    node: _Id,
    address: _AddressArgument,
    learner: Annotated[bool, typer.Option("--learner", help="It is never to vote, unless it is promoted.")] = False,
    priority: Annotated[
        int, typer.Option("--priority", metavar="NUMBER", help="Of those that could lead, the highest is preferred.")
    ] = 0,
    wait: _Wait = False,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let a node in. It begins as a learner, catches up, and then votes by itself, so that a new node never holds up writes.

    Mostly you need not: a node whose file has `join = "host:port"` asks for this itself when it starts. The id must be one that was
    never used. Three voters survive the loss of one, five of two; an even number survives no more than one less.

    Examples: quorate members add 4 10.0.0.4:7100 --wait | quorate members add 9 10.0.0.9:7100 --learner
    """

    async def call(client: Client) -> None:
        await client.members.add(node, address, vote=not learner, priority=priority, expected=expected)
        if wait and not learner:
            await client.members.until_voting(node, _WAIT_S)

    _change(endpoint, timeout, call, json=json)


@app.command()
def remove(
    nodes: Annotated[list[int], typer.Argument(metavar="ID...", min=1, help="The members that go, in one step.")],
    force: Annotated[
        bool, typer.Option("--force", help="Even if too few of those that stay answer, so that the cluster would stop.")
    ] = False,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Take members out, dead or alive. A removed leader lets another one lead first. A removed node says so, and serves no more: stop it.

    Needs a majority of the voters. So of two voters, one dead, neither can be removed: `quorate recover` is for that day. A dead
    member counts until it is removed, so remove the dead before the living. An id that was removed can come back only as a new
    member, best with a new id and an empty data directory.

    Exit code 0: gone. 1: refused, and the line says why. 4: nobody knows yet, look at `quorate members list`.

    Examples: quorate members remove 3 | quorate members remove 4 5
    """

    async def call(client: Client) -> None:
        if not force and (stop := stop_of(await client.members.list(), nodes)):
            raise RequestFailedError(f"{stop}; --force does it all the same")
        await client.members.change([{"do": "remove", "id": node} for node in nodes], expected=expected)

    _change(endpoint, timeout, call, json=json)


@app.command()
def promote(
    node: _Id,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let a learner vote, at once. Look at its lag first: as long as it has not caught up it counts, but cannot help to commit.

    Example: quorate members promote 4
    """

    async def call(client: Client) -> None:
        await client.members.promote(node, expected=expected)

    _change(endpoint, timeout, call, json=json)


@app.command()
def demote(
    node: _Id,
    force: Annotated[
        bool,
        typer.Option("--force", help="Even if too few of the other voters answer, so that the cluster would stop."),
    ] = False,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Make a voter a learner: it goes on getting everything, and nobody waits for it any more.

    For a machine that is slow, far away, or about to be worked on for long. `promote` is the way back.

    Example: quorate members demote 3
    """

    async def call(client: Client) -> None:
        if not force and (stop := stop_of(await client.members.list(), [node])):
            raise RequestFailedError(f"{stop}; --force does it all the same")
        await client.members.demote(node, expected=expected)

    _change(endpoint, timeout, call, json=json)


@app.command()
def replace(
    old: Annotated[int, typer.Argument(metavar="OLD", min=1, help="The member that goes, dead or alive.")],
    new: Annotated[int, typer.Argument(metavar="NEW", min=1, help="The id of the node that comes; never used before.")],
    address: _AddressArgument,
    wait: _Wait = False,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Let a node in, and when it has caught up it votes and the old one goes, in one step: there is never one voter less or more.

    Start the new node before or after this. A node whose file has `join` and `replaces = OLD` asks for it itself.

    Example: quorate members replace 3 4 10.0.0.4:7100 --wait
    """

    async def call(client: Client) -> None:
        await client.members.replace(old, new, address, expected=expected)
        if wait:
            await client.members.until_voting(new, _WAIT_S)

    _change(endpoint, timeout, call, json=json)


@app.command()
def update(
    node: _Id,
    address: Annotated[
        str | None, typer.Option("--address", metavar="HOST:PORT", help="Where its peers reach it from now on.")
    ] = None,
    priority: Annotated[
        int | None,
        typer.Option("--priority", metavar="NUMBER", help="Of those that could lead, the highest is preferred."),
    ] = None,
    expected: _Expected = None,
    endpoint: EndpointOption = None,
    timeout: TimeoutOption = _TIMEOUT_S,
    json: JsonOption = False,
) -> None:
    """Change where a member is reached, or how gladly it leads. It stays the same member, with its data.

    To move a node: stop it, move its data directory, change its own line under peers in its file, tell the cluster with this, start it.

    Examples: quorate members update 3 --address 10.0.0.33:7100 | quorate members update 1 --priority 10
    """
    if address is None and priority is None:
        raise ConfigError("nothing to change: give --address or --priority")

    async def call(client: Client) -> None:
        await client.members.update(node, address=address, priority=priority, expected=expected)

    _change(endpoint, timeout, call, json=json)


@app.command(name="leave-joint")
def leave_joint(endpoint: EndpointOption = None, timeout: TimeoutOption = _TIMEOUT_S, json: JsonOption = False) -> None:
    """End a change of several members that a program has asked for with the order to wait half done.

    Until then every decision needs a majority of the voters before and one of those after, and no other change is taken. What these
    commands ask for ends by itself.

    Example: quorate members leave-joint
    """

    async def call(client: Client) -> None:
        await client.members.leave_joint()

    _change(endpoint, timeout, call, json=json)


def _change(
    endpoint: Sequence[str] | None, timeout_s: float, change: Callable[[Client], Awaitable[None]], *, json: bool
) -> None:
    """Make a change, and show what came of it. That is asked for anew: the server that took it may be the last to know."""

    async def call(client: Client) -> MembersView:
        await change(client)
        return await client.members.list()

    _show(with_client(list(endpoint) if endpoint else None, timeout_s, call), json=json)


def _show(view: MembersView, *, json: bool) -> None:
    if json:
        print(msgspec.json.encode(view).decode())
    elif sys.stdout.isatty():
        Console().print(as_table(view))
    else:
        print("\n".join(as_lines(view)))
    if not json:
        for warning in view.warnings:
            complain(f"warning: {warning}")
