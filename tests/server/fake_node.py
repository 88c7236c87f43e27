"""A node without a cluster: the real machine, and consensus replaced by whatever a test says happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from quorate.core.algorithm import PeerStatus
from quorate.core.configuration import Configuration
from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.errors import ReadFailedError
from quorate.core.finding import Finding, Recently
from quorate.core.keys import ClientSession, Key
from quorate.core.requests import ReportFreshness, Request
from quorate.machines.kv import KeyValueMachine
from quorate.real.backups import SnapshotInfo
from quorate.real.group import GroupStatus, MemberStatus
from quorate.real.leadership import LeadershipChange
from quorate.real.members import Members
from quorate.real.status import NodeStatus
from quorate.real.why import NodeWhy
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
        group=group_of(1, 2, 3),
    )
    return msgspec.structs.replace(status, **changes)


def group_of(*voters: int, learners: Sequence[int] = (), leader: int = 1, **changes: Any) -> GroupStatus:
    """A committed configuration, at 7, in which everybody has everything and answers; or what `changes` makes of it."""
    members = [
        MemberStatus(
            node, f"10.0.0.{node}:7100", "voter" if node in voters else "learner", node == leader, 0, False, 0, f"{node:016x}", node,
            0, 1_000_000,
        )
        for node in sorted([*voters, *learners])
    ]  # fmt: skip
    return msgspec.structs.replace(GroupStatus(7, members=tuple(members)), **changes)


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
        self.keys: list[Key | None] = []
        self.sessions = 0
        self.session_fault: BaseException | None = None
        self.moves: list[tuple[int | None, int | None]] = []
        self.move_fault: Exception | None = None
        self.members = Members(lambda: Configuration(), self._changed)
        self.requests: list[Request] = []
        self.change_fault: Exception | None = None
        self.snapshot_fault: Exception | None = None
        self.taken: list[SnapshotInfo] = []
        self.pieces: list[bytes | Exception] = []
        self.applied = 9
        self.asked: list[Consistency] = []
        self.label = ReadInfo(9, "linearizable")
        self.counters = Counters(steps=40, writes=7, persists=9, entries_applied=8)

    @property
    def term(self) -> int:
        return self.known.term

    def status(self) -> NodeStatus:
        return self.known

    def why(self) -> NodeWhy:
        findings = [
            Finding("leader", "leads", "this node leads term 3", 1),
            Finding("commit", "waits_for_quorum", "entry 11 waits for 1 more of nodes 2 and 3", None),
            Finding("vote", "leads", "it leads"),
            Finding("slow", "silent", "node 3 lacks 11 entries, and has not answered for 2.1 s", 3),
        ]
        return NodeWhy(self.known.id, self.known.role, findings, [Recently(1_000_000, "leader_elected", {"term": 3})])

    async def apply(self, command: bytes, timeout: float | None = None, *, key: Key | None = None) -> Any:
        self.writes += 1
        self.keys.append(key)
        self.timeouts.append(timeout)
        await self.gate.wait()
        if self.write_fault is not None:
            raise self.write_fault
        result = self.machine.apply(command)
        if self.apply_then_fault is not None:
            raise self.apply_then_fault
        return result

    async def open_session(self, timeout: float | None = None) -> ClientSession:
        self.timeouts.append(timeout)
        await self.gate.wait()
        if self.session_fault is not None:
            raise self.session_fault
        self.sessions += 1
        return ClientSession(self.sessions, 0xC0FFEE)

    async def read_with_info(
        self,
        query: Callable[[KeyValueMachine], T],
        timeout: float | None = None,
        *,
        consistency: Consistency = LINEARIZABLE,
    ) -> tuple[T, ReadInfo]:
        self.timeouts.append(timeout)
        self.asked.append(consistency)
        if consistency == "local":
            return query(self.machine), self.label
        try:
            async with asyncio.timeout(timeout):
                await self.gate.wait()
        except TimeoutError:
            raise ReadFailedError("timeout") from None
        if self.read_fault is not None:
            raise self.read_fault
        return query(self.machine), self.label

    async def transfer_leadership(
        self, to: int | None = None, *, only_from: int | None = None, timeout: float | None = None
    ) -> int:
        if self.move_fault is not None:
            raise self.move_fault
        self.moves.append((to, only_from))
        leader = 3 if to is None else to
        self.known = msgspec.structs.replace(self.known, leader=leader, term=self.known.term + 1)
        return leader

    async def report_freshness(self, freshness: int, timeout: float | None = None) -> None:
        await self._changed(ReportFreshness(freshness), timeout)

    async def _changed(self, request: Request, timeout: float | None) -> None:
        self.timeouts.append(timeout)
        if self.change_fault is not None:
            raise self.change_fault
        self.requests.append(request)

    async def snapshot(self, timeout: float | None = None) -> SnapshotInfo:
        self.timeouts.append(timeout)
        if self.snapshot_fault is not None:
            raise self.snapshot_fault
        self.taken.append(SnapshotInfo(9 + len(self.taken), 3, 20, "ab" * 16, "/data/snapshots/x.snapshot"))
        return self.taken[-1]

    def snapshots(self) -> list[SnapshotInfo]:
        return self.taken

    async def backup(
        self, timeout: float | None = None, *, consistency: Consistency = LINEARIZABLE
    ) -> AsyncGenerator[bytes, None]:
        if self.read_fault is not None and consistency != "local":
            raise self.read_fault
        if self.snapshot_fault is not None:
            raise self.snapshot_fault
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece

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
