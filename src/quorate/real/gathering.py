"""Single commands that callers give in one go of the event loop, taken together: a call for all of them costs what a call for one does.

Theory of operation. The first caller of a turn of the loop opens a gathering, those that wait for as long add to it, and at the end of the
turn it goes to the driver as one call, or as several if it is more than fits in an entry. So all of them have one deadline, that of the
first, which is a turn of the loop early for the last. Who comes with another time limit opens another one, and who has a key goes by
itself (`proposing.py`); either sends on first what has gathered, so that commands come in the order of their calls.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

from quorate.core.errors import QuorateError
from quorate.core.ids import Index, Nanos
from quorate.core.machine import CommandError, ResultGone
from quorate.core.outcome import Applied, Outcome
from quorate.real.proposing import by_itself, result_of
from quorate.runtime.calls import Call

SPECIAL = (CommandError, ResultGone)
"""Types of results that are no plain answer."""


class Gathering(Call):
    """`commands[i]` is awaited by `futures[i]`, for `timeout` seconds as its caller said. `size` is known when it is closed."""

    __slots__ = ("futures", "timeout", "why_stopped")

    commands: list[bytes]

    def __init__(self, timeout: float | None, deadline: Nanos, why_stopped: Callable[[], str]) -> None:
        self.timeout = timeout
        self.commands = []
        self.futures: list[asyncio.Future[Any]] = []
        self.size = 0
        self.deadline = deadline
        self.key = None
        self.why_stopped = why_stopped
        self.done = by_itself

    @property
    def callers(self) -> int:
        """How many wait."""
        return len(self.futures)

    def close(self, most_commands: int, most_bytes: int) -> Iterator["Gathering"]:
        """Nobody adds any more. Itself, or parts of it with at most so many commands and bytes, one command at least."""
        self.size = sum(map(len, self.commands))
        if len(self.commands) <= most_commands and self.size <= most_bytes:
            yield self
            return
        part = Gathering(self.timeout, self.deadline, self.why_stopped)
        for command, future in zip(self.commands, self.futures, strict=True):
            if part.commands and (len(part.commands) == most_commands or part.size + len(command) > most_bytes):
                yield part
                part = Gathering(self.timeout, self.deadline, self.why_stopped)
            part.commands.append(command)
            part.futures.append(future)
            part.size += len(command)
        yield part

    def tell(self, result: object, index: Index) -> None:
        """Of one command."""
        self.settle(Applied([result], index))

    def settle(self, outcome: Outcome) -> None:
        """Each gets its own result, or the error that there is in its place. Nobody may be waiting any more."""
        self.done = None
        if isinstance(outcome, Applied) and not any(
            issubclass(kind, SPECIAL) for kind in set(map(type, outcome.results))
        ):
            for future, result in zip(self.futures, outcome.results, strict=True):
                if not future.done():
                    future.set_result(result)
            return
        for number, future in enumerate(self.futures):
            if not future.done():
                self._settle_one(future, number, outcome)

    def _settle_one(self, future: asyncio.Future[Any], number: int, outcome: Outcome) -> None:
        own = Applied([outcome.results[number]], outcome.index) if isinstance(outcome, Applied) else outcome
        try:
            future.set_result(result_of(own, self.why_stopped))
        except (CommandError, QuorateError) as error:
            future.set_exception(error)
