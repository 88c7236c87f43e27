"""Real machines, as far as the network goes, that are cut in two: both sides believe what they will, and only one commits."""

import asyncio
from collections.abc import Iterable
from itertools import count
from pathlib import Path

import pytest

from real.private_network import Machines, cannot, run_alone
from real.processes import ServedCluster, until

VOTERS = 5

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


class Town(ServedCluster):
    """A cluster whose nodes live on machines of their own."""

    def __init__(self, directory: Path, machines: Machines, algorithm: str) -> None:
        self.machines = machines
        super().__init__(directory, nodes=len(machines.numbers), algorithm=algorithm)

    def addresses(self, nodes: int) -> tuple[dict[int, str], dict[int, str]]:
        return (
            {node: f"http://10.2.0.{node}:7000" for node in range(1, nodes + 1)},
            {node: f"10.1.0.{node}:7100" for node in range(1, nodes + 1)},
        )

    def command(self, node: int) -> list[str]:
        return [*self.machines.prefix(node), *super().command(node)]


class Load:
    """A writer on each of some nodes, each value used once. `acknowledged`: what got a 200."""

    def __init__(self, town: Town, nodes: Iterable[int], name: str) -> None:
        self.acknowledged: set[bytes] = set()
        self.ends: dict[int | None, int] = {}
        self._stop = False
        self._tasks = [asyncio.create_task(self._run(town, node, name)) for node in nodes]

    async def _run(self, town: Town, node: int, name: str) -> None:
        for number in count():
            if self._stop:
                return
            key = f"{name}/{node}/{number}".encode()
            status = await town.put(node, key, b"x")
            self.ends[status] = self.ends.get(status, 0) + 1
            if status == 200:
                self.acknowledged.add(key)

    async def goes_on(self) -> None:
        """Until more is acknowledged."""
        seen = len(self.acknowledged)

        async def more() -> bool:
            return len(self.acknowledged) > seen + 20

        await until(more, "writes are acknowledged")

    async def end(self) -> None:
        """No more writes; those under way are waited for."""
        self._stop = True
        await asyncio.gather(*self._tasks)


@pytest.mark.parametrize("algorithm", ["raft", "zab"])
def test_a_leader_is_cut_off_with_one_follower_and_only_the_other_side_commits(tmp_path: Path, algorithm: str) -> None:
    if why_not := cannot():
        pytest.skip(why_not)

    async def story() -> None:
        with Machines(VOTERS) as machines:
            async with Town(tmp_path, machines, algorithm) as town:
                await _tell(town)

    run_alone(story)


async def _tell(town: Town) -> None:
    old = await town.whole()
    few = [old, next(node for node in town.nodes if node != old)]
    many = [node for node in town.nodes if node not in few]
    before = Load(town, town.nodes, "before")
    await before.goes_on()
    await before.end()
    await until(lambda: _level(town), "all have applied all")
    settled = await _commits(town, town.nodes)

    town.machines.part(*few)
    lost, kept = Load(town, few, "few"), Load(town, many, "many")
    new = await until(lambda: _leads(town, many), "the majority has a leader of its own")
    await kept.goes_on()
    assert await until(lambda: _lost(town, few), "the minority has none")
    await kept.goes_on()
    # Both sides are looked at, at the same moment: one has gone on, and the other has not.
    assert await _commits(town, few) == settled
    assert min(await _commits(town, many)) > max(settled)
    assert not lost.acknowledged
    assert new in many

    town.machines.heal()
    assert await town.whole() in many
    await lost.goes_on()
    await asyncio.gather(lost.end(), kept.end())
    everything = await until(lambda: _everything(town), "a linearizable range over everything")
    held = {key for _, _, key, _ in everything}
    assert before.acknowledged | lost.acknowledged | kept.acknowledged <= held
    assert all(version == 1 for _, version, _, _ in everything), "a write was applied twice"
    for node in town.nodes:
        await until(lambda node=node: _same(town, node, everything), f"node {node} holds the same")


async def _commits(town: Town, nodes: Iterable[int]) -> set[int]:
    statuses = [await town.status(node) for node in nodes]
    return {status["commit"] for status in statuses if status is not None}


async def _level(town: Town) -> bool:
    return len(await _commits(town, town.nodes)) == 1


async def _leads(town: Town, nodes: list[int]) -> int | None:
    for node in nodes:
        status = await town.status(node)
        if status is not None and status["leader"] == node and status["ready"]:
            return node
    return None


async def _lost(town: Town, nodes: list[int]) -> bool:
    statuses = [await town.status(node) for node in nodes]
    return all(status is not None and status["leader"] is None for status in statuses)


async def _everything(town: Town) -> object:
    return await town.everything(await town.leader(), serializable=False)


async def _same(town: Town, node: int, everything: object) -> bool:
    return await town.everything(node, serializable=True) == everything
