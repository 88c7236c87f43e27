"""Processes of nodes: started, asked, killed, and none left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest

from quorate.cli import bench_cluster as module
from quorate.cli.bench_cluster import BenchFailedError, Cluster, free_base_port, last_words, run_to_end, running
from quorate.cli.bench_orders import Memory, Remember, WhoLeads, WriteOnce
from quorate.core.errors import ConfigError


@pytest.mark.real
async def test_nodes_are_asked_killed_and_started_again(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "c", 3, "raft")
    async with running(cluster):
        leader = await cluster.leader()
        assert leader in cluster.ids
        assert (await cluster.ask(leader, Remember(), Memory)).resident > 1_000_000
        other = leader % 3 + 1
        await cluster.kill([leader])
        assert await cluster.ask(other, WriteOnce(8), float) > 0
        await cluster.start([leader])
        assert await cluster.ask(leader, WhoLeads(), int) in cluster.ids
        pids = [process.pid for process in cluster._processes.values()]
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@pytest.mark.real
async def test_a_node_that_dies_leaves_its_last_words(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path / "c", 3, "raft", options={"no_such_option": 1})
    async with running(cluster):
        with pytest.raises(BenchFailedError, match=r"node 1 ended with exit code 1; its last words: .*no_such_option"):
            await cluster.ask(1, WhoLeads(), int)


def test_last_words_are_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert last_words(log) == ""
    log.write_text("")
    assert last_words(log) == ""
    log.write_text("x" * 10_000 + "\none\n\ntwo\nthree\nfour\n")
    assert last_words(log) == "; its last words: two | three | four"


def test_sigterm_ends_it_as_ctrl_c_does() -> None:
    cleaned = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.append("up")

    with pytest.raises(KeyboardInterrupt):
        run_to_end(work())
    assert cleaned == ["up"]
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_ends_by_itself_has_its_result() -> None:
    async def work() -> int:
        return 7

    assert run_to_end(work()) == 7


def test_ports_that_are_taken_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_base_port([1])
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", first + 1))
        taken.listen(1)
        assert free_base_port([1]) != first
    monkeypatch.setattr(module, "is_free", lambda port: False)
    with pytest.raises(ConfigError, match="no 3 free ports"):
        free_base_port([1, 2, 3])
