"""A node in the real world: the embedded API.

async with Node(id=1, peers={1: "127.0.0.1:7101"}, data_dir="data/1", machine=MyMachine()) as node:
    result = await node.apply(b"command")
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Generic, TypeVar

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Explain, LeaderChanged
from quorate.core.errors import (
    ConfigError,
    OutcomeUnknownError,
    ProposalRejectedError,
    ReadFailedError,
    StoppedError,
)
from quorate.core.ids import SECOND, Index, Nanos, NodeId, Term
from quorate.core.machine import CommandError, ResultGone, StateMachine
from quorate.core.message import Message
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.machines.sessions import SessionedMachine
from quorate.real.disk import RealDisk
from quorate.real.leadership import Leadership, LeadershipChange
from quorate.real.network import Network
from quorate.real.status import NodeStatus, describe
from quorate.real.tracing import TRACE_BYTES, Tracing
from quorate.real.world import RealWorld
from quorate.runtime.counters import Counters
from quorate.runtime.driver import Driver
from quorate.runtime.options import sort_options
from quorate.runtime.record import Record
from quorate.storage.report import RecoveryReport
from quorate.storage.store import Store

M = TypeVar("M", bound=StateMachine)
T = TypeVar("T")

_log = logging.getLogger("quorate.node")

DEFAULT_TIMEOUT_S = 10.0
NEVER: Nanos = 1 << 62


class Node(Generic[M]):
    """One member of a cluster, inside your own asyncio program.

    `id`: this member, 1 or above. `peers`: id to `host:port` of every member, this one included; equal on all nodes.
    `data_dir`: where log and snapshots live, one directory per node. `machine`: what the committed commands are applied to.
    `cluster`: a name; nodes of different clusters refuse each other. `options`: see docs/configuration.md.
    `timeout`: seconds that a call may take if it does not say otherwise. `trace`: a file that gets every step, up to `trace_bytes` of it.

    Raises `ConfigError` at once for settings that cannot work; `start` raises `StorageError` or `ConfigError`.
    """

    def __init__(
        self,
        *,
        id: NodeId,
        peers: Mapping[NodeId, str],
        data_dir: str | Path,
        machine: M,
        algorithm: str = DEFAULT,
        cluster: str = "quorate",
        options: Mapping[str, Any] | None = None,
        timeout: float = DEFAULT_TIMEOUT_S,
        trace: str | Path | None = None,
        trace_bytes: int = TRACE_BYTES,
    ) -> None:
        if id not in peers:
            raise ConfigError(f"peers has no address for node {id} itself: list every member, this one included")
        if any(node < 1 for node in peers):
            raise ConfigError("node ids must be 1 or above")
        if not cluster:
            raise ConfigError("cluster must not be empty: it keeps nodes of different clusters apart")
        self.id = id
        self.machine = machine
        self.cluster = cluster
        self.recovery: RecoveryReport | None = None
        self._spec = find(algorithm)
        self._config, self._limits = sort_options(self._spec, options or {})
        self._peers = dict(peers)
        self._data_dir = Path(data_dir)
        self._timeout = timeout
        self._leadership = Leadership(id)
        self._tracing = Tracing(id, trace, trace_bytes)
        self._seed = secrets.randbits(64)
        self._failure: BaseException | None = None
        self._stopping = False
        self._stopped = False
        self._started_at = time.monotonic()
        self._store: Store | None = None
        self._disk: RealDisk | None = None
        self._world: RealWorld | None = None
        self._network: Network | None = None
        self._driver: Driver | None = None
        self._closing: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[BaseException] | None = None

    # Life

    async def __aenter__(self) -> "Node[M]":
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Recover what is durable, listen, and take part. A node starts once."""
        if self._store is not None or self._stopping:
            raise StoppedError(f"node {self.id} was started before; make a new Node to start again")
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        store = await asyncio.to_thread(self._open_store)
        self._store = store
        self.recovery = store.report
        for note in store.report.notes():
            _log.warning("node %d: %s", self.id, note)
        try:
            identity = self._identity(store)
            self._network = Network(
                identity=identity,
                algorithm=self._spec.name,
                messages=self._spec.messages,
                peers=self._peers,
                owner=self,
                on_error=self._fail,
            )
            world = RealWorld(loop, self._network, self._fail)
            self._world = world
            algorithm = self._spec.build(identity, self._config, store.durable, Random(self._seed))
            self._driver = Driver(
                world=world,
                algorithm=self._tracing.watch(algorithm),
                store=store,
                replica=SessionedMachine(self.machine),
                identity=identity,
                listener=self,
                limits=self._limits,
            )
            world.attach(self._driver.wake)
            self._driver.start()
            # The entries are the algorithm's now; it will compact its own.
            store.durable = Durable(snapshot=store.durable.snapshot)
            await world.start()
        except BaseException:
            await self.stop()
            raise

    def _open_store(self) -> Store:
        disk = RealDisk(self._data_dir)
        try:
            store = Store.open(
                disk,
                cluster=self.cluster,
                node=self.id,
                algorithm=self._spec.name,
                hard_state=self._spec.hard_state,
                disk_id=secrets.randbits(63),
            )
        except BaseException:
            disk.close()
            raise
        self._disk = disk
        self._tracing.begin(self._spec.name, self._identity(store), self._config, self._seed, store.durable)
        return store

    def _identity(self, store: Store) -> Identity:
        return Identity(self.cluster, self.id, store.disk_id, store.incarnation, tuple(sorted(self._peers)))

    async def stop(self) -> None:
        """Answer every caller, close every connection, finish what is being written. Idempotent."""
        self._stopping = True
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._driver is not None:
            self._driver.stop()
        self._leadership.close()
        try:
            if self._world is not None:
                await self._world.stop()
        finally:
            if self._store is not None:
                await asyncio.to_thread(self._store.close)
            if self._disk is not None:
                self._disk.close()
            await self._tracing.close()
            self._stopped = True

    async def failure(self) -> BaseException:
        """Wait until the node stops for good of itself, and return why. A node that fails has closed its connections."""
        if self._failed is None:
            raise StoppedError(self._why_stopped())
        return await asyncio.shield(self._failed)

    # Commands and reads

    async def propose(self, commands: Sequence[bytes], timeout: float | None = None) -> Outcome:
        """Have `commands` applied, in order, as one unit: all or none of them. Returns what became of them; never raises for it.

        From any node. `Unknown` only if nothing better can be said within `timeout` seconds.
        """
        driver = self._running()
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def done(outcome: Outcome) -> None:
            if not future.done():
                future.set_result(outcome)

        driver.propose(list(commands), self._deadline(timeout), done)
        return await future

    async def apply(self, command: bytes, timeout: float | None = None) -> Any:
        """Have one command applied; returns what the machine's `apply` returned on this node.

        Raises the machine's own `CommandError`, `ProposalRejectedError` (certainly not applied), `OutcomeUnknownError` (may yet be
        applied, once), `StoppedError`.
        """
        result = (await self.apply_many((command,), timeout))[0]
        if isinstance(result, CommandError):
            raise result
        return result

    async def apply_many(self, commands: Sequence[bytes], timeout: float | None = None) -> list[Any]:
        """As `apply`, for a list that is applied as one unit. A command that the machine refused has its `CommandError` as result."""
        outcome = await self.propose(commands, timeout)
        if isinstance(outcome, Applied):
            if any(isinstance(result, ResultGone) for result in outcome.results):
                raise OutcomeUnknownError("applied, but its result was lost with a snapshot")
            return outcome.results
        if isinstance(outcome, NotApplied):
            if outcome.reason in ("stopping", "failed"):
                raise StoppedError(self._why_stopped())
            raise ProposalRejectedError(outcome.reason, outcome.hint)
        raise OutcomeUnknownError(outcome.reason)

    async def read(self, query: Callable[[M], T], timeout: float | None = None) -> T:
        """Return `query(machine)`, linearizable: it sees every command that was acknowledged anywhere before the call.

        From any node; reads its own machine once a quorum has confirmed who leads. `query` must not change the machine.
        Raises `ReadFailedError`, `StoppedError`.
        """
        driver = self._running()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(answer: Index | ReadFailedError) -> None:
            if future.done():
                return
            if isinstance(answer, ReadFailedError):
                future.set_exception(answer)
                return
            try:
                future.set_result(query(self.machine))
            except Exception as error:
                future.set_exception(error)

        driver.read(self._deadline(timeout), done)
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
    def is_leader(self) -> bool:
        """Whether this node leads and is ready, as far as it knows; another may lead already. Fence what you do with `term`."""
        return self._leadership.now.ready

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

    # What the driver and the network say

    def leader_changed(self, change: LeaderChanged) -> None:
        """Listener: pass it on."""
        _log.info("node %d: leader is %s in term %d%s", self.id, change.leader, change.term, " (ready)" * change.ready)
        self._leadership.changed(change)

    def failed(self, error: BaseException) -> None:
        """Listener: the driver has stopped. Close the connections, so that the others need not wait for us."""
        _log.critical("node %d has stopped: %s", self.id, error)
        self._failure = error
        if self._failed is not None:
            self._failed.set_result(error)
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())

    def explained(self, why: Explain) -> None:
        """Listener: the log of decisions."""
        if _log.isEnabledFor(logging.DEBUG):
            fields = " ".join(f"{name}={value}" for name, value in why.fields.items())
            _log.debug("node %d: %s %s", self.id, why.reason, fields)

    def recorded(self, record: Record) -> None:
        """Listener: not asked for."""

    def connected(self, peer: NodeId) -> None:
        """Network: a link is up."""
        if self._driver is not None:
            self._driver.peer_connected(peer)

    def disconnected(self, peer: NodeId) -> None:
        """Network: a link broke."""
        if self._driver is not None:
            self._driver.peer_disconnected(peer)

    def unreachable(self, peer: NodeId) -> None:
        """Network: the peer's process is gone."""
        if self._driver is not None:
            self._driver.peer_unreachable(peer)

    def received(self, peer: NodeId, message: Message) -> None:
        """Network: a message."""
        if self._driver is not None:
            self._driver.received(peer, message)

    def refused(self, peer: NodeId | None, address: str, reason: str, detail: str) -> None:
        """Network: it has logged this already."""

    def _fail(self, error: BaseException) -> None:
        """A defect in a callback: the node's state is not to be trusted any more."""
        _log.critical("node %d: unexpected error", self.id, exc_info=error)
        if self._driver is not None:
            self._driver.fail(error)

    def _running(self) -> Driver:
        if self._driver is None or self._stopping or self._failure is not None:
            raise StoppedError(self._why_stopped())
        return self._driver

    def _why_stopped(self) -> str:
        if self._failure is not None:
            return f"node {self.id} has failed: {self._failure}"
        if self._stopping:
            return f"node {self.id} is stopping or stopped"
        return f"node {self.id} is not started: use `async with Node(...)` or `await node.start()`"

    def _deadline(self, timeout: float | None) -> Nanos:
        seconds = self._timeout if timeout is None else timeout
        return time.monotonic_ns() + min(int(seconds * SECOND), NEVER)
