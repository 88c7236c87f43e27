"""hashicorp/raft, embedded in a Go program, with raft-boltdb as its durable store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from peer import GO_PACKAGES, NODES, Order, Running, build_go, lacks
from processes import Process, Processes, processes, until

from quorate.cli.bench_cluster import free_base_port
from quorate.cli.bench_results import Sample

PACKAGES = GO_PACKAGES / "github.com" / "hashicorp"


class Hashicorp:
    """See `Peer`."""

    name = "hashicorp/raft"
    callers = "embedded"
    note = "raft-boltdb, every write synced; callers are goroutines in the leader's process"

    def missing(self) -> str | None:
        """How to install it."""
        raft, boltdb = "golang-github-hashicorp-raft-dev", "golang-github-hashicorp-raft-boltdb-dev"
        return lacks({"go": "golang-go"}, {PACKAGES / "raft": raft, PACKAGES / "raft-boltdb": boltdb})

    def prepare(self, workshop: Path) -> None:
        """Compile."""
        self._program = build_go(workshop, "hashicorp")

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        base = free_base_port(range(1, NODES + 1))
        async with processes(directory) as started:
            for node in range(1, NODES + 1):
                words = [str(self._program), str(node), str(base), str(directory / f"data-{node}")]
                await started.start(f"node-{node}", words, lines=True)
            yield await leader_among(started)


class Inside:
    """The process that leads, with the callers in it."""

    def __init__(self, started: Processes, name: str, process: Process) -> None:
        self._started = started
        self._name = name
        self._process = process

    async def told(self, order: Order) -> object:
        """What the process says of a load."""
        seconds = order.seconds + order.warm_up_s
        return await self._started.ask(self._name, self._process, f"load {' '.join(order.words)}", seconds)

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        return msgspec.convert(await self.told(order), Sample, strict=False)


async def leader_among(started: Processes) -> Inside:
    """As soon as one says that it leads."""
    found: list[Inside] = []

    async def one_leads() -> bool:
        for number, process in enumerate(started.running, start=1):
            if await started.ask(f"node-{number}", process, "leads"):
                found.append(Inside(started, f"node-{number}", process))
                return True
        return False

    await until("a leader", one_leads)
    return found[0]
