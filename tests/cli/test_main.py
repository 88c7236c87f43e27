"""The front door: help that teaches, one line for every mistake."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from quorate.cli import main as module
from quorate.cli.main import main
from quorate.version import __version__


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"quorate {__version__}\n"


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    for piece in ("quorate up", "quorate put greeting hello", "Exit codes", "QUORATE_ENDPOINTS", "wal", "cas"):
        assert piece in out


@pytest.mark.parametrize("words", [[], ["wal"]])
def test_without_a_command_the_help_is_shown(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "Usage: quorate" in captured.out + captured.err
    assert "see:" not in captured.err


@pytest.mark.parametrize(
    "command",
    ["up", "node", "put", "get", "delete", "cas", "status", "compare", "wal inspect", "wal verify", "simulate"],
)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command.split(), "--help"]) == 0
    assert f"quorate {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["putt", "a", "b"], "Did you mean 'put'"),
        (["up", "--nodez", "3"], "--nodes"),
        (["up", "--nodes", "three"], "--nodes"),
        (["node"], "--config"),
        (["wal", "verify"], "DIR"),
        (["\x00"], "No such command"),
    ],
)
def test_wrong_usage_is_one_line_with_a_hint(words: list[str], hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.startswith("quorate: ")
    assert hint in err
    assert "--help" in err
    assert err.count("\n") == 1


@settings(max_examples=60, deadline=None)
@given(
    some.lists(
        some.sampled_from(["put", "get", "cas", "status", "wal", "verify", "-e", "::", "--timeout", "0", "--json", "-"])
        | some.text(max_size=6),
        max_size=6,
    )
)
def test_any_words_end_with_a_documented_code(words: list[str]) -> None:
    if any(word in ("up", "node") or word.startswith(("--in", "--sh", "--wa", "-w")) for word in words):
        return
    assert main([*words, "--endpoint", "nonsense://"]) in {0, 1, 2}


def test_a_fault_shows_where_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(module, "front_door", broken)
    assert main(["status"]) == 1
    assert "a fault in this program: ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.setenv("QUORATE_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        main(["status"])


def test_it_runs_as_a_module() -> None:
    command = [sys.executable, "-P", "-m", "quorate.cli.main", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"quorate {__version__}\n", "")


def test_a_terminal_that_cannot_show_a_character_is_no_obstacle() -> None:
    command = [sys.executable, "-m", "quorate.cli.main", "get", "grüße", "-e", "nonsense://"]
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=environment)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
