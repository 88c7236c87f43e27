"""`quorate recover`: go on after more than half of the voters are lost for good."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from quorate.cli.options import JsonOption
from quorate.real.takeover import Survivor, survey, take_over
from quorate.server.config import NodeConfig

_console = Console(highlight=False, soft_wrap=True)

_NEXT = """
Before you go on: do the same on every other survivor, and choose the one with the highest (last term, last index).
Then, on that one alone:

  quorate recover --config {config} --new-cluster NAME
"""

_WARNING = """
[bold]This cannot be undone.[/bold] Node {node} becomes the only member of a new group, "{cluster}":
- every entry in its log counts as committed, acknowledged or not;
- what only the lost nodes had is lost, even if it was acknowledged;
- nodes of the old group can never come back with their data: they join anew, with empty directories.
"""

_DONE = """
Node {node} is the group "{cluster}" now. Next:
1. set  cluster = "{cluster}"  in {config}, and start it: quorate node --config {config}
2. on the other machines: the same cluster, an empty data_dir, and  join = "{address}"
3. look whether they vote: quorate members list
"""


def recover(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="Of a survivor, which is stopped.")],
    new_cluster: Annotated[
        str, typer.Option("--new-cluster", metavar="NAME", help="Do it: the new group's name. Without: only look.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    json: JsonOption = False,
) -> None:
    """Go on with one survivor after more than half of the voters are lost for good.

    First without --new-cluster, on each survivor: it shows what its log holds, and which of the others still answer. While a quorum
    lives it refuses: `quorate members remove` is for single losses.
    """
    settings = NodeConfig.load(config)
    peers = settings.peers
    found = asyncio.run(survey(settings.data_dir, peers))
    if not new_cluster:
        _show(found, config, json=json)
        return
    if not json:
        _show(found, None, json=False)
        _console.print(_WARNING.format(node=found.node, cluster=new_cluster))
    if not yes and not typer.confirm(f'Make node {found.node} the group "{new_cluster}"?'):
        raise typer.Exit(1)
    address = peers[settings.id]
    asyncio.run(take_over(settings.data_dir, new_cluster, address, peers))
    if json:
        _show(found, None, json=True)
    else:
        _console.print(_DONE.format(node=found.node, cluster=new_cluster, config=config, address=address))


def _show(found: Survivor, config: Path | None, *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode({"survivor": found, "quorum_lives": found.quorum_lives}))
        return
    group = found.configuration
    _console.print(f'node {found.node} of the group "{found.cluster}"')
    _console.print(f"  last term, last index   [bold]({found.last_term}, {found.last_index})[/bold]")
    _console.print(f"  surely committed up to  {found.commit}, snapshot up to {found.snapshot_index}")
    _console.print(
        f"  voters                  {_listed(group.voters)}"
        + (" and in part " + _listed(group.outgoing) if group.joint else "")
    )
    _console.print(f"  answering               {_listed(found.answering) or 'none'}")
    _console.print(f"  silent                  {_listed(found.silent) or 'none'}")
    if found.quorum_lives:
        _console.print(
            "A quorum answers: nothing is to be recovered. Start this node, or see `quorate members remove`."
        )
    elif config is not None:
        _console.print(_NEXT.format(config=config))


def _listed(nodes: tuple[int, ...]) -> str:
    return ", ".join(map(str, nodes))
