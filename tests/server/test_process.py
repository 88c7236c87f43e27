"""One node as production runs it: in this process to look inside, and as a process of its own for its signals and its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from cli.free_ports import free_base_port
from quorate.client.client import Client
from quorate.core.errors import ConfigError, DiskFailedError, LockedError
from quorate.core.keys import Key
from quorate.real.node import Node
from quorate.server import process as module
from quorate.server.config import NodeConfig, TraceConfig
from quorate.server.process import NodeProcess
from quorate.sim.traces.replay import replay_file

FILE = """\
id = 1
client = "127.0.0.1:{client}"
data_dir = "data"
[peers]
1 = "127.0.0.1:{peer}"
[options]
election_timeout_ms = 50
heartbeat_ms = 10
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The configuration of a cluster of one, on free ports."""
    base = free_base_port(1)
    path = tmp_path / "node.toml"
    path.write_text(FILE.format(client=base + 1, peer=base + 101))
    return path


@contextlib.asynccontextmanager
async def running(config: NodeConfig) -> AsyncIterator[NodeProcess]:
    """A node process inside this one; ends when the block does."""
    process = NodeProcess(config)
    task = asyncio.create_task(process.run())
    async with Client([config.client], timeout_s=30.0) as client:
        while not task.done():
            if not isinstance((await client.statuses())[client.endpoints[0]], Exception):
                break
            await asyncio.sleep(0.01)
    if task.done():
        await task  # raises what went wrong
    try:
        yield process
        process.stop("the test is over")
    finally:
        if not process._stopping.is_set():
            process.stop("the test has failed")
        await task


async def test_it_serves_and_remembers(file: Path) -> None:
    config = NodeConfig.load(file)
    for value in (b"one", b"two"):
        async with running(config), Client([config.client], timeout_s=30.0) as client:
            assert (await client.put(b"k", value, previous=True)).prev_kv is None or value == b"two"
            found = await client.get(b"k")
            assert found is not None
            assert (found.value, found.version) == (value, 1 if value == b"one" else 2)
            view = await client.status()
            assert (view.role, view.id, view.pid, view.cluster) == ("leader", 1, os.getpid(), "quorate")


async def test_a_node_writes_the_trace_that_its_file_asks_for(file: Path) -> None:
    config = NodeConfig.load(file)
    config = msgspec.structs.replace(config, trace=TraceConfig(str(file.parent / "t.jsonl")))
    async with running(config), Client([config.client], timeout_s=30.0) as client:
        await client.put(b"a", b"1")
    replay = replay_file(file.parent / "t.jsonl")
    assert replay.same, replay.describe()
    assert replay.records > 3


async def test_requests_under_way_are_answered_when_it_stops(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = NodeConfig.load(file)
    arrived = asyncio.Event()
    apply = Node.apply

    async def slow(self: Node, command: bytes, timeout: float | None = None, *, key: Key | None = None) -> object:
        arrived.set()
        await self._world_stopping.wait()
        return await apply(self, command, timeout, key=key)

    stopping = asyncio.Event()
    monkeypatch.setattr(Node, "_world_stopping", stopping, raising=False)
    monkeypatch.setattr(Node, "apply", slow)
    stop = Node.stop

    async def stop_and_tell(self: Node) -> None:
        await stop(self)
        stopping.set()

    monkeypatch.setattr(Node, "stop", stop_and_tell)
    async with aiohttp.ClientSession() as session:

        async def put() -> tuple[int, str]:
            async with session.post(f"http://{config.client}/v3/kv/put", json={"key": "aw=="}) as response:
                return response.status, (await response.json())["error"]

        async with running(config):
            request = asyncio.create_task(put())
            await arrived.wait()
        assert await request == (503, "stopping")


async def test_the_client_port_in_use_is_said_before_the_data_is_touched(file: Path) -> None:
    config = NodeConfig.load(file)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", int(config.client.rpartition(":")[2])))
        other.listen(1)
        with pytest.raises(ConfigError, match=f"client: cannot listen on {config.client}: the port is in use"):
            await NodeProcess(config).run()
    assert not config.data_dir.exists()


@pytest.mark.parametrize("address", ["203.0.113.7:7001", "no-such-host.invalid:7001"])
async def test_an_address_of_another_machine_is_refused(file: Path, address: str) -> None:
    with pytest.raises(ConfigError, match="client: "):
        await NodeProcess(msgspec.structs.replace(NodeConfig.load(file), client=address)).run()


async def test_a_data_dir_in_use_is_refused(file: Path) -> None:
    config = NodeConfig.load(file)
    base = free_base_port(1)
    other = NodeConfig.parse(FILE.format(client=base + 1, peer=base + 101), source="x", folder=file.parent)
    async with running(config):
        with pytest.raises(LockedError):
            await NodeProcess(other).run()


async def test_what_makes_the_node_fail_ends_the_process(
    file: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    config = NodeConfig.load(file)
    failing = asyncio.get_running_loop().create_future()

    async def failure(self: Node) -> BaseException:
        return await failing

    monkeypatch.setattr(Node, "failure", failure)
    task = asyncio.create_task(NodeProcess(config).run())
    with caplog.at_level(logging.INFO):
        while "serves clients at" not in caplog.text:
            assert not task.done()
            await asyncio.sleep(0.01)
        failing.set_result(DiskFailedError("wal/1: no space left; free some"))
        with pytest.raises(DiskFailedError, match="free some"):
            await task
    assert "stopped cleanly" not in caplog.text


# --- as a process of its own


@contextlib.asynccontextmanager
async def spawned(file: Path, *flags: str) -> AsyncIterator[tuple[Process, Client]]:
    """`quorate node` as a child that serves; killed at the end if it still runs."""
    command = [sys.executable, "-m", "quorate.cli.main", "node", "--config", str(file), *flags]
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stderr=PIPE, stdout=PIPE)
    try:
        async with Client([NodeConfig.load(file).client], timeout_s=60.0) as client:
            yield child, client
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.communicate()


async def ended(child: Process) -> tuple[int, list[str]]:
    """Exit code and the lines on standard error."""
    _, errors = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode is not None
    return child.returncode, errors.decode().splitlines()


@pytest.mark.real
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_stops_it_cleanly(file: Path, number: signal.Signals) -> None:
    async with spawned(file) as (child, client):
        await client.put(b"k", b"v")
        child.send_signal(number)
        code, lines = await ended(child)
    assert code == 0
    assert lines[-1].endswith(f"INFO quorate.process: stopped cleanly ({number.name})")
    assert any("serves clients at http://127.0.0.1:" in line for line in lines)


@pytest.mark.real
async def test_s_c10_sighup_has_it_read_its_file_again(file: Path) -> None:
    """A right file is taken, a wrong one is not, and the node serves on."""
    text = await asyncio.to_thread(file.read_text)
    async with spawned(file) as (child, client):
        await client.put(b"k", b"v")
        assert child.stderr is not None
        for written, words in (
            (text.replace("heartbeat_ms = 10", "heartbeat_ms = 5"), "heartbeat_ms=5 from now on"),
            (text.replace("heartbeat_ms = 10", "heartbeat_ms = 45"), "the settings stay as they were"),
            (text.replace("id = 1", 'id = 1\ncluster = "other"'), "cluster: cannot change while the node runs"),
        ):
            await asyncio.to_thread(file.write_text, written)
            child.send_signal(signal.SIGHUP)
            while words.encode() not in await asyncio.wait_for(child.stderr.readline(), 30):
                assert child.returncode is None
            await client.put(b"k", words.encode())
        child.send_signal(signal.SIGTERM)
        assert (await ended(child))[0] == 0


@pytest.mark.real
async def test_it_ends_with_its_parents_pipe(file: Path) -> None:
    async with spawned(file, "--stop-with-input") as (child, client):
        await client.put(b"k", b"v")
        assert child.stdin is not None
        child.stdin.close()
        code, lines = await ended(child)
    assert (code, lines[-1].endswith("stopped cleanly (the parent process has gone)")) == (0, True)


@pytest.mark.real
async def test_without_that_flag_the_end_of_input_means_nothing(file: Path) -> None:
    async with spawned(file) as (child, client):
        assert child.stdin is not None
        child.stdin.close()
        for number in range(20):
            await client.put(b"k", b"%d" % number)
        assert child.returncode is None


@pytest.mark.real
async def test_a_kill_loses_nothing_acknowledged(file: Path) -> None:
    async with spawned(file) as (child, client):
        for number in range(50):
            await client.put(b"k%d" % number, b"v")
        child.kill()
    async with spawned(file) as (child, client):
        assert (await client.get_prefix(b"k")).count == 50


@pytest.mark.real
async def test_a_damaged_log_is_1_with_file_offset_and_remedy(file: Path) -> None:
    async with spawned(file) as (child, client):
        for number in range(20):
            await client.put(b"k%d" % number, b"value number %d" % number)
        child.send_signal(signal.SIGTERM)
        await ended(child)
    segment = next(path for path in (file.parent / "data" / "wal").iterdir() if b"value number 7" in path.read_bytes())
    segment.write_bytes(segment.read_bytes().replace(b"value number 7", b"value number 8", 1))
    async with spawned(file) as (child, _):
        code, lines = await ended(child)
    assert code == 1
    assert lines[-1].startswith("quorate: ")
    assert segment.name in lines[-1]
    assert "offset" in lines[-1]


def test_the_site_is_imported_without_certificates_and_the_environment_is_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/mine.pem")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    assert module._import_site().__name__ == "open_site"
    assert (os.environ["SSL_CERT_FILE"], "SSL_CERT_DIR" in os.environ) == ("/mine.pem", False)
