"""`quorate simulate` as a whole."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from quorate.cli.main import main


def test_without_options_it_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate"]) == 0
    out = capsys.readouterr().out
    for piece in (
        "leader-crash: 5 nodes",
        "node 5",
        "elected",
        "met: expect leader",
        "quorate simulate --list",
        "--seeds",
    ):
        assert piece in out


def test_every_mode_is_reached(capsys: pytest.CaptureFixture[str]) -> None:
    short = "nodes 3; crash leader at 1s; run 2s"
    for words, mode in (
        (["--scenario", short], "scenario"),
        (["--scenario", short, "--seeds", "2", "--workers", "1"], "scenario"),
        (["--seed", "3", "--nodes", "1"], "seed"),
        (["--seeds", "1", "--workers", "1", "--nodes", "1"], "storm"),
    ):
        assert main(["simulate", *words, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["mode"] == mode
    assert main(["simulate", "--list", "--json"]) == 0
    assert "leader-crash" in json.loads(capsys.readouterr().out)["scenarios"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--seed", "1", "--seeds", "2"], "--seed runs one seed"),
        (["--algorithm", "rft"], "did you mean 'raft'"),
        (["--scenario", "crsh leader"], "line 1, column 1: 'crsh'"),
        (["--scenario", "crsh leader", "--seeds", "5"], "line 1, column 1: 'crsh'"),
        (["--scenario", "leader-crush"], "did you mean 'leader-crash'"),
        (["--replay", "gone.jsonl"], "name a trace"),
        (["--trace", "/nowhere/t.jsonl"], "--trace /nowhere/t.jsonl: No such file"),
    ],
)
def test_mistakes_are_one_line_and_2(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", *words]) == 2
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_help_needs_no_simulator() -> None:
    code = (
        "import sys; from quorate.cli.main import main; main(['--help']); "
        "sys.exit(any(name.startswith('quorate.sim') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
