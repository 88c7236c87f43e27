"""`quorate node`: one node, as production runs it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from quorate.server.config import NodeConfig
from quorate.server.logs import log_to_stderr
from quorate.server.process import run_node


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
    """Run one node until SIGTERM or Ctrl-C, which stop it cleanly; a second one ends it at once.

    docs/configuration.md explains the file. The log goes to standard error, one line per event. Exit code 0: told to
    stop; 1: the node failed, and the last line says why and what to do; 2: the file is wrong, or the port is taken.
    """
    settings = NodeConfig.load(config)
    if trace is not None:
        traced = msgspec.structs.replace(settings.trace, file=str(trace.absolute()))
        settings = msgspec.structs.replace(settings, trace=traced)
    if check:
        print(
            f"{config}: node {settings.id} of cluster {settings.cluster}, {len(settings.peers)} members, {settings.algorithm}"
        )
        return
    log_to_stderr(settings.logging.level)
    run_node(settings, stop_with=sys.stdin.buffer if stop_with_input else None)
