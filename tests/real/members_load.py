"""Writers that go on while members come and go, and count what was acknowledged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from quorate.client.client import Client
from quorate.client.results import MembersView
from real.processes import ServedCluster, until

WRITERS = 3
LIMIT_S = 60.0

OPTIONS = "election_timeout_ms = 2000\nheartbeat_ms = 200"
"""A machine that has much else to do is not to elect all the time; a process that dies is noticed at once all the same."""


class Load:
    """Each writer puts one key again and again, so its version counts how often that was applied."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.written = [0] * WRITERS
        self.stop = False

    async def run(self, writer: int) -> None:
        """Write until told to stop."""
        while not self.stop:
            before = (await self.client.put(b"writer %d" % writer, b"x", previous=True)).prev_kv
            assert (before.version if before else 0) == self.written[writer]
            self.written[writer] += 1

    async def goes_on(self) -> None:
        """Until more is acknowledged."""
        seen = sum(self.written)

        async def more() -> bool:
            return sum(self.written) > seen + 20

        await until(more, "writes go on")

    async def verify(self, cluster: ServedCluster, nodes: list[int]) -> None:
        """What was acknowledged is on each of these, once."""

        async def same(node: int) -> bool:
            rows = await cluster.everything(node, serializable=True)
            versions = {key: version for _, version, key, _ in rows or ()}
            return versions == {b"writer %d" % writer: count for writer, count in enumerate(self.written)}

        for node in nodes:
            await until(lambda node=node: same(node), f"node {node} has what was acknowledged, once")


@asynccontextmanager
async def loaded(cluster: ServedCluster) -> AsyncIterator[tuple[Client, Load]]:
    """A client of all nodes there are and will be, and writers at work."""
    async with Client([cluster.client[node] for node in cluster.nodes], timeout_s=LIMIT_S) as client:
        load = Load(client)
        tasks = [asyncio.create_task(load.run(writer)) for writer in range(WRITERS)]
        try:
            await load.goes_on()
            yield client, load
            await load.goes_on()
        finally:
            load.stop = True
            await asyncio.gather(*tasks)


async def settled(client: Client, *voters: int) -> MembersView:
    """Until the leader says that exactly these vote, and nothing is under way."""

    async def now() -> MembersView | None:
        view = await client.members.list()
        said = tuple(member.id for member in view.members if member.role == "voter")
        done = view.committed and not view.joint and view.node == view.leader
        return view if done and said == voters else None

    view: MembersView = await until(now, f"{voters} vote", LIMIT_S)
    return view
