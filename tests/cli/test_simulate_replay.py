"""Traces and plans, run again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.bad_plan import bad_plan
from quorate.cli.main import main
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.plan_file import write_plan


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "t.jsonl"
    assert main(["simulate", "--seed", "3", "--nodes", "1", "--trace", str(path), "--json"]) == 0
    return path


def replay(words: list[str], capsys: pytest.CaptureFixture[str], code: int) -> str:
    capsys.readouterr()
    assert main(["simulate", "--replay", *words]) == code
    captured = capsys.readouterr()
    return captured.out if code < 2 else captured.err


def test_a_trace_is_the_same_again(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay([str(trace)], capsys, 0).startswith("same: ")
    assert json.loads(replay([str(trace), "--json"], capsys, 0))["same"] is True


def test_a_transcript_on_demand(trace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = replay([str(trace), "--transcript"], capsys, 0)
    assert "all held" in out
    assert out.rstrip().splitlines()[-1].startswith("same: ")


def test_a_trace_that_was_changed_differs(trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = tmp_path / "changed.jsonl"
    lines = trace.read_bytes().splitlines(keepends=True)
    record = json.loads(lines[9])
    record["at"] += 1
    lines[9] = json.dumps(record, separators=(",", ":")).encode() + b"\n"
    changed.write_bytes(b"".join(lines))
    assert "differs" in replay([str(changed)], capsys, 1)


def test_a_plan_that_holds_and_one_that_does_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.plan.json", tmp_path / "bad.plan.json"
    write_plan(good, draw_plan(3, nodes=1))
    write_plan(bad, bad_plan(5))
    assert "seed 3: 1 nodes run raft" in replay([str(good)], capsys, 0)
    out = replay([str(bad), "--out", str(tmp_path / "kept")], capsys, 1)
    assert "BROKEN: InvariantBrokenError: Recovery" in out
    assert f"again: quorate simulate --replay {bad}" in out
    assert (tmp_path / "kept" / "storm-5.plan.json").exists()
    found = json.loads(replay([str(bad), "--no-shrink", "--json"], capsys, 1))
    assert found["failure"].startswith("InvariantBrokenError: Recovery")
    assert found["evidence"] == []


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is this a file that quorate wrote"),
        (b"hello\n", "is this a file that quorate wrote"),
        (b"\x00\xff" * 100, "is this a file that quorate wrote"),
        (b'{"seed": 3}', "no plan"),
        (b"[" * 10_000, "is this a file that quorate wrote"),
    ],
)
def test_another_file_is_refused(
    content: bytes, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    err = replay([str(path)], capsys, 2)
    assert complaint in err
    assert str(path) in err
    assert err.count("\n") == 1


def test_options_that_make_no_sense_for_the_file(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--speed does not go with --replay of a trace" in replay([str(trace), "--speed", "2"], capsys, 2)
    plan = tmp_path / "p.plan.json"
    write_plan(plan, draw_plan(3, nodes=1))
    assert "--transcript is of a trace" in replay([str(plan), "--transcript"], capsys, 2)
    assert "No such file" in replay([str(tmp_path / "gone")], capsys, 2)
    assert "Is a directory" in replay([str(tmp_path)], capsys, 2)
