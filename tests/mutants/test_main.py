"""The command behind `make mutants`."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from mutants import __main__ as command
from mutants.catalog import ABSENT, MUTANTS
from mutants.trials import Outcome

APP = typer.Typer()
APP.command()(command.main)

CAUGHT = Outcome("double_vote", (1, 3, 12), 0, 0, {"Durable votes": 2, "InvariantError": 1}, 0, (), liveness=False)
SURVIVOR = Outcome("no_deduplication", (5,), 2, 4000, {"Exactly once": 1}, 3, (), liveness=False)
WRONG = Outcome("prev_not_checked", (), 0, 0, {}, 0, ("NameError: name 'x' is not defined",), liveness=False)
STALLED = Outcome("next_index_never_backs_off", (2, 2, 2), 0, 0, {"NeverError": 3}, 0, (), liveness=True)


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APP, arguments, env={"COLUMNS": "220", "TERMINAL_WIDTH": "220"})
    return result.exit_code, result.output


def found(monkeypatch: pytest.MonkeyPatch, *outcomes: Outcome) -> None:
    monkeypatch.setattr(command, "hunt_all", lambda hunt, workers, console: list(outcomes))


def row(output: str, name: str) -> list[str]:
    (line,) = [line for line in output.splitlines() if line.startswith(f"│ {name} ")]
    return [cell.strip() for cell in line.split("│")[1:-1]]


def test_a_table_of_what_was_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, CAUGHT, STALLED)
    code, output = invoke()
    assert code == 0, output
    assert "2 mutants, 2 caught in every trial" in output
    assert row(output, "double_vote") == ["double_vote", "Durable votes 2, InvariantError 1", "3", "12", ""]
    assert row(output, "next_index_never_backs_off")[1] == "NeverError (liveness)"
    assert row(output, "all")[1] == "NeverError 3, Durable votes 2, InvariantError 1"
    for absent in ABSENT:
        assert f"{absent.name}:" in output


def test_a_survivor_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, CAUGHT, SURVIVOR)
    code, output = invoke()
    assert code == 1
    assert "2 mutants, 1 caught in every trial" in output
    cells = row(output, "no_deduplication")
    assert cells == ["no_deduplication", "Exactly once; slow in 3 seeds", "5", "5", "2 in 4,000 seeds"]


def test_so_does_a_mutant_that_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, WRONG)
    code, output = invoke()
    assert code == 1
    assert row(output, "prev_not_checked")[1] == "the mutant is wrong: NameError: name 'x' is not defined"


def test_the_result_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, CAUGHT, SURVIVOR)
    code, output = invoke("--json")
    assert code == 1
    first, second = json.loads(output)
    assert (first["name"], first["seeds"], first["caught_by"]) == ("double_vote", [1, 3, 12], CAUGHT.caught_by)
    assert second["survived"] == 2


def test_the_list_tells_meaning_and_rule() -> None:
    code, output = invoke("--list")
    assert code == 0
    for mutant in MUTANTS:
        assert f"{mutant.name}\n  {mutant.meaning}\n  Breaks: {mutant.rule}\n" in output


def test_the_reach_of_a_mutant() -> None:
    code, output = invoke("--reach", "1", "--only", "committed_by_too_few", "--workers", "1")
    assert code == 0, output
    assert row(output, "committed_by_too_few") == ["committed_by_too_few", "1"]


def test_a_wrong_name_is_told_with_the_right_one() -> None:
    code, output = invoke("--only", "double_votes")
    assert code == 2
    assert "there is no mutant 'double_votes'; did you mean 'double_vote'?" in output


def test_storms_catch_a_mutant_over_two_processes() -> None:
    """The whole way, with a mutant that lasts for a few seeds at most."""
    code, output = invoke("--only", "elected_by_half", "--trials", "2", "--seeds", "40", "--workers", "2")
    assert code == 0, output
    assert row(output, "elected_by_half")[1].startswith("Durable votes")
