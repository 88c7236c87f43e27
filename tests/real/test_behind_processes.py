"""A real follower that is behind is brought in line by what is cheapest: the entries that it lacks, a cut first, or a snapshot."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from real.long_logs import KEYS, build
from real.processes import ServedCluster, until

LONG = 100_000

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


async def agreed(cluster: ServedCluster) -> list[tuple[int, int, bytes, bytes]]:
    """All nodes hold the same writes in the same order, which are returned."""
    truth: list[tuple[int, int, bytes, bytes]] = await until(
        lambda: _latest(cluster), "a linearizable range over everything"
    )
    for node in cluster.nodes:
        await until(lambda node=node: _same(cluster, node, truth), f"node {node} holds the same")
    return truth


async def _latest(cluster: ServedCluster) -> Any:
    return await cluster.everything(await cluster.leader(), serializable=False)


async def _same(cluster: ServedCluster, node: int, truth: object) -> bool:
    return await cluster.everything(node, serializable=True) == truth


async def way(cluster: ServedCluster, leader: int, peer: int) -> dict[str, Any]:
    """By what the leader has brought a follower in line last, in its own words."""
    said = [each for each in await cluster.explained(leader) if each["fields"].get("peer") == peer]
    ways: list[dict[str, Any]] = [
        each["fields"] | {"by": each["fields"].get("by", "snap")}
        for each in said
        if each["reason"] in ("synchronising", "snapshot_offered")
    ]
    return ways[-1]


def long_cluster(directory: Path, algorithm: str, entries: int) -> ServedCluster:
    """Three nodes, of which 1 and 2 hold a hundred thousand entries and 3 the first so many of them."""
    cluster = ServedCluster(directory, algorithm=algorithm)
    for node, held in ((1, LONG), (2, LONG), (3, entries)):
        if held:
            build(directory / "data" / str(node), "under-test", node, algorithm, [1] * held)
    return cluster


async def start_behind(cluster: ServedCluster) -> int:
    """The follower that is behind comes to the two that have all, and have taken their snapshots. Returns who leads."""
    cluster.kill(3)
    leader = await cluster.leader()

    async def taken() -> bool:
        status = await cluster.status(leader)
        return status is not None and status["snapshot_index"] > 0

    await until(taken, "the leader has a snapshot")
    cluster.start(3)
    assert await cluster.whole() == leader
    return leader


async def test_s1_snap_a_follower_that_is_a_hundred_thousand_entries_behind_loads_a_snapshot(tmp_path: Path) -> None:
    async with long_cluster(tmp_path, "zab", 0) as cluster:
        leader = await start_behind(cluster)
        assert (await way(cluster, leader, 3))["by"] == "snap"
        assert "snapshot_installed" in {each["reason"] for each in await cluster.explained(3)}
        assert len(await agreed(cluster)) == KEYS


async def test_s2_diff_a_follower_that_is_a_hundred_entries_behind_is_sent_these(tmp_path: Path) -> None:
    async with long_cluster(tmp_path, "zab", LONG - 100) as cluster:
        leader = await start_behind(cluster)
        found = await way(cluster, leader, 3)
        assert (found["by"], found["first"], found["last"] >= LONG) == ("diff", LONG - 100, True)
        assert "snapshot_incoming" not in {each["reason"] for each in await cluster.explained(3)}
        assert len(await agreed(cluster)) == KEYS


async def test_s3_trunc_a_leader_comes_back_with_a_tail_that_nobody_acknowledged(tmp_path: Path) -> None:
    """Its followers stand still while it takes writes; it dies with them, and the two go on without."""
    async with ServedCluster(tmp_path, algorithm="zab") as cluster:
        old = await cluster.whole()
        others = [node for node in cluster.nodes if node != old]
        assert await cluster.put(old, b"before", b"1") == 200
        await agreed(cluster)
        before = await cluster.status(old)
        assert before is not None
        for node in others:
            cluster.processes[node].send_signal(signal.SIGSTOP)
        lost = [asyncio.create_task(cluster.put(old, b"lost %d" % number, b"x")) for number in range(20)]

        async def tail() -> bool:
            status = await cluster.status(old)
            return status is not None and status["last_index"] > before["last_index"]

        await until(tail, "the leader's log has a tail")
        for node in cluster.nodes:
            cluster.kill(node)
        assert {await each for each in lost} == {None}
        for node in others:
            cluster.start(node)
        leader = await cluster.leader()
        assert await cluster.put(leader, b"after", b"1") == 200
        cluster.start(old)
        assert await cluster.whole() == leader
        found = await way(cluster, leader, old)
        assert (found["by"], found["first"]) == ("trunc", before["last_index"])
        assert "log_truncated" in {each["reason"] for each in await cluster.explained(old)}
        assert [key for _, _, key, _ in await agreed(cluster)] == [b"before", b"after"]
