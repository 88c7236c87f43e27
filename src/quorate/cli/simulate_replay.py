"""`quorate simulate --replay`: a trace, or a plan, run again."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from quorate.cli.failures import ExitCode
from quorate.cli.simulate_one import print_json, run_one_plan
from quorate.cli.simulate_wishes import Wishes
from quorate.core.errors import ConfigError, TraceError
from quorate.sim.storms.plan_file import read_plan
from quorate.sim.traces.replay import replay_file
from quorate.sim.traces.transcript import transcript_of

_HEAD_BYTES = 64


def replay(wishes: Wishes) -> ExitCode:
    """Run the file again: a trace must come out the same, a plan must hold. Raises `ConfigError` for a file that is neither."""
    path = wishes.replay
    if path is None:
        raise ConfigError("--replay needs a file")
    try:
        if _is_plan(path):
            if wishes.transcript:
                raise ConfigError("--transcript is of a trace, and this is a plan: run it with --trace FILE first")
            return run_one_plan(wishes, read_plan(path), wishes.command("--replay", str(path)))
        return _replay_trace(path, wishes)
    except TraceError as error:
        raise ConfigError(str(error)) from error
    except OSError as error:
        if error.filename != str(path):
            raise
        raise ConfigError(f"{path}: {error.strerror}; name a trace (.jsonl) or a plan (.plan.json)") from error


def _is_plan(path: Path) -> bool:
    """A plan is one JSON object that begins with its seed; a trace has one a line, the first with its format."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return head.lstrip().startswith(b"{") and b'"format"' not in head


def _replay_trace(path: Path, wishes: Wishes) -> ExitCode:
    for option in ("--trace", "--speed", "--out", "--no-shrink"):
        if option in wishes.given():
            raise ConfigError(f"{option} does not go with --replay of a trace: leave it out")
    found = replay_file(path)
    text = transcript_of(path) if wishes.transcript else ""
    if wishes.json:
        print_json({"mode": "replay", "file": str(path), "same": found.same, "replay": found, "transcript": text})
    else:
        if text:
            print(text)
        Console().print(found.describe(), markup=False, highlight=False, soft_wrap=True)
    return ExitCode.OK if found.same else ExitCode.FAILED
