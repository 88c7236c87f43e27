"""Only the leader runs this job: three nodes, one of them ticks; when it is stopped, another takes over.

The term is a fencing token. Whatever the job touches should refuse a token lower than one it has seen: a leader that was cut off or
paused may believe for a moment that it still leads.

Run it: python examples/leader_job.py
"""

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from quorate import Node

PEERS = {1: "127.0.0.1:7311", 2: "127.0.0.1:7312", 3: "127.0.0.1:7313"}


class Nothing:
    """A machine without state: only the election is wanted."""

    def apply(self, command: bytes) -> None:
        """No commands are used."""

    def snapshot(self) -> bytes:
        """No state."""
        return b""

    def restore(self, chunks: Iterable[bytes]) -> None:
        """No state."""


class Resource:
    """What the job touches: it remembers the highest token and refuses lower ones."""

    def __init__(self) -> None:
        self.token = 0
        self.ticks = 0
        self._ticked = asyncio.Event()

    def tick(self, node: int, token: int) -> None:
        """Do the work, if nobody newer has."""
        if token < self.token:
            raise PermissionError(f"node {node} holds the old token {token}, {self.token} was seen")
        self.token = token
        self.ticks += 1
        print(f"tick {self.ticks} by node {node}, token {token}")
        self._ticked.set()

    async def reach(self, ticks: int) -> None:
        """Wait until so many ticks were done."""
        async with asyncio.timeout(30):
            while self.ticks < ticks:
                self._ticked.clear()
                await self._ticked.wait()


async def job(node: Node[Nothing], resource: Resource) -> None:
    """Tick for as long as this node leads."""
    while True:
        resource.tick(node.id, node.term)
        await asyncio.sleep(0.05)


async def run_while_leading(node: Node[Nothing], resource: Resource) -> None:
    """Start the job when this node becomes the ready leader, and stop it when it is not any more."""
    running: asyncio.Task[None] | None = None
    # The last news of a node that stops is that it knows no leader, so the job ends with it.
    async for change in node.leadership():
        if change.ready and running is None:
            running = asyncio.create_task(job(node, resource))
        elif not change.mine and running is not None:
            running.cancel()
            running = None


async def main() -> None:
    """Let the leader work, stop it, and see another go on."""
    with tempfile.TemporaryDirectory() as directory:
        nodes = {i: Node(id=i, peers=PEERS, data_dir=Path(directory) / str(i), machine=Nothing()) for i in PEERS}
        resource = Resource()
        async with asyncio.TaskGroup() as group:
            for node in nodes.values():
                await node.start()
                group.create_task(run_while_leading(node, resource))
            first = await nodes[1].wait_for_leader()
            await resource.reach(5)
            print(f"stopping node {first}")
            await nodes.pop(first).stop()
            seen = resource.ticks
            await resource.reach(seen + 5)
            for node in nodes.values():
                await node.stop()


if __name__ == "__main__":
    asyncio.run(main())
