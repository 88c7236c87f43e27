"""A writer that goes on while leaders come and go, and tells for how long nothing was acknowledged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from time import monotonic

from quorate import Node
from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError
from quorate.core.machine import StateMachine

STEADY = 20
"""So many writes are acknowledged before and after, so that neither the start nor the first hiccup is all there is to see."""

TIMEOUT_S = 10.0


class Writer:
    """Writes one after the other, each awaited, from its making on. Asked again if it was refused, or nobody knows."""

    def __init__(self, node: Node[StateMachine], command: bytes) -> None:
        self._node = node
        self._command = command
        self._acknowledged: list[tuple[float, int | None]] = []
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._write())

    async def steady(self) -> int:
        """Returns when writes are acknowledged steadily: how many were."""
        await self._when(lambda: len(self._acknowledged) >= STEADY)
        return len(self._acknowledged)

    async def end(self, *, but: int, since: float) -> float:
        """Returns when a leader other than `but` has acknowledged several writes: the longest time without, of those that
        ended after `since`."""
        try:
            await self._when(lambda: self._led_by_another(but, since) >= STEADY)
        finally:
            self._task.cancel()
            await asyncio.wait([self._task])
        return longest_gap([at for at, _ in self._acknowledged], since)

    def _led_by_another(self, but: int, since: float) -> int:
        return sum(at > since and leader not in (None, but) for at, leader in self._acknowledged[-2 * STEADY :])

    async def _when(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait([news, self._task], return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if self._task.done():
                self._task.result()

    async def _write(self) -> None:
        while True:
            await write_once(self._node, self._command, monotonic() + 6 * TIMEOUT_S)
            self._acknowledged.append((monotonic(), self._node.leader))
            self._news.set()


async def write_once(node: Node[StateMachine], command: bytes, deadline: float) -> None:
    """Until it is acknowledged. Raises what the node raises if that was not until `deadline`, and `StoppedError` at once."""
    while True:
        try:
            await node.apply(command, TIMEOUT_S)
        except (ProposalRejectedError, OutcomeUnknownError):
            if monotonic() > deadline:
                raise
        else:
            return


def longest_gap(times: list[float], since: float) -> float:
    """Between two that follow each other, of which the second is after `since`; 0 if there is none."""
    return max((later - at for at, later in pairwise(times) if later > since), default=0.0)
