"""The simulated `World` of one process: its clock, timer, links and disk lanes. It lives from start to crash."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from random import Random
from typing import Protocol, TypeVar

from quorate.core.ids import Nanos, NodeId
from quorate.core.message import Message
from quorate.runtime.writer import LogWrite
from quorate.sim.clock import Clock
from quorate.sim.disk import SimDisk
from quorate.sim.lane import DiskSettings, Lane
from quorate.sim.network import Network
from quorate.sim.scheduler import Scheduler

T = TypeVar("T")

MAX_TIMER_LATENESS_NS = 200_000
"""A timer fires up to this much late, as an event loop's does."""


class Codec(Protocol):
    """What turns messages into the bytes of the wire and back."""

    def since(self, message: Message) -> int: ...

    def encode(self, message: Message) -> bytes: ...

    def decode(self, data: bytes) -> Message: ...


class Hosted(Protocol):
    """What runs in a world: the driver."""

    def wake(self) -> None: ...

    def received(self, sender: NodeId, message: Message) -> None: ...

    def peer_connected(self, peer: NodeId, version: int) -> None: ...

    def peer_disconnected(self, peer: NodeId) -> None: ...

    def peer_unreachable(self, peer: NodeId) -> None: ...


class SimWorld:
    """Satisfies `runtime.world.World` towards the driver and `sim.network.Endpoint` towards the network.

    Every callback to the process goes through one gate: while the process is paused it waits in the inbox, and when it
    goes on it drains the inbox with the clock as it then is. `sent` is told of each message that goes out, `stored` of
    what each write came to, before the process is.
    """

    def __init__(
        self,
        *,
        node: NodeId,
        scheduler: Scheduler,
        network: Network,
        clock: Clock,
        codec: Codec,
        disk: SimDisk,
        disk_settings: DiskSettings,
        random: Random,
        sent: Callable[[NodeId, Message], None] | None = None,
        stored: Callable[[object], None] | None = None,
    ) -> None:
        self.node = node
        self.disk = disk
        self.alive = True
        self.paused = False
        self._scheduler = scheduler
        self._network = network
        self._clock = clock
        self._codec = codec
        self._random = random
        self._sent = sent
        self._stored = stored
        self._inbox: deque[Callable[[], None]] = deque()
        self._process: Hosted | None = None
        self._deadline: Nanos | None = None
        self._timer_for: Nanos | None = None
        self._timer_number = 0
        self._lanes = tuple(Lane(scheduler, disk_settings, random, self.gate) for _ in range(2))

    # What the driver asks.

    def now(self) -> Nanos:
        return self._clock.local(self._scheduler.now)

    def arm(self, deadline: Nanos | None) -> None:
        self._deadline = deadline
        # A timer that is set for earlier looks at the deadline when it fires, so a later deadline costs nothing now.
        if deadline is not None and (self._timer_for is None or deadline < self._timer_for):
            self._set_timer(deadline)

    def soon(self, callback: Callable[[], None]) -> None:
        self._scheduler.after(0, self.gate, callback)

    def send(self, to: NodeId, message: Message) -> None:
        network = self._network
        if (
            self.alive
            and network.linked(self.node, to)
            and self._codec.since(message) <= network.version(self.node, to)
        ):
            if self._sent is not None:
                self._sent(to, message)
            data = self._codec.encode(message)
            if network.meter is not None:
                network.meter.sent(self.node, to, message, len(data))
            network.send(self.node, to, data)

    def write(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        stored = self._stored

        def tell(result: T | BaseException) -> None:
            if stored is not None:
                stored(result)
            done(result)

        # In the way in which it happens where it is quick, but all at once: a lane's job takes its time, and then has happened.
        self._lanes[0].submit((job.by_halves if isinstance(job, LogWrite) else job, tell))

    def background(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        self._lanes[1].submit((job, done))

    # What the network says.

    def answers(self) -> bool:
        return not self.paused

    def link_up(self, peer: NodeId) -> None:
        version = self._network.version(self.node, peer)
        self.gate(lambda: self.process.peer_connected(peer, version))

    def link_down(self, peer: NodeId) -> None:
        self.gate(lambda: self.process.peer_disconnected(peer))

    def refused(self, peer: NodeId) -> None:
        self.gate(lambda: self.process.peer_unreachable(peer))

    def arrived(self, peer: NodeId, data: bytes) -> None:
        if self.paused or self._inbox:
            self._inbox.append(lambda: self._receive(peer, data))
        elif self.alive:
            self._receive(peer, data)

    # What the simulation does to it.

    @property
    def process(self) -> Hosted:
        """The driver that runs here."""
        if self._process is None:
            raise RuntimeError("nothing runs in this world yet: call run first")
        return self._process

    def run(self, process: Hosted) -> None:
        """Let `process` be the one that is called, and put it on the network."""
        self._process = process
        self._network.attach(self.node, self)

    def gate(self, callback: Callable[[], None]) -> None:
        """Call the process back: now, when it is no longer paused, or never."""
        if not self.alive:
            return
        if self.paused or self._inbox:
            self._inbox.append(callback)
        else:
            callback()

    def pause(self) -> None:
        """Stop the process without a trace; connections stay open and fill."""
        self.paused = True

    def resume(self) -> None:
        """Go on: everything that waited happens now, in order."""
        if not self.paused:
            return
        self.paused = False
        self._scheduler.after(0, self._drain)

    def stall_disk(self) -> None:
        """No disk job completes until `release_disk`."""
        for lane in self._lanes:
            lane.stall()

    def release_disk(self) -> None:
        """Disk jobs complete again."""
        for lane in self._lanes:
            lane.release()

    def ambush_write(self, action: Callable[[], object]) -> None:
        """Call `action` while the next job of the write lane is under way."""
        self._lanes[0].ambush(action)

    def use_disk(self, settings: DiskSettings) -> None:
        """From the next job on, jobs take as long as `settings` say."""
        for lane in self._lanes:
            lane.use(settings)

    def clock_changed(self) -> None:
        """The clock's rate changed: what was armed is due at another world time."""
        if self._deadline is not None:
            self._set_timer(self._deadline)

    def crash(self, *, silent: bool, reset: bool) -> None:
        """The process dies here and now. Running disk jobs die in the middle."""
        self.alive = False
        self._inbox.clear()
        if self._process is not None:
            self._network.detach(self.node, silent=silent, reset=reset)
        for lane in self._lanes:
            lane.crash(self.disk)
        self.disk.release()

    def _receive(self, peer: NodeId, data: bytes) -> None:
        self.process.received(peer, self._codec.decode(data))

    def _drain(self) -> None:
        while self._inbox and self.alive and not self.paused:
            self._inbox.popleft()()

    def _set_timer(self, deadline: Nanos) -> None:
        self._timer_for = deadline
        self._timer_number += 1
        due = self._clock.world(deadline) + int(self._random.random() * MAX_TIMER_LATENESS_NS)
        self._scheduler.at(due, self._timer, self._timer_number)

    def _timer(self, number: int) -> None:
        if number != self._timer_number:
            return
        self._timer_for = None
        if self._deadline is None or not self.alive:
            return
        if self.now() < self._deadline:
            self._set_timer(self._deadline)
        else:
            self.gate(self.process.wake)
