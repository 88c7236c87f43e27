"""Reads, awaited: a query on the node's own machine, at a moment when that is what was asked for.

Linearizable reads that come in one go of the event loop, and wait for as long, are one call of the driver: they share their question
anyhow, and a call costs more than all else that is done for a read here. What `gathering.py` says of deadlines holds here too.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, Nanos
from quorate.core.machine import StateMachine
from quorate.real.proposing import by_itself
from quorate.runtime.calls import ReadCall
from quorate.runtime.driver import Driver

M = TypeVar("M", bound=StateMachine)
T = TypeVar("T")


class ReadGathering(ReadCall):
    """`queries[i]` is awaited by `futures[i]`, for `timeout` seconds as its caller said: with what it returned, and how."""

    __slots__ = ("_machine", "futures", "queries", "timeout")

    def __init__(self, timeout: float | None, deadline: Nanos, machine: StateMachine) -> None:
        self.timeout = timeout
        self.deadline = deadline
        self.consistency = self.answered = LINEARIZABLE
        self.queries: list[Callable[[Any], Any]] = []
        self.futures: list[asyncio.Future[tuple[Any, ReadInfo]]] = []
        self.done = by_itself
        self._machine = machine

    @property
    def readers(self) -> int:
        """How many wait."""
        return len(self.futures)

    def close(self, most: int) -> Iterator["ReadGathering"]:
        """Nobody adds any more. Itself, or parts of it with at most so many readers."""
        if len(self.futures) <= most:
            yield self
            return
        for first in range(0, len(self.futures), most):
            part = ReadGathering(self.timeout, self.deadline, self._machine)
            part.queries = self.queries[first : first + most]
            part.futures = self.futures[first : first + most]
            yield part

    def look(self, info: ReadInfo) -> None:
        """All of them, now: it is a moment at which they may be told at once."""
        machine = self._machine
        for query, future in zip(self.queries, self.futures, strict=True):
            if future.done():
                continue
            try:
                future.set_result((query(machine), info))
            except Exception as error:
                future.set_exception(error)

    def settle(self, answer: Index | ReadFailedError) -> None:
        """Who has seen nothing is told why. Nobody may be waiting any more."""
        self.done = None
        if isinstance(answer, ReadFailedError):
            for future in self.futures:
                if not future.done():
                    future.set_exception(ReadFailedError(answer.reason, answer.hint))


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
