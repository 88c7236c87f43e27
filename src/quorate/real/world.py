"""The real world of one node: the event loop's clock and timer, the network, and two threads for its disk."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, TypeVar

from quorate.core.ids import MILLISECOND, SECOND, Nanos, NodeId
from quorate.core.message import Message
from quorate.real.clock import MonotonicClock
from quorate.real.disk import RealFile
from quorate.real.kernel_sync import open_kernel_sync
from quorate.real.lane import Lane
from quorate.runtime.world import World
from quorate.runtime.writer import LogWrite
from quorate.storage.disk import File

T = TypeVar("T")


class Sender(Protocol):
    """What the world needs of a network."""

    async def start(self) -> None:
        """Begin to listen and to call."""
        ...

    async def stop(self) -> None:
        """Close everything."""
        ...

    def send(self, to: NodeId, message: Message) -> None:
        """Put on the present link; never blocks."""
        ...


class RealWorld(World):
    """All methods belong to the thread of `loop`.

    `on_error` gets every exception that a callback of the driver raises; what is not caught there reaches the loop's
    exception handler. Give the driver's `wake` with `attach` before it arms a deadline.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        network: Sender,
        on_error: Callable[[BaseException], None],
        clock: MonotonicClock | None = None,
    ) -> None:
        self._loop = loop
        self._network = network
        self._on_error = on_error
        self._clock = clock or MonotonicClock()
        self._write_lane = Lane("quorate write lane", loop, on_error)
        self._background_lane = Lane("quorate background lane", loop, on_error)
        self._kernel = open_kernel_sync(loop)
        self._wake: Callable[[], None] | None = None
        self._deadline: Nanos | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: Nanos = 0
        self._stopped = False

    def attach(self, wake: Callable[[], None]) -> None:
        """`wake` is called at the armed deadline."""
        self._wake = wake

    async def start(self) -> None:
        """Open the network. Raises `ConfigError`."""
        await self._network.start()

    async def stop(self) -> None:
        """No more wake-ups; close the network; wait until every job that was given to a lane has run. Idempotent."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        try:
            await self._network.stop()
        finally:
            if self._kernel is not None:
                await self._kernel.stop()
            await self._write_lane.stop()
            await self._background_lane.stop()

    def now(self) -> Nanos:
        """Monotonic time."""
        return self._clock.now()

    def arm(self, deadline: Nanos | None) -> None:
        """See `World.arm`. Deadlines mostly move away, with every message; the timer is left as it is then, and moves on
        when it fires."""
        self._deadline = deadline
        if deadline is None or self._stopped or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._set_timer(deadline)

    def soon(self, callback: Callable[[], None]) -> None:
        """See `World.soon`."""
        self._loop.call_soon(self._guarded, callback)

    def send(self, to: NodeId, message: Message) -> None:
        """See `World.send`."""
        self._network.send(to, message)

    def write(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """See `World.write`. After `stop` the job is not run and `done` gets a `StoppedError`."""
        if self._kernel is not None and isinstance(job, LogWrite):
            # Behind what is ready, so that messages leave before the disk is waited for.
            self._loop.call_soon(self._write_in_halves, job, done)
        else:
            self._write_lane.submit(job, done)

    def background(self, job: Callable[[], T], done: Callable[[T | BaseException], None]) -> None:
        """See `World.background`. After `stop` as `write`."""
        self._background_lane.submit(job, done)

    def _write_in_halves(self, job: LogWrite, done: Callable[[Any], None]) -> None:
        try:
            file = job.put()
        except Exception as error:
            self._guarded(partial(done, error))
            return
        if file is None:
            self._write_lane.submit(job, done)
            return
        over = partial(self._synced, job, done)
        if self._kernel is None or not isinstance(file, RealFile) or not self._kernel.sync(file.descriptor, over):
            self._write_lane.submit(partial(_sync, file), over)

    def _synced(self, job: LogWrite, done: Callable[[Any], None], error: OSError | None) -> None:
        try:
            result: Any = job.synced(error)
        except Exception as failure:
            result = failure
        self._guarded(partial(done, result))

    def _set_timer(self, deadline: Nanos) -> None:
        # Whole milliseconds, upwards: uvloop's timers know no less, and one that is early would be set again at once.
        delay_ms = max(0, -((self._clock.now() - deadline) // MILLISECOND))
        self._timer_at = deadline
        self._timer = self._loop.call_at(self._loop.time() + delay_ms * MILLISECOND / SECOND, self._fire)

    def _fire(self) -> None:
        self._timer = None
        deadline = self._deadline
        if deadline is None:
            return
        if self._clock.now() < deadline:
            self._set_timer(deadline)
            return
        self._deadline = None
        if self._wake is not None:
            self._guarded(self._wake)

    def _guarded(self, callback: Callable[[], None]) -> None:
        try:
            callback()
        except Exception as error:
            self._on_error(error)


def _sync(file: File) -> OSError | None:
    try:
        file.sync()
    except OSError as error:
        return error
    return None
