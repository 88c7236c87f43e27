"""`kill -9` of real processes, again and again: what was acknowledged is there, exactly once, in the same order everywhere."""

import asyncio
import sys
import time
from pathlib import Path
from random import Random
from statistics import median

import pytest

from real.processes import ServedCluster, until

ROUNDS = 30
WRITERS = 8

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]


OBSERVER = 4
"""Beyond the voters: it is not killed with the leaders, and answers readers all the while."""


class Writers:
    """Eight clients, each with one write under way, each value used once, through whichever node the dice say.

    `acknowledged`: what got a 200. A write with any other end is never tried again, so that no key is written twice by us.
    """

    def __init__(self, cluster: ServedCluster, random: Random) -> None:
        self.acknowledged: dict[bytes, bytes] = {}
        self.times: list[float] = []
        self.attempts = 0
        self._cluster = cluster
        self._random = random
        self._stop = False

    async def run(self, writer: int) -> None:
        """Write until told to stop."""
        number = 0
        while not self._stop:
            node = self._random.choice(self._cluster.nodes)
            key, value = f"{writer}/{number}".encode(), f"value {writer} {number}".encode()
            number += 1
            self.attempts += 1
            if await self._cluster.put(node, key, value) == 200:
                self.acknowledged[key] = value
                self.times.append(time.monotonic())
            elif node not in self._cluster.processes:
                # Nobody listens there: do not spin on refused connections while the others work.
                await asyncio.sleep(0.001)

    def stop(self) -> None:
        """No more writes."""
        self._stop = True

    async def progress(self) -> None:
        """Wait until something new is acknowledged."""
        seen = len(self.times)

        async def more() -> bool:
            return len(self.times) > seen + WRITERS

        await until(more, "new writes are acknowledged")

    def gap_at(self, moment: float) -> float:
        """Seconds from the last acknowledgement before `moment` to the first after it: the time without service."""
        before = max((at for at in self.times if at <= moment), default=moment)
        return min(at for at in self.times if at > moment) - before


@pytest.mark.parametrize("algorithm", ["raft", "zab"])
class Readers:
    """One reader at a node without a vote: of what it has itself, and of what was acknowledged anywhere before the question.

    `own`: how often it told what it has, `latest`: how often it told the latest.
    """

    def __init__(self, cluster: ServedCluster, writers: Writers, random: Random) -> None:
        self.own = 0
        self.latest = 0
        self._cluster = cluster
        self._writers = writers
        self._random = random
        self._serving: object = None
        self._stop = False

    async def run(self) -> None:
        """Read until told to stop. Once the process has answered it answers for as long as it lives, whoever leads or does not."""
        while not self._stop:
            key, value = self._random.choice(list(self._writers.acknowledged.items()))
            process = self._cluster.processes.get(OBSERVER)
            own = await self._cluster.get(OBSERVER, key, serializable=True)
            assert own in (None, b"", value)
            if own is not None:
                self.own += 1
                self._serving = process
            elif process is self._cluster.processes.get(OBSERVER):
                assert process is not self._serving, "it runs, and does not tell what it has"
            latest = await self._cluster.get(OBSERVER, key, serializable=False)
            assert latest in (None, value), f"{key!r} was acknowledged with {value!r}, and read as {latest!r}"
            self.latest += latest is not None
            await asyncio.sleep(0.001)

    def stop(self) -> None:
        """No more reads."""
        self._stop = True


@pytest.mark.parametrize(("algorithm", "observed"), [("raft", False), ("zab", True)])
async def test_s_r15_s_x5_nothing_acknowledged_is_lost_by_killing_leaders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], algorithm: str, observed: bool
) -> None:
    """Thirty leaders are killed and restarted under load, and once all nodes at the same time."""
    gaps: list[float] = []
    async with ServedCluster(tmp_path, algorithm=algorithm) as cluster:
        await cluster.leader()
        if observed:
            cluster.enrol(OBSERVER, 1, "learner = true")
            cluster.start(OBSERVER)
        writers = Writers(cluster, Random(7))
        readers = Readers(cluster, writers, Random(8))
        tasks = [asyncio.create_task(writers.run(writer)) for writer in range(WRITERS)]
        await writers.progress()
        tasks += [asyncio.create_task(readers.run())] if observed else []
        for turn in range(ROUNDS):
            if turn == ROUNDS // 2:
                for node in cluster.nodes:
                    cluster.kill(node)
                for node in cluster.nodes:
                    cluster.start(node)
                await writers.progress()
            leader = await cluster.whole()
            await writers.progress()
            moment = time.monotonic()
            cluster.kill(leader)
            await writers.progress()
            gaps.append(writers.gap_at(moment))
            cluster.start(leader)
        await writers.progress()
        writers.stop()
        readers.stop()
        await asyncio.gather(*tasks)
        await _verify(cluster, writers)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{algorithm}: {ROUNDS} leaders killed under {WRITERS} writers, {len(writers.acknowledged)} writes acknowledged; "
            f"time without service: median {median(gaps) * 1000:.0f} ms, worst {max(gaps) * 1000:.0f} ms; "
            f"per round in ms: {' '.join(f'{gap * 1000:.0f}' for gap in gaps)}\n"
        )
        if observed:
            sys.stdout.write(
                f"the observer answered {readers.own} reads from its own state, and {readers.latest} with the latest\n"
            )


async def _verify(cluster: ServedCluster, writers: Writers) -> None:
    """Every acknowledged write is on every node, once, and all nodes agree on the order of all writes."""

    async def leading() -> object:
        return await cluster.everything(await cluster.leader(), serializable=False)

    truth = await until(leading, "a linearizable range over everything")
    held = {key: value for _, _, key, value in truth}
    lost = {key for key, value in writers.acknowledged.items() if held.get(key) != value}
    assert not lost, f"{len(lost)} acknowledged writes are lost, among them {sorted(lost)[:5]}"
    assert all(version == 1 for _, version, _, _ in truth), "a write was applied twice"
    assert len({revision for revision, _, _, _ in truth}) == len(truth), "two writes share a revision"
    for node in cluster.nodes:

        async def same(node: int = node) -> bool:
            return await cluster.everything(node, serializable=True) == truth

        await until(same, f"node {node} holds the same writes in the same order")
