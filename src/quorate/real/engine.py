"""The machinery of a node in the real world: what it is made of, how it starts and stops, and what driver and network tell it.

`Node` (node.py) adds what its user does with it.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from quorate.algorithms.catalog import DEFAULT, find
from quorate.core.configuration import Configuration
from quorate.core.durable import Durable, Identity
from quorate.core.effects import ConfigurationChanged, Explain, LeaderChanged
from quorate.core.errors import ConfigError, DiskFullError, StoppedError
from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.machine import StateMachine
from quorate.core.message import OLDEST_VERSION, Message
from quorate.core.requests import Request
from quorate.machines.sessions import SessionedMachine
from quorate.real.address import Address, parse_address
from quorate.real.asking import ask, hand_over
from quorate.real.backoff import Backoff
from quorate.real.clock import BootClock, MonotonicClock
from quorate.real.disk import RealDisk
from quorate.real.gathering import Gathering
from quorate.real.joining import Answered, join_group, let_in
from quorate.real.leadership import Leadership
from quorate.real.members import Members
from quorate.real.network import Network
from quorate.real.network_limits import NetworkLimits
from quorate.real.no_machine import no_machine
from quorate.real.reading import ReadGathering
from quorate.real.tracing import TRACE_BYTES, Tracing
from quorate.real.world import RealWorld
from quorate.runtime.driver import Driver
from quorate.runtime.options import sort_options
from quorate.runtime.record import Record
from quorate.runtime.snapshots import WARNINGS
from quorate.storage.known_disks import KnownDisks
from quorate.storage.report import RecoveryReport
from quorate.storage.store import Store
from quorate.wire.hello import MAGIC
from quorate.wire.knock import Knock, NotNow

M = TypeVar("M", bound=StateMachine)

_log = logging.getLogger("quorate.node")

DEFAULT_TIMEOUT_S = 10.0
NEVER: Nanos = 1 << 62


class Engine(Generic[M]):
    """See `Node`. Listens to its driver, and to its network."""

    def __init__(
        self,
        *,
        id: NodeId,
        peers: Mapping[NodeId, str],
        join: str = "",
        learner: bool = False,
        replaces: NodeId = 0,
        data_dir: str | Path,
        machine: M | None = None,
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
        if join and len(peers) > 1:
            raise ConfigError("a node that joins a group learns its members there: let peers have only its own address")
        self.id = id
        self.members = Members(self._configuration, self._request)
        self._spec = find(algorithm)
        self.machine: M = machine if machine is not None else no_machine(self._spec)
        self.cluster = cluster
        self.recovery: RecoveryReport | None = None
        self._config, self._limits = sort_options(self._spec, options or {})
        self._clock = BootClock() if self._spec.leases(self._config) else MonotonicClock()
        self._peers = dict(peers)
        self._join = parse_address(join, "join") if join else None
        self._entry = (not learner, replaces)
        self._data_dir = Path(data_dir)
        self._timeout = timeout
        self._timeout_ns = min(int(timeout * SECOND), NEVER)
        self._leadership = Leadership(id)
        self._tracing = Tracing(id, trace, trace_bytes)
        self._seed = secrets.randbits(64)
        self._failure: BaseException | None = None
        self._stopping = False
        self._stopped = False
        self._started_at = time.monotonic()
        self._loop: asyncio.AbstractEventLoop
        self._store: Store | None = None
        self._disk: RealDisk | None = None
        self._known_disks: KnownDisks | None = None
        self._world: RealWorld | None = None
        self._network: Network | None = None
        self._driver: Driver | None = None
        self._closing: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[BaseException] | None = None
        self._joining: asyncio.Task[None] | None = None
        self._gathering: Gathering | None = None
        self._gathering_reads: ReadGathering | None = None

    # Life

    async def __aenter__(self) -> Self:
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
        self._loop = loop = asyncio.get_running_loop()
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
                since=self._spec.since,
                limits=NetworkLimits(max_protocol_version=self._limits.max_protocol_version),
                peers=self._peers,
                owner=self,
                on_disk_seen=self._disk_seen if "membership" in self._spec.features else None,
                on_error=self._fail,
            )
            world = RealWorld(loop, self._network, self._fail, self._clock)
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
            if self._join is not None and self._configuration().member(self.id) is None:
                self._joining = asyncio.ensure_future(self._join_group(self._join, identity))
        except BaseException:
            await self.stop()
            raise

    def _open_store(self) -> Store:
        disk = RealDisk(self._data_dir)
        try:
            self._known_disks = KnownDisks(disk)
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
        members = () if self._join is not None else tuple(sorted(self._peers))
        return Identity(self.cluster, self.id, store.disk_id, store.incarnation, members, tuple(self._peers.items()))

    async def _join_group(self, seed: Address, identity: Identity) -> None:
        """Ask to be let in until somebody does; then the log says who belongs to the group."""
        vote, replaces = self._entry
        version = self._limits.max_protocol_version
        knock = Knock(
            MAGIC, OLDEST_VERSION, version, self.cluster, self._spec.name, self.id, identity.disk, self._peers[self.id],
            vote, replaces,
        )  # fmt: skip
        limits = NetworkLimits()
        backoff = Backoff(limits.backoff_first_ms * MILLISECOND, 10 * limits.backoff_longest_ms * MILLISECOND, Random())
        try:
            group = await join_group(seed, knock, limits, backoff)
        except ConfigError as error:
            if self._driver is not None:
                self._driver.fail(error)
            return
        if self._network is not None and self._configuration().index < group.index:
            self._network.follow(group, committed=False)

    async def stop(self) -> None:
        """Answer every caller, close every connection, finish what is being written. Idempotent."""
        self._stopping = True
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        if self._driver is not None:
            if self._failure is None and len(self._configuration().voters) > 1:
                await hand_over(self._driver, self.id, self._clock.now())
            self._driver.stop()
        self._leadership.close()
        if self._joining is not None:
            self._joining.cancel()
            await asyncio.wait([self._joining])
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

    # What the driver and the network say

    def leader_changed(self, change: LeaderChanged) -> None:
        """Listener: pass it on."""
        _log.info("node %d: leader is %s in term %d%s", self.id, change.leader, change.term, " (ready)" * change.ready)
        self._leadership.changed(change)

    def configuration_changed(self, change: ConfigurationChanged) -> None:
        """Listener: whom to be connected to."""
        _log.info(
            "node %d: the group is %s%s", self.id, change.configuration.ids, "" if change.committed else " from now on"
        )
        if self._network is not None:
            self._network.follow(change.configuration, committed=change.committed)
        if self._known_disks is not None and change.committed and change.configuration.members:
            self._known_disks.forget_all_but(change.configuration.ids)

    def _disk_seen(self, peer: NodeId, disk_id: int) -> bool:
        """Network: a member comes with a data directory that this process has not met."""
        try:
            return self._known_disks is None or self._known_disks.seen(peer, disk_id)
        except (OSError, DiskFullError) as error:
            _log.warning("node %d: cannot note with which data directory node %d has come: %s", self.id, peer, error)
            return True

    def knocked(self, knock: Knock, done: Callable[[Answered], None]) -> None:
        """Network: a newcomer asks to be let in."""
        if self._driver is None or self._stopping:
            done(NotNow("stopping"))
        else:
            let_in(self._driver, knock, self._clock.now(), done)

    def _configuration(self) -> Configuration:
        return self._driver.status().configuration if self._driver is not None else Configuration()

    async def _request(self, request: Request, timeout: float | None) -> None:
        await ask(self._running(), request, self._deadline(timeout))

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
        warned = why.reason in self._spec.warnings or why.reason in WARNINGS
        level = logging.WARNING if warned else logging.DEBUG
        if _log.isEnabledFor(level):
            fields = " ".join(f"{name}={value}" for name, value in why.fields.items())
            _log.log(level, "node %d: %s %s", self.id, why.reason, fields)

    def recorded(self, record: Record) -> None:
        """Listener: not asked for."""

    def connected(self, peer: NodeId, version: int) -> None:
        """Network: a link is up."""
        if self._driver is not None:
            self._driver.peer_connected(peer, version)

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

    def _gather(self, timeout: float | None) -> Gathering:
        """A gathering for the single commands of this turn of the loop that wait for so long."""
        driver, world = self._running(), self._world
        self._send_gathered_to(driver)
        if world is not None:
            world.soon(lambda: driver.take_gathered(self._end_gathering()))
        self._gathering = Gathering(timeout, self._deadline(timeout), self._why_stopped)
        return self._gathering

    def _send_gathered_to(self, driver: Driver) -> None:
        """What is no part of it comes next: the order of calls is kept."""
        for call in self._end_gathering():
            driver.take(call)

    def _end_gathering(self) -> Iterable[Gathering]:
        gathering, self._gathering = self._gathering, None
        limits = self._limits
        return gathering.close(limits.batch_commands, limits.batch_bytes) if gathering is not None else ()

    def _gather_reads(self, timeout: float | None) -> ReadGathering:
        """The same for those that read."""
        driver, world = self._running(), self._world
        driver.take_gathered_reads(self._end_gathering_reads())
        if world is not None:
            world.soon(lambda: driver.take_gathered_reads(self._end_gathering_reads()))
        self._gathering_reads = ReadGathering(timeout, self._deadline(timeout), self.machine)
        return self._gathering_reads

    def _end_gathering_reads(self) -> Iterable[ReadGathering]:
        gathering, self._gathering_reads = self._gathering_reads, None
        return gathering.close(self._limits.queued_reads) if gathering is not None else ()

    def _deadline(self, timeout: float | None) -> Nanos:
        if timeout is None:
            return self._clock.now() + self._timeout_ns
        return self._clock.now() + min(int(timeout * SECOND), NEVER)
