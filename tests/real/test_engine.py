"""How a node starts, stops and fails: real sockets and files in one process."""

import asyncio
from pathlib import Path

import pytest

from quorate import (
    ConfigError,
    LockedError,
    MachineFailedError,
    MismatchError,
    Node,
    OutcomeUnknownError,
    ReadFailedError,
    StoppedError,
)
from real.test_node import Register, addresses, cluster


async def test_s_c8_stopping_answers_everybody_and_later_calls_fail_by_name(tmp_path: Path) -> None:
    """S-C8."""
    peers = addresses(3)
    node = Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register())
    with pytest.raises(StoppedError, match="not started"):
        await node.apply(b"x")
    with pytest.raises(StoppedError, match="not started"):
        await node.failure()
    await node.start()
    waiting = asyncio.ensure_future(node.apply(b"x", timeout=60))
    reading = asyncio.ensure_future(node.read(lambda machine: machine, timeout=60))
    await asyncio.sleep(0)
    await node.stop()
    await node.stop()
    with pytest.raises(StoppedError, match="stopping or stopped"):
        await waiting
    with pytest.raises(ReadFailedError, match="stopping"):
        await reading
    with pytest.raises(StoppedError, match="stopping or stopped"):
        await node.apply(b"x")
    with pytest.raises(StoppedError, match="started before"):
        await node.start()
    assert node.status().role == "stopped"


async def test_r40_a_machine_that_breaks_stops_its_node_and_says_why(tmp_path: Path) -> None:
    """R40: never skipped, never retried."""
    async with cluster(tmp_path, 1) as nodes:
        with pytest.raises(OutcomeUnknownError, match="it may yet be applied"):
            await nodes[1].apply(b"boom")
        assert isinstance(await nodes[1].failure(), MachineFailedError)
        status = nodes[1].status()
        assert status.role == "failed"
        assert status.failed is not None
        with pytest.raises(StoppedError, match="has failed"):
            await nodes[1].apply(b"x")


async def test_a_data_directory_belongs_to_one_node(tmp_path: Path) -> None:
    """Not to two processes, not to another node or cluster. A start that fails leaves nothing running."""
    peers = addresses(1)
    async with Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register()):
        with pytest.raises(LockedError):
            await Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register()).start()
    with pytest.raises(MismatchError, match="other"):
        await Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register(), cluster="other").start()
    with pytest.raises(MismatchError):
        await Node(id=2, peers={2: peers[1]}, data_dir=tmp_path / "1", machine=Register()).start()
    async with Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register()) as node:
        assert await node.apply(b"x") == 1


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """And the data directory is free again."""
    peers = addresses(1)
    async with Node(id=1, peers=peers, data_dir=tmp_path / "1", machine=Register()):
        second = Node(id=1, peers=peers, data_dir=tmp_path / "2", machine=Register(), cluster="second")
        with pytest.raises(ConfigError, match=peers[1]):
            await second.start()
    async with Node(id=1, peers=peers, data_dir=tmp_path / "2", machine=Register(), cluster="second") as node:
        assert await node.apply(b"x") == 1
