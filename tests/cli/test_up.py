"""`quorate up`: its flags, and real runs of three processes over real sockets and files."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from cli.free_ports import free_base_port, ports_of
from quorate.cli.main import main
from quorate.cli.ports import is_free
from quorate.cli.up import _options
from quorate.client.client import Client
from quorate.client.results import NodeView
from quorate.core.errors import ConfigError

LIMIT_S = 90.0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--nodes", "0"], "--nodes 0 is not from 1 to"),
        (["--nodes", "-3"], "--nodes -3"),
        (["--nodes", "1000"], "--nodes 1000"),
        (["--nodes", "many"], "--nodes"),
        (["--base-port", "0"], "--base-port 0"),
        (["--base-port", "70000"], "--base-port 70000"),
        (["--base-port", "99999999999999999999"], "--base-port"),
        (["--algorithm", "paxos"], "there is no algorithm 'paxos'"),
        (["--option", "heartbeat_ms"], "is not NAME=VALUE"),
        (["--option", "a b=1"], "is not NAME=VALUE"),
        (["--option", "=1"], "is not NAME=VALUE"),
        (["--option", "x=1", "--option", "x=2"], "each name once"),
        (["--option", "x=[1]"], "give a number, true, false or a word"),
        (["--option", "hartbeat_ms=1"], "did you mean 'heartbeat_ms'"),
        (["--option", "heartbeat_ms=400"], "at least 5 x heartbeat_ms"),
        (["extra"], "extra"),
    ],
)
def test_flags_that_cannot_work_are_2_and_leave_nothing(
    words: list[str],
    complaint: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    base = [] if "--base-port" in words else ["--base-port", str(free_base_port())]
    assert main(["up", "--data-dir", str(tmp_path / "d"), *base, *words]) == 2
    err = capsys.readouterr().err
    assert complaint in err
    assert err.count("\n") == 1
    assert not (tmp_path / "d").exists()


def test_options_are_read_as_the_file_would() -> None:
    read = _options(["a=5", "b=true", "c=fast", 'd="5"', "e=1.5"])
    assert read == {"a": 5, "b": True, "c": "fast", "d": "5", "e": 1.5}
    with pytest.raises(ConfigError):
        _options(["a"])


# --- real runs


class Up:
    """A running `quorate up` without a terminal, and what it has printed."""

    def __init__(self, process: Process, base: int, nodes: int, directory: Path) -> None:
        self.process, self.base, self.nodes, self.directory = process, base, nodes, directory
        self.lines: list[str] = []
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip("\n"))

    @property
    def endpoints(self) -> list[str]:
        return [f"http://127.0.0.1:{self.base + node}" for node in range(1, self.nodes + 1)]

    async def line(self, pattern: str) -> str:
        """Wait for a line that matches, and return it."""
        await until(lambda: self.process.returncode is not None or self._find(pattern) is not None, self.lines)
        found = self._find(pattern)
        assert found is not None, self.lines
        return found

    def _find(self, pattern: str) -> str | None:
        return next((line for line in self.lines if re.search(pattern, line)), None)

    async def run(self, *words: str, expect: int = 0) -> str:
        """A command against the cluster; returns its standard output."""
        flags = [flag for endpoint in self.endpoints for flag in ("--endpoint", endpoint)]
        child = await quorate(*words, *flags, stdout=PIPE)
        out, _ = await asyncio.wait_for(child.communicate(), LIMIT_S)
        assert child.returncode == expect, out
        return out.decode()

    async def views(self) -> list[NodeView]:
        """What each node that answers says of itself."""
        async with Client(self.endpoints, timeout_s=5.0) as client:
            return [view for view in (await client.statuses()).values() if isinstance(view, NodeView)]

    async def pids(self) -> dict[int, int]:
        """Process of each node that answers."""
        return {view.id: view.pid for view in await self.views()}

    async def leader(self) -> int:
        """Who leads, once somebody does."""
        while True:
            leaders = [view for view in await self.views() if view.leader == view.id]
            if leaders:
                return max(leaders, key=lambda view: view.term).id
            await asyncio.sleep(0.02)

    async def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return await self.end()

    async def end(self) -> int:
        code = await asyncio.wait_for(self.process.wait(), LIMIT_S)
        await self._reader
        return code


async def quorate(*words: str, stdout: int | None = DEVNULL) -> Process:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("QUORATE")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "quorate.cli.main", *words, stdin=DEVNULL, stdout=stdout, stderr=None, env=environment
    )


async def until(condition: Callable[[], bool], told: object = "") -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, told
        await asyncio.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.asynccontextmanager
async def up(directory: Path, *flags: str, nodes: int = 3, base: int | None = None) -> AsyncIterator[Up]:
    """A cluster that has a leader. Killed at the end if the test has not stopped it; its nodes then end by themselves."""
    base = base or free_base_port(nodes)
    words = ["--data-dir", str(directory), "--base-port", str(base), "--nodes", str(nodes)]
    process = await quorate("up", *words, *flags, stdout=PIPE)
    running = Up(process, base, nodes, directory)
    try:
        await running.line("Ctrl-C stops all")
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await running.end()
        await until(lambda: all(map(is_free, ports_of(base, nodes))), "a node was left behind")


@pytest.mark.real
async def test_a_cluster_serves_survives_its_leader_and_stops_without_a_trace(tmp_path: Path) -> None:
    async with up(tmp_path / "d") as cluster:
        assert re.search(r"A cluster of 3 runs raft; node \d leads term \d+", "\n".join(cluster.lines))
        for endpoint in cluster.endpoints:
            assert any(endpoint in line for line in cluster.lines)
        assert "written at revision 2" in await cluster.run("put", "greeting", "hello")
        assert await cluster.run("get", "greeting") == "hello\n"
        pids = await cluster.pids()
        assert sorted(pids) == [1, 2, 3]

        leader = await cluster.leader()
        os.kill(pids[leader], signal.SIGKILL)
        await cluster.line(rf"node {leader} \(pid {pids[leader]}\) was ended by SIGKILL; it stays down")
        assert await cluster.run("get", "greeting") == "hello\n"
        assert "written at revision 3" in await cluster.run("put", "greeting", "still here")
        assert await cluster.leader() != leader
        status = msgspec.json.decode(await cluster.run("status", "--json"))
        assert status["leader"] not in (None, leader)
        assert [node["status"] is None for node in status["nodes"]].count(True) == 1

        assert await cluster.interrupt() == 0
        assert cluster.lines[-2:] == [
            "stopping",
            "all nodes are stopped; `quorate up` with the same --data-dir goes on where they were",
        ]
        assert not any(map(alive, pids.values()))
        assert all(map(is_free, ports_of(cluster.base, 3)))


@pytest.mark.real
async def test_it_goes_on_where_it_was_on_other_ports_too(tmp_path: Path) -> None:
    async with up(tmp_path, nodes=1) as cluster:
        await cluster.run("put", "k", "v")
        cluster.process.send_signal(signal.SIGTERM)
        assert await cluster.end() == 0
    async with up(tmp_path, nodes=1) as cluster:
        assert await cluster.run("get", "k") == "v\n"
        assert await cluster.interrupt() == 0
    child = await quorate("up", "--data-dir", str(tmp_path), "--nodes", "3", "--base-port", str(free_base_port()))
    assert await asyncio.wait_for(child.wait(), LIMIT_S) == 2


@pytest.mark.real
async def test_a_dead_node_is_started_again_only_if_it_shall(tmp_path: Path) -> None:
    async with up(tmp_path, "--restart") as cluster:
        async with asyncio.timeout(LIMIT_S):
            while len(pids := await cluster.pids()) < 3:
                await asyncio.sleep(0.02)
        leader = await cluster.leader()
        follower = next(node for node in pids if node != leader)
        os.kill(pids[follower], signal.SIGKILL)
        line = await cluster.line(rf"node {follower} is started again \(pid \d+\)")
        pid = int(line.rpartition(" ")[2].rstrip(")"))
        await cluster.line(rf"node {follower}: follower, term \d+, leader \d, pid {pid}")
        assert (await cluster.pids())[follower] == pid
        assert await cluster.interrupt() == 0
        assert not alive(pid)


@pytest.mark.real
async def test_when_it_is_killed_itself_its_nodes_end_too(tmp_path: Path) -> None:
    async with up(tmp_path) as cluster:
        pids = await cluster.pids()
        assert all(map(alive, pids.values()))
        cluster.process.kill()
        await until(lambda: not any(map(alive, pids.values())), "a node was left behind")
    log = (tmp_path / "node-1.log").read_text()
    assert "stopped cleanly (the parent process has gone)" in log


@pytest.mark.real
async def test_when_no_node_is_left_it_ends_with_1(tmp_path: Path) -> None:
    async with up(tmp_path, nodes=1) as cluster:
        os.kill((await cluster.pids())[1], signal.SIGKILL)
        assert await cluster.end() == 1


@pytest.mark.real
async def test_ports_in_use_by_a_cluster_are_explained(tmp_path: Path) -> None:
    async with up(tmp_path / "one", nodes=1) as cluster:
        words = ["--data-dir", str(tmp_path / "two"), "--base-port", str(cluster.base), "--nodes", "1"]
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "quorate.cli.main", "up", *words, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
        )
        _, errors = await asyncio.wait_for(child.communicate(), LIMIT_S)
        assert child.returncode == 2
        pid = (await cluster.pids())[1]
        assert f"in use by node 1 of a cluster that is running (pid {pid})" in errors.decode()
        assert "--base-port" in errors.decode()
        assert not (tmp_path / "two").exists()
        assert await cluster.interrupt() == 0


@pytest.mark.real
async def test_when_nobody_reads_what_it_says_it_stops(tmp_path: Path) -> None:
    base = free_base_port(1)
    line = f"exec {sys.executable} -m quorate.cli.main up --data-dir {tmp_path}/d --base-port {base} --nodes 1"
    child = await asyncio.create_subprocess_exec("bash", "-c", f"({line}) | head -n 1", stdin=DEVNULL, stdout=PIPE)
    out, _ = await asyncio.wait_for(child.communicate(), LIMIT_S)
    assert out.startswith(b"A cluster of 1 runs raft")
    await until(lambda: all(map(is_free, ports_of(base, 1))), "a node was left behind")
