"""What clients asked and were told, when: the open history that a checker judges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import msgspec

from quorate.core.ids import Nanos

Call = TypeVar("Call")
Answer = TypeVar("Answer")


class Operation(msgspec.Struct, Generic[Call, Answer], frozen=True):
    """One call of one client, from the moment before it was made to the moment after it was answered.

    `returned_ns`: None for an open one, whose outcome is not known: it may take effect at any time after the call, or never; `answer` is
    None then. Times are of one clock for all clients.
    """

    client: int
    call: Call
    called_ns: Nanos
    answer: Answer | None = None
    returned_ns: Nanos | None = None

    @property
    def open(self) -> bool:
        """Whether its outcome is not known."""
        return self.returned_ns is None


class OperationLog(Generic[Call, Answer]):
    """Operations as they are made; a number stands for each."""

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._operations: dict[int, Operation[Call, Answer]] = {}
        self._last = 0

    def called(self, client: int, call: Call) -> int:
        """A client is about to make this call: from now on it may take effect."""
        self._last += 1
        self._operations[self._last] = Operation(client, call, self._now())
        return self._last

    def returned(self, number: int, answer: Answer) -> None:
        """It was answered."""
        operation = self._operations[number]
        self._operations[number] = msgspec.structs.replace(operation, answer=answer, returned_ns=self._now())

    def dropped(self, number: int) -> None:
        """It certainly took no effect, and never will."""
        self._operations.pop(number, None)

    def operations(self) -> list[Operation[Call, Answer]]:
        """All of them, in the order of their calls; those not answered are open."""
        return list(self._operations.values())
