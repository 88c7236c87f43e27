"""Storms, and scenarios under many seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from cli.bad_plan import bad_plan
from quorate.cli import simulate_evidence, simulate_many
from quorate.cli.main import main
from quorate.cli.simulate_many import MOST_SHOWN, Storms, run_scenario_seed, run_storm_seed
from quorate.sim.storms.run import Report, run_plan


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Report]:
    """What the processes are said to find, instead of what they would."""
    reports: list[Report] = []

    def spread(*arguments: object, **named: object) -> Iterator[Report]:
        yield from reports

    monkeypatch.setattr(simulate_many, "spread", spread)
    return reports


def run(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    assert main(["simulate", *words]) == code
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_a_few_seeds_on_two_processes(capsys: pytest.CaptureFixture[str]) -> None:
    out, err = run(["--seeds", "5", "--first-seed", "20", "--nodes", "3", "--workers", "2"], capsys)
    assert "5 seeds, 0 failed" in out
    assert "commits" in out
    assert "coverage: " in out
    assert "seeds/s on 2 processes" in out
    assert "events/s each" in out
    assert err == ""


def test_a_seed_is_the_same_in_any_process() -> None:
    storms = Storms("raft", 3, "links")
    assert run_storm_seed(storms, 22) == run_plan(storms.plan(22))
    first = run_scenario_seed("crash leader at 1s; run 2s", 3, "raft", 4)
    assert first == run_scenario_seed("crash leader at 1s; run 2s", 3, "raft", 4)
    assert (first.seed, first.failure) == (4, "")


def test_a_failing_storm_is_1_with_commands_and_evidence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], told: list[Report]
) -> None:
    monkeypatch.setattr(simulate_many, "draw_plan", bad_plan)
    told += [run_plan(bad_plan(6)), run_plan(bad_plan(5))]
    monkeypatch.setattr(simulate_evidence, "MOST_SHRUNK", 1)
    words = ["--seeds", "2", "--nodes", "3", "--network", "links", "--out", str(tmp_path)]
    out, err = run(words, capsys, 1)
    assert "seed 6: InvariantBrokenError: Recovery" in err, "as they come"
    assert out.index("seed 5: InvariantBrokenError") < out.index("seed 6: InvariantBrokenError")
    assert "  quorate simulate --seed 5 --nodes 3 --network links\n" in out
    assert "seed 5, shrunk: " in out
    assert {path.name for path in tmp_path.iterdir()} >= {"storm-5.plan.json", "storm-5.jsonl", "storm-5.txt"}
    found = json.loads(run([*words[:-2], "--no-shrink", "--json"], capsys, 1)[0])
    assert [one["seed"] for one in found["failures"]] == [5, 6]
    assert found["failures"][0]["replay"] == "quorate simulate --seed 5 --nodes 3 --network links"


def test_many_failures_are_told_in_part(told: list[Report], capsys: pytest.CaptureFixture[str]) -> None:
    told += [Report(seed, "broken") for seed in range(MOST_SHOWN + 2)]
    out, err = run(["--seeds", "50", "--no-shrink"], capsys, 1)
    assert f"and seeds {MOST_SHOWN}, {MOST_SHOWN + 1}" in out
    assert err.count("broken") == MOST_SHOWN


def test_what_was_never_reached_is_a_warning_unless_demanded(
    told: list[Report], capsys: pytest.CaptureFixture[str]
) -> None:
    told += [Report(seed, counts={"events": 5}) for seed in range(1000)]
    out, _ = run(["--seeds", "1000"], capsys)
    assert "never reached, so these storms prove nothing about" in out
    found = json.loads(run(["--seeds", "1000", "--demand-coverage", "--json"], capsys, 1)[0])
    assert "outcome applied" in found["coverage"]["never_reached"]


def test_ctrl_c_ends_with_what_was_found(
    told: list[Report], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*arguments: object, **named: object) -> Iterator[Report]:
        yield Report(0, counts={"events": 5})
        raise KeyboardInterrupt

    monkeypatch.setattr(simulate_many, "spread", interrupted)
    out, _ = run(["--seeds", "9"], capsys, 130)
    assert "1 seeds, 0 failed" in out
    assert "interrupted: 1 of 9 seeds were run" in out


def test_a_process_that_was_killed_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*arguments: object, **named: object) -> Iterator[Report]:
        yield Report(0)
        raise BrokenProcessPool

    monkeypatch.setattr(simulate_many, "spread", broken)
    _, err = run(["--seeds", "9"], capsys, 1)
    assert "killed after 1 seeds; is there memory enough? try fewer --workers" in err


def test_a_scenario_under_many_seeds(capsys: pytest.CaptureFixture[str]) -> None:
    text = "nodes 3; expect leader is 1 at 2s"
    out, err = run(["--scenario", text, "--seeds", "4", "--workers", "1"], capsys, 1)
    assert "NOT met, line 1: expect leader is 1 at 2s: the leader is " in out
    assert f"quorate simulate --scenario '{text}' --seed " in out
    assert "NOT met" in err
    assert "coverage" not in out
