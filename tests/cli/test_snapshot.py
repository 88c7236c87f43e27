"""`quorate snapshot`: against a served node, and on files. The whole round with real processes: tests/real/test_backups.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.site_thread import SiteThread
from quorate.cli.main import main
from quorate.core.errors import ReadFailedError
from storage.test_backup import backup_of

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    file = tmp_path / "backup"
    file.write_bytes(backup_of())
    return file


def failed(capsys: Capture) -> str:
    """The one line that says why."""
    (line,) = capsys.readouterr().err.splitlines()
    return line


def test_take_and_list(served: SiteThread, capsys: Capture) -> None:
    assert main(["snapshot", "take", "-e", served.url]) == 0
    assert capsys.readouterr().out == "snapshot up to entry 9 of term 3, 20 B: /data/snapshots/x.snapshot\n"
    assert main(["snapshot", "take", "--json", "-e", served.url]) == 0
    assert json.loads(capsys.readouterr().out)["index"] == 10
    assert main(["snapshot", "list", "-e", served.url]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["index", "9", "10"]
    assert main(["snapshot", "list", "--json", "-e", served.url]) == 0
    assert [each["index"] for each in json.loads(capsys.readouterr().out)] == [9, 10]


def test_s_s10_save_writes_a_file_that_is_verified(served: SiteThread, tmp_path: Path, capsys: Capture) -> None:
    served.node.pieces = [backup_of()]
    file = tmp_path / "saved"
    assert main(["snapshot", "save", str(file), "-e", served.url]) == 0
    what = "state of cluster old up to entry 17 of term 3, 1.2 KiB, saved from node 2"
    assert capsys.readouterr().out == f"saved to {file}: {what}\n"
    assert file.read_bytes() == backup_of()
    assert main(["snapshot", "verify", str(file)]) == 0
    assert capsys.readouterr().out == f"intact: {what}\n"
    assert main(["snapshot", "verify", "--json", str(file)]) == 0
    assert json.loads(capsys.readouterr().out)["cluster"] == "old"


def test_s_s10_a_backup_that_is_not_whole_gets_no_name(served: SiteThread, tmp_path: Path, capsys: Capture) -> None:
    served.node.pieces = [backup_of()[:-3]]
    assert main(["snapshot", "save", str(tmp_path / "saved"), "-e", served.url]) == 1
    assert "damaged at byte" in failed(capsys)
    served.node.pieces = [backup_of()[:100], OSError("the disk is gone")]
    assert main(["snapshot", "save", str(tmp_path / "saved"), "-e", served.url]) == 1
    assert "what was received is not whole: ask again" in failed(capsys)
    assert list(tmp_path.iterdir()) == []


def test_no_backup_is_written_over(served: SiteThread, backup: Path, capsys: Capture) -> None:
    assert main(["snapshot", "save", str(backup), "-e", served.url]) == 2
    assert "exists; name a new file" in failed(capsys)


def test_save_asks_the_next_server_and_says_why_none_can(served: SiteThread, tmp_path: Path, capsys: Capture) -> None:
    served.node.pieces = [backup_of()]
    file = tmp_path / "saved"
    assert main(["snapshot", "save", str(file), "-e", "127.0.0.1:1", "-e", served.url]) == 0
    served.node.read_fault = ReadFailedError("no_leader")
    assert main(["snapshot", "save", str(tmp_path / "x"), "-e", served.url]) == 1
    assert "no server could begin to answer" in failed(capsys)
    capsys.readouterr()
    assert main(["snapshot", "save", str(tmp_path / "x"), "--local", "-e", served.url]) == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"hello", "this is not a backup; `quorate snapshot save FILE` writes one"),
        (backup_of()[:-9], "it ends too early. Use another copy, or save a new one"),
        (b"", "this is not a backup"),
    ],
)
def test_s_s10_verify_finds_damage(backup: Path, content: bytes, line: str, capsys: Capture) -> None:
    backup.write_bytes(content)
    assert main(["snapshot", "verify", str(backup)]) == 1
    assert line in failed(capsys)


def test_verify_of_a_file_that_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    assert main(["snapshot", "verify", str(tmp_path / "nothing")]) == 1
    assert "No such file" in failed(capsys)


def test_s_s10_restore_by_flags_and_by_configuration(backup: Path, tmp_path: Path, capsys: Capture) -> None:
    flags = ["--cluster", "new", "--id", "1", "--member", "1=127.0.0.1:7101", "--member", "2=127.0.0.1:7102"]
    assert main(["snapshot", "restore", str(backup), "--data-dir", str(tmp_path / "1"), *flags]) == 0
    assert f"restored for node 1 of cluster new in {tmp_path / '1'}" in capsys.readouterr().out
    config = tmp_path / "node.toml"
    config.write_text(
        'id = 2\ncluster = "new"\ndata_dir = "two"\nclient = "127.0.0.1:7002"\n'
        '[peers]\n1 = "127.0.0.1:7101"\n2 = "127.0.0.1:7102"\n'
    )
    assert main(["snapshot", "restore", str(backup), "-c", str(config), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["index"] == 17
    for directory in ("1", "two"):
        assert main(["wal", "verify", str(tmp_path / directory)]) == 0
        assert "snapshots: 1, the newest up to 17 (term 3" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        ([], 2, "say who the member is: --config node.toml, or --data-dir"),
        (["--cluster", "new", "--config", "x"], 2, "--config says who the member is"),
        (["--data-dir", "{}/d", "--cluster", "new", "--id", "1", "--member", "one"], 2, "write id=host:port"),
        (["--data-dir", "{}/d", "--cluster", "new", "--id", "1", "--member", "2=a:1"], 2, "lack node 1 itself"),
        (["--data-dir", "{}/d", "--cluster", "old", "--id", "1", "--member", "1=a:1"], 1, "must not be called 'old'"),
        (["--data-dir", "{}", "--cluster", "new", "--id", "1", "--member", "1=a:1"], 1, "is not empty"),
    ],
)
def test_s_s10_what_cannot_be_restored_is_refused_in_one_line(
    backup: Path, tmp_path: Path, arguments: list[str], code: int, line: str, capsys: Capture
) -> None:
    given = [argument.format(tmp_path) for argument in arguments]
    assert main(["snapshot", "restore", str(backup), *given]) == code
    assert line in failed(capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
