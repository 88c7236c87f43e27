"""Syncs that the kernel carries out by itself while the event loop goes on: Linux's asynchronous I/O.

A thread would do, but between a thread that has finished and the loop stands the interpreter's lock: measured, handing a write to a thread
and hearing of its end takes 0.11 ms, as long as the sync of a fast disk, and up to 5 ms while the loop is busy. Here it is 0.015 ms, and
a disk that hangs holds nobody up.
"""

import asyncio
import errno
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

SYNCS = 8
"""Under way at most; a node has one."""

REFUSALS = (OSError, OverflowError, RuntimeError, SystemError, ValueError)
"""What the library raises for what the kernel does not do."""

Told = Callable[[OSError | None], None]


class _Operation(Protocol):
    def set_callback(self, callback: Callable[[int], object]) -> bool: ...

    def get_value(self) -> object: ...


class _Context(Protocol):
    @property
    def fileno(self) -> int: ...

    def submit(self, *operations: _Operation) -> int: ...

    def poll(self) -> int: ...

    def process_events(self) -> int: ...


class KernelSync:
    """All methods belong to the loop's thread. Made by `open_kernel_sync`; `stop` it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, context: _Context, fdsync: Callable[[int], _Operation]) -> None:
        self._loop = loop
        self._context = context
        self._fdsync = fdsync
        self._under_way: dict[_Operation, Told] = {}
        self._ended: list[_Operation] = []
        self._idle: asyncio.Future[None] | None = None
        self._stopped = False
        loop.add_reader(context.fileno, self._ready)

    def sync(self, descriptor: int, told: Told) -> bool:
        """Begin to sync a file's data; `told` is called on the loop, later, with what went wrong, or None. False: the kernel does not take
        it, or `stop` was called, and `told` never is. It must not raise."""
        if self._stopped:
            return False
        operation = self._fdsync(descriptor)
        operation.set_callback(lambda _result: self._ended.append(operation))
        try:
            if self._context.submit(operation) != 1:
                return False
        except REFUSALS:
            # Busy, or a file system that cannot: the caller has another way, which says what is wrong if anything is.
            return False
        self._under_way[operation] = told
        return True

    async def stop(self) -> None:
        """Take no more; wait until what is under way is over, and was told. Idempotent."""
        if self._stopped:
            return
        self._stopped = True
        if self._under_way:
            self._idle = self._loop.create_future()
            await self._idle
        self._loop.remove_reader(self._context.fileno)

    def _ready(self) -> None:
        # The counter may have been read with an earlier event; what has ended is taken all the same.
        with suppress(BlockingIOError):
            self._context.poll()
        while self._context.process_events():
            pass
        ended, self._ended = self._ended, []
        for operation in ended:
            self._under_way.pop(operation)(_error_of(operation))
        if self._idle is not None and not self._under_way and not self._idle.done():
            self._idle.set_result(None)


def _error_of(operation: _Operation) -> OSError | None:
    """The library gives no number, only words."""
    try:
        operation.get_value()
    except SystemError as error:
        return OSError(errno.EIO, str(error))
    return None


def open_kernel_sync(loop: asyncio.AbstractEventLoop) -> KernelSync | None:
    """None where there is no such thing: another system, or a container that forbids it."""
    try:
        from caio.linux_aio import Context, Operation
    except ImportError:
        return None
    try:
        return KernelSync(loop, Context(max_requests=SYNCS), Operation.fdsync)
    except REFUSALS:
        return None
