"""`quorate`: the command line's front door, and the boundary at which every error becomes one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from quorate.cli import compare, kv, node, simulate, status, up, wal
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
  quorate wal verify data/node-1          is a stopped node's data intact?

Commands that talk to servers take --endpoint once or more,
or QUORATE_ENDPOINTS with several, separated by commas.

[bold]Exit codes[/bold]

  0  done
  1  refused or failed
  2  wrong usage
  3  not found, or not as expected
  4  nobody knows whether a write was applied: read before you write again
"""

app = typer.Typer(
    name="quorate", help=_OVERVIEW, no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False
)

_COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Run nodes": (up.up, node.node),
    "Keys and values": (kv.put, kv.get, kv.delete, kv.cas),
    "Look inside": (status.status,),
    "Simulate": (simulate.simulate, compare.compare),
}
for _panel, _commands in _COMMANDS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)
app.add_typer(wal.app, name="wal", rich_help_panel="Look inside")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"quorate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code of the process."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a key may hold what this terminal cannot show
    try:
        code = app(args=arguments, prog_name="quorate", standalone_mode=False)
        sys.stdout.flush()
    except BaseException as error:  # the boundary: nobody above could make more of it
        if os.environ.get("QUORATE_DEBUG"):
            raise
        return exit_code_of(error)
    return code if isinstance(code, int) else ExitCode.OK


if __name__ == "__main__":
    sys.exit(main())
