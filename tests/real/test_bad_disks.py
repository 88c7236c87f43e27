"""Nodes in one process whose disks hang or are full. Processes on a file system that is really full: test_full_disk.py."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from machines.builders import Journal
from quorate import Applied, Node, NotApplied, OutcomeUnknownError, ProposalRejectedError
from quorate.real import engine
from real.bad_disks import BadDisk
from real.processes import free_ports, until

MIB = 1 << 20
KIB_64 = bytes(64 * 1024)


@asynccontextmanager
async def cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> AsyncIterator[tuple[dict[int, Node[Journal]], dict[int, BadDisk]]]:
    """Running nodes, and their disks."""
    disks: dict[int, BadDisk] = {}

    def make(root: Path) -> BadDisk:
        disks[int(root.name)] = disk = BadDisk(root)
        return disk

    monkeypatch.setattr(engine, "RealDisk", make)
    peers = {node: f"127.0.0.1:{port}" for node, port in enumerate(free_ports(count), start=1)}
    async with AsyncExitStack() as stack:
        nodes = {}
        for node in peers:
            nodes[node] = await stack.enter_async_context(
                Node(
                    id=node,
                    peers=peers,
                    data_dir=tmp_path / str(node),
                    machine=Journal(),
                    options={"space_retry_ms": 50},
                )
            )
        stack.callback(lambda: [disk.works.set() for disk in disks.values()])
        await nodes[1].wait_for_leader(30)
        yield nodes, disks


async def leader_of(nodes: dict[int, Node[Journal]], *, other_than: int = 0) -> Node[Journal]:
    async def find() -> Node[Journal] | None:
        return next((node for node in nodes.values() if node.is_leader and node.id != other_than), None)

    leader: Node[Journal] = await until(find, "a leader that is ready")
    return leader


async def test_s_e29_a_leader_whose_disk_hangs_gives_leadership_away_and_follows_when_it_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cluster(tmp_path, monkeypatch, 3) as (nodes, disks):
        old = await leader_of(nodes)
        assert await old.apply(b"before") == 1
        disks[old.id].works.clear()
        started = asyncio.get_running_loop().time()
        waiting = asyncio.ensure_future(old.propose([b"during"], timeout=20))
        new = await leader_of(nodes, other_than=old.id)
        took = asyncio.get_running_loop().time() - started
        assert not old.is_leader
        assert took < 1.5, f"an election timeout is 0.5 s, and it took {took}"
        assert old.status().disk == "hung"
        assert isinstance(await new.apply(b"after"), int)

        disks[old.id].works.set()
        assert isinstance(await waiting, Applied)

        async def well() -> bool:
            return old.status().disk == "ok" and old.status().applied == new.status().applied

        await until(well, "the disk is well again and the node has caught up")
        assert sorted(old.machine.lines) == [b"after", b"before", b"during"]


async def test_s_e29_one_node_alone_says_why_it_does_not_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with cluster(tmp_path, monkeypatch, 1) as (nodes, disks):
        node = nodes[1]
        disks[1].works.clear()
        with pytest.raises(OutcomeUnknownError):
            await node.apply(b"x", timeout=1.5)
        assert (node.status().disk, node.status().leader) == ("hung", None)
        assert "its disk hangs" in node.status().why
        disks[1].works.set()
        await node.wait_for_leader(30)
        assert await node.apply(b"y", timeout=30) == 2


async def test_s_d8_a_full_leader_makes_way_takes_nothing_votes_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with cluster(tmp_path, monkeypatch, 3) as (nodes, disks):
        old = await leader_of(nodes)
        disks[old.id].room = 2 * MIB
        acknowledged: list[bytes] = []

        async def moved() -> bool:
            value = b"%06d" % len(acknowledged) + KIB_64
            outcome = await old.propose([value], timeout=5)
            if isinstance(outcome, Applied):
                acknowledged.append(value)
            return old.status().disk == "full" and old.leader not in (None, old.id)

        await until(moved, "leadership leaves the node whose disk is full")
        new = await leader_of(nodes, other_than=old.id)
        assert await old.propose([b"refused"]) == NotApplied("disk_full", new.id)
        with pytest.raises(ProposalRejectedError, match="disk_full"):
            await old.apply(b"refused")
        for number in range(40):
            value = b"through another %d" % number + KIB_64
            assert isinstance(await new.apply(value, timeout=10), int)
            acknowledged.append(value)

        third = next(node for node in nodes.values() if node.id not in (old.id, new.id))
        await third.stop()
        del nodes[third.id]
        assert old.status().disk == "full"
        disks[old.id].room = None

        async def caught_up() -> bool:
            return old.status().disk == "ok" and old.status().applied == new.status().applied

        await until(caught_up, "the node has caught up with space on its disk")
        assert [command for command in old.machine.lines if command in set(acknowledged)] == acknowledged
        assert old.machine.lines == new.machine.lines
        assert isinstance(await old.apply(b"again", timeout=10), int)
        assert old.status().failed is None


async def test_s_d8_a_node_alone_serves_reads_on_a_full_disk_and_a_snapshot_is_put_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with cluster(tmp_path, monkeypatch, 1) as (nodes, disks):
        node = nodes[1]
        disks[1].room = MIB
        applied = 0
        while isinstance(await node.propose([b"%06d" % applied + KIB_64], timeout=5), Applied):
            applied += 1
        assert node.status().disk == "full"
        assert await node.read(lambda machine: len(machine.lines)) >= applied
        assert node.is_leader
        disks[1].room = 0
        node._driver.take_snapshot()  # as its limits would have it

        async def said() -> bool:
            return "snapshot_put_off" in caplog.text

        await until(said, "the snapshot is put off")
        assert "disk_full" in caplog.text
        disks[1].room = None

        async def taken() -> bool:
            return node.status().disk == "ok" and node.status().snapshot_index > 0

        await until(taken, "there is space again, and a snapshot")
        assert isinstance(await node.propose([b"on"], timeout=5), Applied)
