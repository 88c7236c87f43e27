"""Processes of a cluster of which one has its data on a file system that is really full."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from real.processes import ServedCluster, until
from real.small_disks import SmallDisk, why_none

MIB = 1 << 20
SIZE = 24 * MIB
VALUE = bytes(64 * 1024)

WHY_NONE = why_none()

pytestmark = [
    pytest.mark.real,
    pytest.mark.timeout(240),
    pytest.mark.skipif(bool(WHY_NONE), reason=f"no full file system is tried: {WHY_NONE}"),
]


class SmallCluster(ServedCluster):
    """Node 1 has its data on a small file system."""

    def __init__(self, directory: Path, disk: SmallDisk) -> None:
        super().__init__(directory)
        self.disk = disk

    def command(self, node: int) -> list[str]:
        command = super().command(node)
        return self.disk.command(command) if node == 1 else command

    async def lead(self, node: int) -> None:
        """Let `node` lead."""
        async with self.http.post(f"{self.client[1]}/v1/leadership/transfer", json={"to": node}) as answer:
            assert answer.status == 200, await answer.text()

    async def says(self, node: int, **wanted: Any) -> None:
        """Wait until its status says so."""

        async def look() -> bool:
            status = await self.status(node)
            return status is not None and all(status[name] == value for name, value in wanted.items())

        await until(look, f"node {node} says {wanted}")

    async def refusal(self, node: int) -> dict[str, Any]:
        async with self.http.post(f"{self.client[node]}/v3/kv/put", json={"key": "eA==", "value": "eA=="}) as answer:
            assert answer.status == 503
            problem: dict[str, Any] = await answer.json()
            return problem


def quorate(cluster: SmallCluster, *arguments: str) -> str:
    endpoints = [word for url in cluster.client.values() for word in ("--endpoint", url)]
    command = [sys.executable, "-m", "quorate.cli.main", *arguments, *endpoints]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


async def test_s_d8_a_leader_on_a_full_file_system_makes_way_serves_reads_survives_a_kill_and_loses_nothing(
    tmp_path: Path,
) -> None:
    with SmallDisk(tmp_path / "data" / "1", SIZE) as disk:
        async with SmallCluster(tmp_path, disk) as cluster:
            await cluster.whole()
            if await cluster.leader() != 1:
                await cluster.lead(1)
                await cluster.says(1, leader=1, ready=True)
            filler = disk.fill(leave=2 * MIB)
            process = cluster.processes[1]
            acknowledged: list[bytes] = []

            async def full() -> bool:
                key = b"%06d" % len(acknowledged)
                if await cluster.put(1, key, VALUE) == 200:
                    acknowledged.append(key)
                status = await cluster.status(1)
                return status is not None and status["disk"] == "full" and status["leader"] not in (None, 1)

            await until(full, "node 1 has no room, and another node leads")
            problem = await cluster.refusal(1)
            assert problem["error"] == "disk_full", problem
            assert "free space" in problem["hint"]
            assert "disk full, read-only" in quorate(cluster, "status")

            for number in range(50):
                assert await cluster.put(2, b"more %03d" % number, VALUE) == 200
                acknowledged.append(b"more %03d" % number)
            assert process.poll() is None, "it runs all the while"

            cluster.kill(1)
            cluster.start(1)
            await cluster.whole()
            assert await cluster.put(3, b"last", b"x") == 200
            acknowledged.append(b"last")

            filler.unlink()
            await cluster.says(1, disk="ok")

            async def caught_up() -> bool:
                statuses = [await cluster.status(node) for node in cluster.nodes]
                return len({status["applied"] for status in statuses if status is not None}) == 1

            await until(caught_up, "node 1 has what the others have")
            rows = await cluster.everything(1, serializable=True)
            assert rows is not None
            assert {key for _, _, key, _ in rows} >= set(acknowledged)
            assert await cluster.put(1, b"again", b"x") == 200
            log = cluster.log(1)
            assert "disk_full" in log
            assert "has stopped" not in log
