"""`quorate`: the command line's front door, and the boundary at which every error becomes one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated

import typer

from quorate.cli.failures import ExitCode, exit_code_of
from quorate.version import __version__

_OVERVIEW = """
Choose a leader and keep one log, on as many machines as you like.

[bold]Begin here[/bold]

  quorate up                              a cluster of three on this machine
  quorate put greeting hello              in another terminal: write
  quorate get greeting                    read, from whichever node
  quorate status                          who leads, who follows
  quorate simulate                        a cluster in trouble, in simulated time

[bold]In production[/bold]

  quorate node --config node.toml         one node, until SIGTERM
  quorate status -e http://10.0.0.1:7001  ask a node elsewhere
  quorate transfer --to 2                 let node 2 lead
  quorate step-down --node 1              before work on the machine of node 1
  quorate members list                    who belongs to the cluster
  quorate wal verify data/node-1          is a stopped node's data intact?
  quorate snapshot save backup-1          a backup of the whole state, while it serves

Commands that talk to servers take --endpoint once or more,
or QUORATE_ENDPOINTS with several, separated by commas.

[bold]Exit codes[/bold]

  0  done
  1  refused or failed
  2  wrong usage
  3  not found, or not as expected
  4  nobody knows whether it was done: read, or look at the status, before you ask again
"""

_COMMANDS = {
    "up": ("Run nodes", "quorate.cli.up"),
    "node": ("Run nodes", "quorate.cli.node"),
    "put": ("Keys and values", "quorate.cli.kv"),
    "get": ("Keys and values", "quorate.cli.kv"),
    "delete": ("Keys and values", "quorate.cli.kv"),
    "cas": ("Keys and values", "quorate.cli.kv"),
    "session": ("Keys and values", "quorate.cli.session"),
    "status": ("Look inside", "quorate.cli.status"),
    "recover": ("Recover", "quorate.cli.recover"),
    "transfer": ("Lead", "quorate.cli.leadership"),
    "step-down": ("Lead", "quorate.cli.leadership"),
    "simulate": ("Simulate", "quorate.cli.simulate"),
    "compare": ("Simulate", "quorate.cli.compare"),
    "bench": ("Measure", "quorate.cli.bench"),
    "members": ("Lead", "quorate.cli.members"),
    "wal": ("Look inside", "quorate.cli.wal"),
    "snapshot": ("Keep safe", "quorate.cli.snapshot"),
}
"""Where each command is: its panel in the help, and its module, with a function of that name, or an `app` of several commands."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"quorate {__version__}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def front_door(first: str | None = None) -> typer.Typer:
    """All commands; or only `first`, if there is one of that name: a node is up sooner, and a shell feels quicker, without the rest."""
    app = typer.Typer(
        name="quorate", help=_OVERVIEW, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False
    )
    app.callback()(_options)
    for name in [first] if first in _COMMANDS else list(_COMMANDS):
        panel, room = _COMMANDS[name]
        module = import_module(room)
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, rich_help_panel=panel)
        else:
            app.command(rich_help_panel=panel)(getattr(module, name.replace("-", "_")))
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a key may hold what this terminal cannot show
    try:
        words = sys.argv[1:] if arguments is None else arguments
        code = front_door(words[0] if words else None)(args=words, prog_name="quorate", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # the boundary: nobody above could make more of it
        if os.environ.get("QUORATE_DEBUG"):
            raise
        return exit_code_of(error)
    return code if isinstance(code, int) else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
