"""The command line of the storms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from quorate.sim.storms import storm
from quorate.sim.storms.run import Report
from quorate.sim.storms.storm import Setup, Summary

APP = typer.Typer()
APP.command()(storm.main)


def invoke(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(APP, arguments, env={"COLUMNS": "200"})
    return result.exit_code, result.output


def test_a_few_seeds_over_two_processes() -> None:
    code, output = invoke("--seeds", "5", "--first-seed", "20", "--nodes", "3", "--workers", "2")
    assert code == 0, output
    assert "5 seeds, 0 failed" in output
    assert re.search(r"commits\s+│\s+\d+", output)
    assert "seeds/s on 2 processes" in output


def test_one_seed_with_its_faults_and_its_trace(tmp_path: Path) -> None:
    trace = tmp_path / "trace.jsonl"
    code, output = invoke("--seed", "21", "--nodes", "3", "--trace", str(trace))
    assert code == 0, output
    assert "s Crash(" in output or "s Cut(" in output or "s Drift(" in output
    lines = trace.read_bytes().splitlines()
    assert {"at", "node", "event", "effects"} <= set(json.loads(lines[-1]))
    found = re.search(r"trace (\w{32})", output)
    assert found is not None
    code, again = invoke("--seed", "21", "--nodes", "3")
    assert f"trace {found[1]}" in again, "with or without a file: the same history"


def test_a_failing_seed_is_told_with_the_command_that_replays_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        storm, "run_plan", lambda plan, *_, **__: Report(plan.seed, "Election Safety: two", "Traceback ...")
    )
    code, output = invoke("--seed", "3", "--nodes", "7", "--network", "links")
    assert code == 1
    assert "Election Safety: two" in output
    assert "python -m quorate.sim.storms.storm --seed 3 --nodes 7 --algorithm" in output
    assert "--network links --trace storm-3.jsonl" in output


def test_the_command_replays_the_seed() -> None:
    setup = Setup(nodes=3, network="datagrams")
    arguments = setup.command(22).split()[3:-2]
    code, output = invoke(*arguments)
    assert code == 0, output
    assert f"{setup.plan(22).network}"[:40] in output


def test_a_summary_adds_up() -> None:
    summary = Summary()
    summary.add(Report(1, counts={"commits": 3, "crashes": 0}))
    summary.add(Report(2, "broken", counts={"commits": 4}))
    assert (summary.totals, summary.seen_in, summary.most) == (
        {"commits": 7, "crashes": 0},
        {"commits": 2, "crashes": 0},
        {"commits": 4, "crashes": 0},
    )
    assert [report.seed for report in summary.failures] == [2]


def test_many_failures_are_shown_in_part(capsys: pytest.CaptureFixture[str]) -> None:
    failures = [Report(seed, "broken") for seed in range(storm.MAX_SHOWN + 2)]
    storm.show_failures(Setup(), failures, Console())
    assert f"and seeds {storm.MAX_SHOWN}, {storm.MAX_SHOWN + 1}" in capsys.readouterr().out


def test_an_unknown_network_is_refused() -> None:
    code, output = invoke("--network", "pigeons")
    assert code == 2
    assert "links, datagrams or mixed" in output
