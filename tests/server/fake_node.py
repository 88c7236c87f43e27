"""A node without a cluster: the real machine, and consensus replaced by whatever a test says happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from quorate.core.algorithm import PeerStatus
from quorate.core.errors import ReadFailedError
from quorate.machines.kv import KeyValueMachine
from quorate.real.leadership import LeadershipChange
from quorate.real.status import NodeStatus
from quorate.runtime.counters import Counters
from quorate.server.app import build_app
from quorate.server.config import HttpConfig

T = TypeVar("T")


def status_of(node: int = 1, **changes: Any) -> NodeStatus:
    """A healthy leader of three, or what `changes` makes of it."""
    status = NodeStatus(
        cluster="test",
        id=node,
        pid=4711,
        algorithm="raft",
        role="leader",
        term=3,
        leader=1,
        ready=True,
        commit=10,
        applied=9,
        last_index=11,
        snapshot_index=5,
        log_bytes=2048,
        version="0.1.0",
        uptime_s=1.5,
        peers={2: PeerStatus(11, "replicate", 20_000_000), 3: PeerStatus(0, "probe", None)},
        failed=None,
        why="",
    )
    return msgspec.structs.replace(status, **changes)


class FakeNode:
    """Applies at once, or raises `write_fault` or `read_fault`; `gate`, while unset, holds everything up."""

    def __init__(self, node: int = 1) -> None:
        self.machine = KeyValueMachine()
        self.known = status_of(node)
        self.write_fault: BaseException | None = None
        self.apply_then_fault: BaseException | None = None
        self.read_fault: BaseException | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.changes: asyncio.Queue[LeadershipChange] = asyncio.Queue()
        self.timeouts: list[float | None] = []
        self.writes = 0
        self.counters = Counters(steps=40, writes=7, persists=9, entries_applied=8)

    @property
    def term(self) -> int:
        return self.known.term

    def status(self) -> NodeStatus:
        return self.known

    async def apply(self, command: bytes, timeout: float | None = None) -> Any:
        self.writes += 1
        self.timeouts.append(timeout)
        await self.gate.wait()
        if self.write_fault is not None:
            raise self.write_fault
        result = self.machine.apply(command)
        if self.apply_then_fault is not None:
            raise self.apply_then_fault
        return result

    async def read(self, query: Callable[[KeyValueMachine], T], timeout: float | None = None) -> T:
        self.timeouts.append(timeout)
        try:
            async with asyncio.timeout(timeout):
                await self.gate.wait()
        except TimeoutError:
            raise ReadFailedError("timeout") from None
        if self.read_fault is not None:
            raise self.read_fault
        return query(self.machine)

    async def leadership(self) -> AsyncIterator[LeadershipChange]:
        while True:
            yield await self.changes.get()


@asynccontextmanager
async def serving(node: FakeNode, http: HttpConfig | None = None) -> AsyncIterator[str]:
    """The URL at which `node` is served, on a free port of the loopback."""
    runner = web.AppRunner(build_app(node, http), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def eventually(condition: Callable[[], bool], limit_s: float = 10.0) -> None:
    """Wait for a condition that some other task brings about."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.005)
