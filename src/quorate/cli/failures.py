"""How a command ends: the exit codes, and one readable line for every error."""

from __future__ import annotations

import os
import sys
from enum import IntEnum

import typer

from quorate.core.errors import ConfigError, OutcomeUnknownError, QuorateError, RequestFailedError


class ExitCode(IntEnum):
    """Documented in docs/cli.md; scripts depend on them."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_AS_EXPECTED = 3
    OUTCOME_UNKNOWN = 4
    INTERRUPTED = 130


class NotAsExpectedError(QuorateError):
    """The key is absent, or does not hold what the caller expected. Nothing was changed."""


def complain(text: str) -> None:
    """One line on standard error, whatever is in `text`."""
    line = " ".join(text.split())
    print(f"quorate: {line}", file=sys.stderr, flush=True)


def exit_code_of(error: BaseException) -> ExitCode:
    """Say what went wrong, and return how the process should end."""
    match error:
        case typer.TyperException():
            if error.format_message():  # without arguments the help has been printed already
                complain(_usage(error))
            return ExitCode.USAGE if error.exit_code == ExitCode.USAGE else ExitCode.FAILED
        case NotAsExpectedError():
            complain(str(error))
            return ExitCode.NOT_AS_EXPECTED
        case OutcomeUnknownError() | RequestFailedError(uncertain=True):
            complain(str(error))
            return ExitCode.OUTCOME_UNKNOWN
        case ConfigError():
            complain(str(error))
            return ExitCode.USAGE
        case QuorateError():
            complain(str(error))
            return ExitCode.FAILED
        case SystemExit():
            return ExitCode.OK if error.code in (None, 0) else ExitCode.FAILED  # typer's, when the reader has gone
        case KeyboardInterrupt() | typer.Abort():
            return ExitCode.INTERRUPTED
        case BrokenPipeError():
            return _closed_pipe()
        case OSError():
            complain(f"{error.filename or 'system'}: {error.strerror or error}; check the path and its permissions")
            return ExitCode.FAILED
        case _:
            complain(f"a fault in this program: {type(error).__name__}: {error}; QUORATE_DEBUG=1 shows where")
            return ExitCode.FAILED


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "quorate"
    return f"{error.format_message().rstrip('.')}; see: {command} --help"


def _closed_pipe() -> ExitCode:
    """The reader has gone (`quorate ... | head`): nobody is left to be told. Without this the interpreter complains at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return ExitCode.FAILED
