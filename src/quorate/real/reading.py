"""Reads, awaited: a query on the node's own machine, at a moment when that is what was asked for."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from quorate.core.consistency import Consistency, ReadInfo
from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, Nanos
from quorate.core.machine import StateMachine
from quorate.runtime.driver import Driver

M = TypeVar("M", bound=StateMachine)
T = TypeVar("T")


class _Reader(Generic[M, T]):
    """Looks when it is told to, and tells what it saw when that may be told."""

    def __init__(self, machine: M, query: Callable[[M], T]) -> None:
        self.future: asyncio.Future[tuple[T, ReadInfo]] = asyncio.get_running_loop().create_future()
        self._machine = machine
        self._query = query
        self._seen: tuple[T, ReadInfo] | Exception | None = None

    def look(self, info: ReadInfo) -> None:
        if self.future.done():
            return
        try:
            self._seen = self._query(self._machine), info
        except Exception as error:
            self._seen = error

    def done(self, answer: Index | ReadFailedError) -> None:
        if self.future.done():
            return
        if isinstance(answer, ReadFailedError):
            self.future.set_exception(answer)
        elif isinstance(self._seen, Exception):
            self.future.set_exception(self._seen)
        elif self._seen is not None:
            self.future.set_result(self._seen)


async def read(
    driver: Driver, machine: M, query: Callable[[M], T], deadline: Nanos, consistency: Consistency
) -> tuple[T, ReadInfo]:
    """What `query(machine)` returned, and how it was answered. Raises `ReadFailedError`, and what `query` raises."""
    reader = _Reader(machine, query)
    driver.read(deadline, reader.done, consistency, reader.look)
    return await reader.future
