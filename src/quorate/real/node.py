"""A node in the real world: the embedded API.

async with Node(id=1, peers={1: "127.0.0.1:7101"}, data_dir="data/1", machine=MyMachine()) as node:
    result = await node.apply(b"command")
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.errors import (
    RequestFailedError,
    StoppedError,
)
from quorate.core.events import Setting
from quorate.core.ids import SECOND, Index, Nanos, NodeId, Term
from quorate.core.keys import ClientSession, Key
from quorate.core.machine import StateMachine
from quorate.core.outcome import Outcome
from quorate.core.requests import ReportFreshness, TransferLeadership
from quorate.real.asking import ask
from quorate.real.backups import Origin, SnapshotInfo, info_of, stream_backup, take_snapshot
from quorate.real.engine import Engine
from quorate.real.leadership import LeadershipChange
from quorate.real.proposing import AwaitedResult, open_session, propose, results_of
from quorate.real.reading import read
from quorate.real.status import NodeStatus, describe
from quorate.real.why import NodeWhy, why_of_node
from quorate.runtime.counters import Counters
from quorate.runtime.reload import plan_reload

M = TypeVar("M", bound=StateMachine)
T = TypeVar("T")

_log = logging.getLogger("quorate.node")

DEFAULT_TIMEOUT_S = 10.0
NEVER: Nanos = 1 << 62


class Node(Engine[M]):
    """One member of a cluster, inside your own asyncio program.

    `id`: this member, 1 or above. `peers`: id to `host:port` of every member that the group begins with, this one included; equal on all
    nodes. Once members have changed, what is in the log counts. `join`: `host:port` of any member of a group that runs: this node, the
    only one in `peers`, asks to be let in there; it votes once it has caught up, unless it is to stay a `learner`, and then the
    member that it `replaces` goes.
    `data_dir`: where log and snapshots live, one directory per node. `machine`: what the committed commands are applied to; an
    algorithm that only elects needs none.
    `cluster`: a name; nodes of different clusters refuse each other. `options`: see docs/configuration.md.
    `timeout`: seconds that a call may take if it does not say otherwise. `trace`: a file that gets every step, up to `trace_bytes` of it.

    Raises `ConfigError` at once for settings that cannot work; `start` raises `StorageError` or `ConfigError`.
    """

    # Commands and reads

    async def propose(
        self, commands: Sequence[bytes], timeout: float | None = None, *, key: Key | None = None
    ) -> Outcome:
        """Have `commands` applied, in order, as one unit: all or none of them. Returns what became of them; never raises for it.

        From any node. `Unknown` only if nothing better can be said within `timeout` seconds. With a `key` (see `open_session`) the same
        may be asked again, on any node, and is applied once; `session_expired` and `key_reused` mean that this time it was not.
        """
        driver = self._running()
        self._send_gathered_to(driver)
        return await propose(driver, list(commands), self._deadline(timeout), key)

    async def open_session(self, timeout: float | None = None) -> ClientSession:
        """A session whose requests may be repeated through any node: number them with `Keys(session)`. It is forgotten an hour after its
        last use. Raises as `apply`."""
        return await open_session(self._running(), self._deadline(timeout), self._why_stopped)

    async def apply(self, command: bytes, timeout: float | None = None, *, key: Key | None = None) -> Any:
        """Have one command applied; returns what the machine's `apply` returned on this node.

        Raises the machine's own `CommandError`, `ProposalRejectedError` (certainly not applied), `OutcomeUnknownError` (may yet be
        applied, once), `StoppedError`.
        """
        if key is not None or type(command) is not bytes:
            return await self._apply_by_itself(bytes(memoryview(command)), timeout, key)
        gathering = self._gathering
        if gathering is None or gathering.timeout != timeout:
            gathering = self._gather(timeout)
        future: asyncio.Future[Any] = self._loop.create_future()
        gathering.commands.append(command)
        gathering.futures.append(future)
        return await future

    async def _apply_by_itself(self, command: bytes, timeout: float | None, key: Key | None) -> Any:
        driver = self._running()
        self._send_gathered_to(driver)
        future: asyncio.Future[Any] = self._loop.create_future()
        driver.take(AwaitedResult(future, command, self._deadline(timeout), key, self._why_stopped))
        return await future

    async def apply_many(
        self, commands: Sequence[bytes], timeout: float | None = None, *, key: Key | None = None
    ) -> list[Any]:
        """As `apply`, for a list that is applied as one unit. A command that the machine refused has its `CommandError` as result."""
        return results_of(await self.propose(commands, timeout, key=key), self._why_stopped)

    async def read(
        self, query: Callable[[M], T], timeout: float | None = None, *, consistency: Consistency = LINEARIZABLE
    ) -> T:
        """Return `query(machine)`, from any node. If not said otherwise it is linearizable: it sees every command that was acknowledged
        anywhere before the call. docs/reads.md says what each `consistency` promises and costs.

        `query` must not change the machine; it may be called more than once. Raises `ReadFailedError`, `StoppedError`.
        """
        return (await self.read_with_info(query, timeout, consistency=consistency))[0]

    async def read_with_info(
        self, query: Callable[[M], T], timeout: float | None = None, *, consistency: Consistency = LINEARIZABLE
    ) -> tuple[T, ReadInfo]:
        """As `read`, and how it was answered: from a state at which index, how old, by which level."""
        if consistency is not LINEARIZABLE:
            return await read(self._running(), self.machine, query, self._deadline(timeout), consistency)
        gathering = self._gathering_reads
        if gathering is None or gathering.timeout != timeout:
            gathering = self._gather_reads(timeout)
        future: asyncio.Future[tuple[T, ReadInfo]] = self._loop.create_future()
        gathering.queries.append(query)
        gathering.futures.append(future)
        return await future

    # Leadership and status

    @property
    def leader(self) -> NodeId | None:
        """Who leads, as far as this node knows."""
        return self._leadership.now.leader

    @property
    def term(self) -> Term:
        """The term of the newest news of leadership: the fencing token."""
        return self._leadership.now.term

    @property
    def applied(self) -> Index:
        """The log index that this node's machine has reached: what a reader of `ReadYourWrites` asks for."""
        return self._driver.replica.applied if self._driver is not None else 0

    @property
    def is_leader(self) -> bool:
        """Whether this node leads and is ready, as far as it knows; another may lead already. Fence what you do with `term`."""
        now = self._leadership.now
        return now.ready and (now.exclusive != "lease" or self.lease_left > 0)

    @property
    def lease_left(self) -> float:
        """Seconds from now on for which this node leads and no other node does, as long as clocks are as wrong as configured at the most;
        0 if it does not lead, or leads without a lease. What you begin must be over by then."""
        until = self._driver.lease_until() if self._driver is not None else None
        return max(0.0, (until - self._clock.now()) / SECOND) if until is not None else 0.0

    async def transfer_leadership(
        self, to: NodeId | None = None, *, only_from: NodeId | None = None, timeout: float | None = None
    ) -> NodeId:
        """Let node `to` lead, or, with None, whichever is best prepared; returns who leads then. From any node. `only_from`: if
        another node leads than this one, nothing is done, and the refusal is `leads_not`.

        Raises `RequestFailedError`, whose `reason` says why not, and `StoppedError`.
        """
        deadline = self._deadline(timeout)
        await ask(self._running(), TransferLeadership(to, only_from), deadline)
        try:
            # The answer came in the new term, so this node knows its leader, or none yet.
            return await self.wait_for_leader(max(0.0, (deadline - self._clock.now()) / SECOND))
        except TimeoutError:
            raise RequestFailedError("timeout", uncertain=True) from None

    async def report_freshness(self, freshness: int, timeout: float | None = None) -> None:
        """Tell how new the data on this node is, as your application measures it: a log position, the time of the last operation. Where
        the freshest is to lead (`rank = "fresh"`) it counts from now on, until the process ends. Raises `RequestFailedError`,
        `unsupported` where a log says who is fresher, and `StoppedError`."""
        await ask(self._running(), ReportFreshness(freshness), self._deadline(timeout))

    def reload(self, options: Mapping[str, Any]) -> dict[str, Setting]:
        """Change settings while the node runs. `options` as at construction: what is left out has its default. Returns what is
        new, by name. Raises `ConfigError`, and changes nothing, if they are wrong, or need a restart; `StoppedError`."""
        driver = self._running()
        change = plan_reload(self._spec, self._config, self._limits, options)
        self._config, self._limits = change.config, change.limits
        driver.reload(change)
        if change.changed:
            _log.info("node %d: %s from now on", self.id, " ".join(f"{k}={v}" for k, v in change.changed.items()))
        return change.changed

    async def snapshot(self, timeout: float | None = None) -> SnapshotInfo:
        """Take a snapshot of all that this node has applied; without news since the newest, that one. Raises `RequestFailedError`, after
        `timeout` seconds too (None: it may take as long as it takes), and `StoppedError`."""
        return info_of(await take_snapshot(self._running(), timeout), self._data_dir)

    def snapshots(self) -> list[SnapshotInfo]:
        """Those on this node's disk, oldest first."""
        return [info_of(meta, self._data_dir) for meta in self._store.snapshots.published()] if self._store else []

    async def backup(
        self, timeout: float | None = None, *, consistency: Consistency = LINEARIZABLE
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a backup file of this node's applied state (`quorate snapshot verify` and `restore` read it), piece by piece.
        `timeout`: for the wait until it begins. Raises as `read` and `snapshot`, and `StorageError`."""
        await self.read(lambda _machine: None, timeout, consistency=consistency)
        meta = await take_snapshot(self._running(), timeout)
        if self._store is not None:
            async for piece in stream_backup(self._store, Origin(self.cluster, self.id, self._spec.name), meta):
                yield piece

    def leadership(self) -> AsyncIterator[LeadershipChange]:
        """The present state, then each change, until the node stops."""
        return self._leadership.follow()

    async def wait_for_leader(self, timeout: float | None = None) -> NodeId:
        """Wait until some node leads. Raises `TimeoutError`, which says why there is none, and `StoppedError`."""
        seconds = self._timeout if timeout is None else timeout
        try:
            async with asyncio.timeout(seconds):
                async for change in self.leadership():
                    if change.leader is not None:
                        return change.leader
        except TimeoutError:
            raise TimeoutError(f"no leader after {seconds} s: {self.status().why}") from None
        raise StoppedError(self._why_stopped())

    @property
    def counters(self) -> Counters:
        """What happened since the start, for metrics."""
        return self._driver.counters if self._driver is not None else Counters()

    def status(self) -> NodeStatus:
        """What this node knows, without asking anybody. Works in every state of life."""
        status = self._driver.status() if self._driver is not None else None
        life = "failed" if self._failure is not None else "stopped" if self._stopping or status is None else "running"
        return describe(
            cluster=self.cluster,
            node=self.id,
            algorithm=self._spec.name,
            life=life,
            status=status,
            failure=self._failure,
            log_bytes=self._store.log_bytes() if self._store is not None and not self._stopped else 0,
            uptime_s=time.monotonic() - self._started_at,
        )

    def why(self) -> NodeWhy:
        """In words, and without asking anybody: why there is no leader, why a proposal is not decided, why this node does not vote, and
        who is slow. Works in every state of life, and while the disk hangs."""
        role = self.status().role
        runs = role not in ("failed", "stopped") and self._driver is not None
        return why_of_node(self.id, role, self._driver.why() if runs and self._driver else None, self._failure)
