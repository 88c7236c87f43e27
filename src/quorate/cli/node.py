"""`quorate node`: one node, as production runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from quorate.server.logs import log_to_stderr
from quorate.server.process import run_node
from quorate.server.reload import ConfigFile


def node(
    config: Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The node's TOML file.")],
    check: Annotated[bool, typer.Option("--check", help="Check the file, start nothing.")] = False,
    stop_with_input: Annotated[
        bool,
        typer.Option(
            "--stop-with-input", help="Stop when standard input ends: for a parent that must not leave it behind."
        ),
    ] = False,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every step to this file, for `quorate simulate --replay`."),
    ] = None,
) -> None:
    """Run one node until SIGTERM or Ctrl-C, which stop it cleanly; a second one ends it at once. SIGHUP has it read its file again: most
    options and the logging level change on the spot, all or none of them; the log says which.

    A node of a new cluster has every member under `peers`, the same on all. One that is to come to a cluster that runs has only itself
    there, and `join = "host:port"`, the peer address of any member: it is let in, catches up, and then votes. Nothing is to be
    asked of the others. `learner = true`: it never votes; `replaces = 3`: node 3 goes when it votes. docs/members.md has the procedures.

    docs/configuration.md explains the file. The log goes to standard error, one line per event. Exit code 0: told to
    stop; 1: the node failed, and the last line says why and what to do; 2: the file is wrong, or the port is taken.
    """
    file = ConfigFile(config)
    settings = file.config
    if trace is not None:
        traced = msgspec.structs.replace(settings.trace, file=str(trace.absolute()))
        settings = msgspec.structs.replace(settings, trace=traced)
    if check:
        entry = f"joins through {settings.join}" if settings.join else f"{len(settings.peers)} members"
        print(f"{config}: node {settings.id} of cluster {settings.cluster}, {entry}, {settings.algorithm}")
        return
    log_to_stderr(settings.logging.level)
    run_node(settings, stop_with=sys.stdin.buffer if stop_with_input else None, file=file)
