"""`quorate node`: its file and its flags. tests/server/test_process.py runs it."""

from __future__ import annotations

import asyncio
import socket
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from cli.free_ports import free_base_port
from quorate.cli import node as module
from quorate.cli.main import main
from quorate.core.errors import DamagedError
from quorate.server.config import NodeConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "node.toml"


def test_check_reads_the_file_and_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["node", "--config", str(EXAMPLE), "--check"]) == 0
    assert capsys.readouterr().out == f"{EXAMPLE}: node 1 of cluster quorate, 3 members, raft\n"
    assert not (EXAMPLE.parent / "data").exists()


def test_check_says_that_a_node_joins(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "node.toml"
    file.write_text('id = 4\nclient = "h:7004"\ndata_dir = "d"\njoin = "h:7101"\n[peers]\n4 = "h:7104"\n')
    assert main(["node", "--config", str(file), "--check"]) == 0
    assert capsys.readouterr().out == f"{file}: node 4 of cluster quorate, joins through h:7101, raft\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "id: is missing"),
        ("ID = 1", "unknown key"),
        ("\x00", "not TOML"),
        ("[" * 50_000, "not TOML"),
    ],
)
def test_a_wrong_file_is_2_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    file = tmp_path / "node.toml"
    file.write_text(text)
    assert main(["node", "--config", str(file)]) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"quorate: {file}: ")
    assert complaint in err
    assert err.count("\n") == 1


def test_no_file_is_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["node", "--config", str(tmp_path / "none.toml")]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_port_in_use_is_2_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "log_to_stderr", lambda level: None)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        file = tmp_path / "node.toml"
        file.write_text(EXAMPLE.read_text().replace(":7001", f":{port}"))
        assert main(["node", "-c", str(file)]) == 2
    assert f"cannot listen on 127.0.0.1:{port}: the port is in use" in capsys.readouterr().err


def test_a_node_that_fails_is_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(config: NodeConfig, *, stop_with: object, file: object) -> None:
        raise DamagedError("wal/1 at offset 7: damaged; restore it")

    monkeypatch.setattr(module, "run_node", fails)
    monkeypatch.setattr(module, "log_to_stderr", lambda level: None)
    assert main(["node", "-c", str(EXAMPLE)]) == 1
    assert capsys.readouterr().err == "quorate: wal/1 at offset 7: damaged; restore it\n"


def test_a_trace_on_the_command_line_is_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs: list[NodeConfig] = []
    monkeypatch.setattr(module, "run_node", lambda config, stop_with, file: runs.append(config))
    monkeypatch.setattr(module, "log_to_stderr", lambda level: None)
    monkeypatch.chdir(tmp_path)
    assert main(["node", "-c", str(EXAMPLE)]) == 0
    assert main(["node", "-c", str(EXAMPLE), "--trace", "t.jsonl"]) == 0
    assert [config.trace.file for config in runs] == ["", str(tmp_path / "t.jsonl")]
    assert runs[0].trace.max_bytes == runs[1].trace.max_bytes


@pytest.mark.real
async def test_a_stopped_node_ends_quietly_though_its_input_is_still_open(tmp_path: Path) -> None:
    """The thread that watches the input must not keep the interpreter from closing it: that would abort the process."""
    base = free_base_port(1)
    config = tmp_path / "node.toml"
    config.write_text(
        f'cluster = "x"\nid = 1\ndata_dir = "data"\nclient = "127.0.0.1:{base + 1}"\n\n[peers]\n1 = "127.0.0.1:{base + 101}"\n'
    )
    words = [sys.executable, "-m", "quorate.cli.main", "node", "--config", str(config), "--stop-with-input"]
    process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stderr=PIPE)
    assert process.stderr is not None
    said = b""
    while b"leader is 1" not in said:
        said += await process.stderr.readline()
    process.terminate()
    last_words = await process.stderr.read()
    assert await process.wait() == 0, last_words.decode()
    assert b"Fatal" not in last_words
