"""A real leader that is stopped and goes on: the others have elected meanwhile, and what it believes decides nothing."""

import asyncio
import signal
from pathlib import Path

import pytest

from real.processes import ServedCluster, until

CALLERS = 5

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


@pytest.mark.parametrize("algorithm", ["raft", "zab"])
async def test_a_leader_that_was_stopped_commits_nothing_in_the_epoch_that_is_over(
    tmp_path: Path, algorithm: str
) -> None:
    """Its callers, who wrote while it stood still, are told that nobody knows, or that another leads, or their write comes after all that
    was written meanwhile: never is it one of the old leader's own."""
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        old = await cluster.whole()
        assert await cluster.put(old, b"before", b"x") == 200
        before = await cluster.status(old)
        assert before is not None
        process = cluster.processes[old]
        process.send_signal(signal.SIGSTOP)
        try:
            callers = [asyncio.create_task(cluster.put(old, b"caller %d" % n, b"x")) for n in range(CALLERS)]
            others = [node for node in cluster.nodes if node != old]

            async def leads() -> int | None:
                for node in others:
                    status = await cluster.status(node)
                    if status is not None and status["leader"] == node and status["ready"]:
                        return node
                return None

            new = await until(leads, "another leads")
            assert await cluster.put(new, b"meanwhile", b"x") == 200
        finally:
            process.send_signal(signal.SIGCONT)
        ends = await asyncio.gather(*callers)
        assert await cluster.whole() == new
        assert set(ends) <= {200, 503, 504}
        after = await cluster.status(old)
        assert after is not None
        assert (after["leader"], after["term"] > before["term"]) == (new, True)
        truth = await until(lambda: cluster.everything(new, serializable=False), "a linearizable range over everything")
        assert [key for _, _, key, _ in truth][:2] == [b"before", b"meanwhile"]
        written = {key for _, _, key, _ in truth[2:]}
        assert {b"caller %d" % n for n, end in enumerate(ends) if end == 200} <= written
        for node in cluster.nodes:

            async def same(node: int = node) -> bool:
                return await cluster.everything(node, serializable=True) == truth

            await until(same, f"node {node} holds the same writes in the same order")
