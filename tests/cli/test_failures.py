"""Errors as exit codes and single lines."""

from __future__ import annotations

import subprocess
import sys

import pytest
import typer

from quorate.cli.failures import ExitCode, NotAsExpectedError, complain, exit_code_of
from quorate.client.errors import RefusedError, UnavailableError
from quorate.core.errors import ConfigError, DamagedError, OutcomeUnknownError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnavailableError("nobody"), 1),
        (RefusedError(400, "x", "wrong", "do right"), 1),
        (DamagedError("segment 3"), 1),
        (ConfigError("bad key"), 2),
        (typer.BadParameter("bad flag"), 2),
        (NotAsExpectedError("absent"), 3),
        (OutcomeUnknownError("timeout"), 4),
        (FileNotFoundError(2, "No such file or directory", "value.bin"), 1),
        (ZeroDivisionError("oops"), 1),
    ],
)
def test_every_error_is_one_line_and_a_code(error: Exception, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(error) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("quorate: ")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_an_interruption_needs_no_words(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(error) is ExitCode.INTERRUPTED
    assert capsys.readouterr().err == ""


def test_a_file_is_named_with_its_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(PermissionError(13, "Permission denied", "value.bin"))
    assert "value.bin: Permission denied; check" in capsys.readouterr().err


def test_a_fault_says_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    exit_code_of(ZeroDivisionError("oops"))
    assert "ZeroDivisionError: oops; QUORATE_DEBUG=1" in capsys.readouterr().err


def test_line_breaks_in_a_message_do_not_break_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain("one\ntwo\r\n  three")
    assert capsys.readouterr().err == "quorate: one two three\n"


def test_a_reader_that_has_gone_causes_no_noise() -> None:
    program = "import sys; from quorate.cli.main import main; sys.exit(main(['--help']))"
    command = f'{sys.executable} -c "{program}" | true'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
