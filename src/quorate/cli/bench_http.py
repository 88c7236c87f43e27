"""A cluster of `quorate node` processes for a benchmark, and load on its HTTP face from a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from quorate.cli.bench_cluster import PATIENCE_S, BenchFailedError, free_base_port
from quorate.cli.bench_http_load import HttpOrder
from quorate.cli.bench_results import Sample
from quorate.cli.entrants import entrant_of
from quorate.cli.plan import HOST, PEER_OFFSET, ClusterPlan
from quorate.cli.supervisor import Supervisor
from quorate.client.client import Client
from quorate.core.errors import QuorateError

LEADER_WITHIN_S = 180.0
BETWEEN_QUESTIONS_S = 0.05


class HttpCluster:
    """Nodes as `quorate up` runs them. `leader`: who leads, once it has started."""

    def __init__(self, plan: ClusterPlan) -> None:
        self._plan = plan
        self._news: list[str] = []
        self.supervisor = Supervisor(plan, restart=False, report=self._news.append)
        self.leader = 0

    async def start(self) -> None:
        """Returns when one leads. Raises `BenchFailedError`."""
        self._plan.prepare()
        await self.supervisor.start()
        try:
            async with asyncio.timeout(LEADER_WITHIN_S), Client(self._plan.endpoints) as client:
                while not self.leader:
                    with contextlib.suppress(QuorateError):  # it is still starting
                        self.leader = (await client.status()).leader or 0
                    self.check()
                    await asyncio.sleep(BETWEEN_QUESTIONS_S)
        except TimeoutError:
            raise BenchFailedError(f"the nodes behind HTTP chose no leader within {LEADER_WITHIN_S:.0f} s") from None

    def check(self) -> None:
        """Raises `BenchFailedError` if a node has ended: with what it said."""
        if self._news:
            raise BenchFailedError(self._news[0])

    async def put(self, connections: int, size_bytes: int, seconds: float, warm_up_s: float) -> Sample:
        """Puts at the leader. Raises `BenchFailedError`."""
        port = self._plan.base_port + self.leader
        order = HttpOrder(HOST, port, connections, size_bytes, seconds, warm_up_s)
        words = [sys.executable, "-P", "-m", "quorate.cli.bench_http_load", msgspec.json.encode(order).decode()]
        process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=PIPE)
        try:
            async with asyncio.timeout(seconds + warm_up_s + PATIENCE_S):
                out, err = await process.communicate()
        except TimeoutError:
            raise BenchFailedError("the clients over HTTP did not end in time") from None
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended, as it should
                process.kill()
        self.check()
        if process.returncode:
            lines = err.decode(errors="replace").split("\n")
            raise BenchFailedError(
                f"the clients over HTTP failed: {next(filter(None, reversed(lines)), 'without a word')}"
            )
        return msgspec.json.decode(out, type=Sample)


@asynccontextmanager
async def serving(directory: Path, nodes: int, algorithm: str) -> AsyncIterator[HttpCluster]:
    """Started, and killed at the end. `algorithm`: with settings, if there are any."""
    ids = range(1, nodes + 1)
    base_port = free_base_port(offset + node for offset in (0, PEER_OFFSET) for node in ids)
    entrant = entrant_of(algorithm)
    cluster = HttpCluster(ClusterPlan(directory, nodes, entrant.algorithm, base_port, dict(entrant.options)))
    try:
        await cluster.start()
        yield cluster
    finally:
        cluster.supervisor.kill()
        await asyncio.shield(cluster.supervisor.stop())
