"""`kill -9` under the client library: every write ends well, and once, though nodes die with the answers."""

import asyncio
from pathlib import Path

import pytest

from quorate.client.client import Client
from real.processes import ServedCluster, until

ROUNDS = 3
WRITERS = 6

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


async def test_s_c6_r37_writes_under_kill_nine_are_applied_once_and_none_stays_unknown(tmp_path: Path) -> None:
    """Each writer puts one key again and again, so its version counts how often that was applied."""
    written = [0] * WRITERS
    stop = False

    async def write(writer: int, client: Client) -> None:
        key = b"writer %d" % writer
        while not stop:
            before = (await client.put(key, b"%d" % written[writer], previous=True)).prev_kv
            # The answer is that of the one time it was applied: what was there is what this writer wrote last.
            assert (before.version if before else 0) == written[writer]
            written[writer] += 1

    async def more(than: int) -> bool:
        return sum(written) > than

    async with ServedCluster(tmp_path) as cluster:
        await cluster.leader()
        endpoints = [cluster.client[node] for node in cluster.nodes]
        async with Client(endpoints, timeout_s=60.0) as client, Client(endpoints[::-1], timeout_s=60.0) as other:
            tasks = [asyncio.create_task(write(writer, (client, other)[writer % 2])) for writer in range(WRITERS)]
            for turn in range(ROUNDS):
                leader = await cluster.whole()
                seen = sum(written)
                await until(lambda seen=seen: more(seen + 20), "writes go on")
                victim = leader if turn % 2 else leader % 3 + 1
                cluster.kill(victim)
                seen = sum(written)
                await until(lambda seen=seen: more(seen + 20), "writes go on without it")
                cluster.start(victim)
            stop = True
            await asyncio.gather(*tasks)
            for writer, count in enumerate(written):
                held = await client.get(b"writer %d" % writer)
                assert held is not None
                assert held.version == count
