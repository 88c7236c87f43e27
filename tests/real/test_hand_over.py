"""SIGTERM of real leaders under load: another node leads by the old leader's word, and writers through the others hardly notice."""

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from real.processes import ServedCluster, until

ROUNDS = 4
WRITERS = 4

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


class Writers:
    """Clients that write one after the other, through any node but the one that is about to stop.

    `waits`: of each answered write, when it began and how long it took. `ends`: what writes got, by HTTP status.
    """

    def __init__(self, cluster: ServedCluster) -> None:
        self.waits: list[tuple[float, float]] = []
        self.ends: dict[int | None, int] = {}
        self.avoid = 0
        self._cluster = cluster
        self._stop = False

    async def run(self, writer: int) -> None:
        """Write until told to stop."""
        number = 0
        while not self._stop:
            others = [node for node in self._cluster.nodes if node != self.avoid]
            node = others[(writer + number) % len(others)]
            began = time.monotonic()
            status = await self._cluster.put(node, f"{writer}/{number}".encode(), b"x")
            self.waits.append((began, time.monotonic() - began))
            self.ends[status] = self.ends.get(status, 0) + 1
            number += 1

    async def progress(self) -> None:
        """Wait until some more writes are answered."""
        seen = len(self.waits)

        async def more() -> bool:
            return len(self.waits) > seen + 5 * WRITERS

        await until(more, "new writes are answered")

    def stop(self) -> None:
        """No more writes."""
        self._stop = True

    def worst_around(self, moment: float) -> float:
        """The longest wait of those that were under way at that moment, or began within the second after it."""
        return max(took for began, took in self.waits if began + took >= moment and began <= moment + 1)


@pytest.mark.parametrize("algorithm", ["raft", "zab"])
async def test_a_leader_that_gets_sigterm_hands_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], algorithm: str
) -> None:
    """By its word and not by its silence: one election, in the next term, while it is still there. Nobody's write fails."""
    waits: list[float] = []
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        await cluster.whole()
        writers = Writers(cluster)
        tasks = [asyncio.create_task(writers.run(writer)) for writer in range(WRITERS)]
        for _ in range(ROUNDS):
            leader = await cluster.whole()
            writers.avoid = leader
            await writers.progress()
            before = await cluster.status(leader)
            assert before is not None
            handed = cluster.log(leader).count("leadership handed to node")
            moment = time.monotonic()
            assert await cluster.terminate(leader) == 0
            assert cluster.log(leader).count("leadership handed to node") == handed + 1, cluster.log(leader)[-2000:]
            new = await cluster.leader()
            after = await cluster.status(new)
            assert after is not None
            assert (new != leader, after["term"]) == (True, before["term"] + 1)
            why = await _why(cluster, new)
            assert "transfer_accepted" in why
            await writers.progress()
            waits.append(writers.worst_around(moment))
            cluster.start(leader)
        writers.stop()
        await asyncio.gather(*tasks)
    assert set(writers.ends) == {200}, writers.ends
    usual = median(took for _, took in writers.waits)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{algorithm}: {ROUNDS} leaders stopped by SIGTERM under {WRITERS} writers through other nodes, {len(writers.waits)} writes, "
            f"none failed; a write takes {usual * 1000:.1f} ms (median), and the slowest around each stop in ms: "
            f"{' '.join(f'{wait * 1000:.0f}' for wait in waits)}\n"
        )


async def _why(cluster: ServedCluster, node: int) -> set[str]:
    """What the node has explained lately."""
    async with cluster.http.get(f"{cluster.client[node]}/v1/why") as answer:
        return {recent["reason"] for recent in (await answer.json())["recent"]}
