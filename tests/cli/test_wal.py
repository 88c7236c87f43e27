"""`quorate wal` on directories that a store has written, whole and damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from zlib import crc32

import pytest

from quorate.cli.main import main
from quorate.core.durable import HardState
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.real.disk import RealDisk
from quorate.storage.layout import LABEL, WAL
from quorate.storage.store import Store


class Vote(HardState, frozen=True):
    """Some algorithm's durable words."""

    term: int


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a node that has stopped."""
    root = tmp_path_factory.mktemp("wal") / "node-1"
    disk = RealDisk(root)
    store = Store.open(disk, cluster="test", node=1, algorithm="raft", hard_state=Vote, disk_id=7)
    for index in range(1, 21):
        data = b"command %d" % index
        entry = Entry(index, 1, 1, data, crc32(data))
        store.write([Persist(index, hard_state=Vote(1) if index == 1 else None, entries=(entry,), commit=index - 1)])
    store.close()
    return root


@pytest.fixture
def directory(written: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(written, tmp_path / "node-1"))


def segment(directory: Path) -> Path:
    return next(path for path in sorted((directory / WAL).glob("*.wal")) if path.read_bytes().strip(b"\0"))


def damage(directory: Path, text: bytes) -> None:
    """Flip a bit of a record in the middle."""
    data = bytearray(segment(directory).read_bytes())
    data[data.index(text)] ^= 1
    segment(directory).write_bytes(data)


def test_inspect_shows_the_segments(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wal", "inspect", str(directory)]) == 0
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    row = dict(zip(lines[0], lines[1], strict=True))
    assert (row["status"], row["entries"], row["indexes"]) == ("ok", "20", "1 to 20")


def test_inspect_as_json_is_one_document(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wal", "inspect", str(directory), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["segments"][0]
    assert (first["entries"], first["first_index"], first["last_index"]) == (20, 1, 20)


def test_inspect_lists_records_line_by_line(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wal", "inspect", str(directory), "--records"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t")[:4] == ["file", "offset", "write", "kind"]
    assert sum("\tentry\t" in line for line in lines) == 20
    assert main(["wal", "inspect", str(directory), "-r", "--limit", "3", "--json"]) == 0
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(records) == 3
    assert records[0]["status"] == "ok"


def test_inspect_goes_on_behind_damage(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage(directory, b"command 10")
    assert main(["wal", "inspect", str(directory), "--records"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any("\tdamaged\t" in line for line in lines)
    assert sum("\tentry\t" in line for line in lines) == 19


def test_verify_of_a_whole_directory_is_0(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    assert main(["wal", "verify", str(directory)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ok: a node starts on it\nnode 1 of cluster test, raft")
    assert "entries: 20 (from 1 to 20)" in out
    assert {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()} == before


def test_verify_as_json_has_names(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wal", "verify", str(directory), "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["status"], verdict["starts"], verdict["last"]) == ("ok", True, {"index": 20, "term": 1})
    assert (verdict["label"]["cluster"], verdict["snapshot"], verdict["problems"]) == ("test", None, [])


def test_verify_of_damage_is_1_and_names_file_offset_and_remedy(
    directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(directory, b"command 10")
    assert main(["wal", "verify", str(directory)]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("damaged: a node does not start on it")
    assert f"damaged: {WAL}/{segment(directory).name} at offset " in captured.out
    assert captured.err.startswith(f"quorate: {directory} is damaged, no node starts on it: {WAL}/")
    assert main(["wal", "verify", str(directory), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["problems"][0]["severity"] == "damaged"


def test_verify_of_an_interrupted_write_is_0(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = segment(directory)
    data = path.read_bytes()
    end = len(data.rstrip(b"\0"))
    path.write_bytes(data[: end - 3] + bytes(len(data) - end + 3))
    assert main(["wal", "verify", str(directory)]) == 0
    assert capsys.readouterr().out.startswith("torn: a node starts on it")


def test_garbage_in_place_of_every_file_is_survived(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in directory.rglob("*"):
        if path.is_file():
            path.write_bytes(b"\xa5garbage\n" * 5000)
    assert main(["wal", "inspect", str(directory)]) == 0
    assert main(["wal", "inspect", str(directory), "--records"]) == 0
    assert main(["wal", "verify", str(directory)]) == 1
    assert "Traceback" not in capsys.readouterr().err


def test_a_directory_that_is_none_is_2(directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for wrong, hint in (
        (tmp_path / "none", "is no directory"),
        (directory / LABEL, "is no directory"),
        (empty, "is not a node's data directory"),
        (tmp_path, "name one of those in it: node-1"),
    ):
        for command in ("inspect", "verify"):
            assert main(["wal", command, str(wrong)]) == 2
            assert hint in capsys.readouterr().err
    assert not list(empty.iterdir())
