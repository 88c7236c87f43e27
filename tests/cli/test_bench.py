"""`quorate bench`: options, and one short run of it all."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.cli import bench as module
from quorate.cli.bench_results import decode
from quorate.cli.main import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "write"], "--only write: there is writes, lists, reads, http, failover, recovery"),
        (["--nodes", "2"], "--nodes 2 is not from 3 to 9"),
        (["--nodes", "10"], "--nodes 10 is not from 3 to 9"),
        (["--size", "0"], "--size 0 is not from 1 to 4,194,304; try 256"),
        (["--seconds", "nan"], "--seconds nan is not from 0.1 to 600; try 3"),
        (["--seconds", "0"], "--seconds 0 is not from"),
        (["--repeat", "0"], "--repeat 0 is not from 1 to 100; try 3"),
        (["--rounds", "0"], "--rounds 0 is not from 1"),
        (["--entries", "-1"], "--entries -1 is not from 1"),
        (["--algorithm", "paxos"], "there is no algorithm 'paxos'"),
        (["--algorithm", "bully"], "--algorithm bully keeps no log"),
        (["--algorithm", "raft,nothing=1"], "nothing"),
        (["--json", "no/such/folder/x.json"], "there is no folder"),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert len(captured.err.splitlines()) == 1
    assert captured.out == ""


def test_a_data_dir_that_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "file"
    file.touch()
    assert main(["bench", "--data-dir", str(file)]) == 2
    assert "is a file; name a folder" in capsys.readouterr().err


def test_no_room_is_told_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM_BYTES", 1 << 62)
    assert main(["bench", "--data-dir", str(tmp_path)]) == 2
    assert "name another --data-dir" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_quick_gives_way_to_what_is_said() -> None:
    quick = module._setting("raft", 3, 256, None, 2, None, None, quick=True)
    assert (quick.seconds, quick.repeat, quick.rounds, quick.entries) == (0.3, 2, 3, 2000)
    usual = module._setting("raft", 5, 16, None, None, 7, None, quick=False)
    assert (usual.seconds, usual.repeat, usual.rounds, usual.entries) == (3.0, 3, 7, 100_000)


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--help"]) == 0
    out = capsys.readouterr().out
    for piece in ("quorate bench --quick", "failover", "--data-dir", "linearizable"):
        assert piece in out


@pytest.mark.real
def test_a_short_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, file = tmp_path / "data", tmp_path / "figures.json"
    words = ["--quick", "--seconds", "0.2", "--only", "reads", "--only", "lists", "--every-plot"]
    assert main(["bench", *words, "--data-dir", str(data), "--json", str(file)]) == 0
    out = capsys.readouterr().out
    assert "write, lists of 100" in out
    assert "Latencies: read, follower, 64 in flight" in out
    assert list(data.iterdir()) == [], "what was written there is removed"
    report = decode(file.read_bytes())
    assert [speed.load.what for speed in report.speeds] == ["write", "write", "read", "read", "read"]
    assert all(run.calls == sum(run.buckets.values()) > 0 for speed in report.speeds for run in speed.runs)
    assert report.setting.seconds == 0.2
