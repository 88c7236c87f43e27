"""One run, told in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quorate.cli.main import main

SHORT = "nodes 3; crash leader at 1s; expect leader within 2s; run 4s"


def out_of(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(["simulate", *words]) == code
    return capsys.readouterr().out


def test_a_scenario_of_words(capsys: pytest.CaptureFixture[str]) -> None:
    out = out_of(["--scenario", SHORT], capsys)
    assert "scenario: 3 nodes run raft, seed 0" in out
    assert "(it leads)" in out
    assert "met: expect leader within 2s" in out
    assert "This was a whole cluster" not in out
    assert all(len(line) <= 130 for line in out.splitlines())


def test_a_scenario_of_a_file_under_another_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(f"# What it shows.\nseed 4\n{SHORT}")
    out = out_of(["--scenario", str(path), "--seed", "9"], capsys)
    assert "mine.txt: 3 nodes run raft, seed 9" in out
    assert "What it shows." in out


def test_a_scenario_that_fails_is_1_and_says_how_to_run_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    text = "nodes 3; expect leader is 1; pause 1 at 1s; crash 1 at 2s for 1s; pause 1 at 2500ms"
    out = out_of(["--scenario", text], capsys, code=1)
    assert "BROKEN: NOT met, line 1: expect leader is 1: the leader is nobody" in out
    assert f"again: quorate simulate --scenario '{text}' --seed 0" in out
    assert "found nothing to strike: pause 1 at 2500ms" in out


def test_a_scenario_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(out_of(["--scenario", SHORT, "--json"], capsys))
    assert (found["mode"], found["seed"], found["nodes"], found["failure"]) == ("scenario", 0, 3, "")
    assert found["expectations"][0]["met"] is True
    assert found["timeline"]["spans"]["1"][0]["state"] == "follower"
    assert found["messages"]["Append"] > 10
    assert found["replay"] == f"quorate simulate --scenario '{SHORT}' --seed 0"
    again = json.loads(out_of(["--scenario", SHORT, "--json"], capsys))
    assert again == found


def test_a_seed_with_its_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "t.jsonl"
    out = out_of(["--seed", "21", "--nodes", "3", "--network", "links", "--trace", str(trace)], capsys)
    assert "seed 21: 3 nodes run raft over links, " in out
    assert "node 3" in out
    lines = trace.read_bytes().splitlines()
    digest = json.loads(lines[-1])["digest"]
    assert f"history {digest}" in out
    found = json.loads(out_of(["--seed", "21", "--nodes", "3", "--network", "links", "--json"], capsys))
    assert found["digest"] == digest, "with or without a file: the same history"
    assert found["plan"]["seed"] == 21
    assert found["counts"]["events"] > 100
    assert found["timeline"]["acknowledged"]
    assert found["messages"]["AppendReply"] > 10


def test_an_algorithm_without_a_log_tells_its_messages(capsys: pytest.CaptureFixture[str]) -> None:
    out = out_of(["--scenario", "bully-worst"], capsys)
    assert "bully-worst: 5 nodes run bully, seed 0" in out
    assert "10 Election, 6 Alive, 4 Victory" in " ".join(out.split())
    assert "writes" not in out
    found = json.loads(out_of(["--scenario", "bully-worst", "--json"], capsys))
    assert {kind: found["messages"][kind] for kind in ("Election", "Alive", "Victory")} == {
        "Election": 10,
        "Alive": 6,
        "Victory": 4,
    }


@pytest.mark.parametrize("algorithm", ["bully", "ring"])
def test_who_names_no_scenario_is_shown_one(algorithm: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = out_of(["--algorithm", algorithm], capsys)
    assert f"leader-dies: 5 nodes run {algorithm}, seed 0" in out


def test_scenarios_and_verbs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    out = out_of(["--list"], capsys)
    for piece in ("minority-partition", "flap TARGET", "As SIGSTOP", "TARGET is a node"):
        assert piece in out


def test_a_terminal_gets_a_live_picture(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "xterm")
    out = out_of(["--scenario", SHORT, "--speed", "max"], capsys)
    assert out.count("node 3") > 1
    assert "\x1b[" in out
