"""Who waits for what."""

from collections.abc import Callable

from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, Nanos
from quorate.core.outcome import Outcome


class Call:
    """One caller's commands. `done` is called exactly once; `settle` sees to that."""

    __slots__ = ("commands", "deadline", "done", "size")

    def __init__(self, commands: list[bytes], deadline: Nanos, done: Callable[[Outcome], None]) -> None:
        self.commands = commands
        self.deadline = deadline
        self.done: Callable[[Outcome], None] | None = done
        self.size = len(commands[0]) if len(commands) == 1 else sum(map(len, commands))

    def settle(self, outcome: Outcome) -> None:
        """Answer, unless it was answered before."""
        done, self.done = self.done, None
        if done is not None:
            done(outcome)


class ReadCall:
    """One caller that wants to read. `done` gets the index that is applied, or why not."""

    __slots__ = ("deadline", "done")

    def __init__(self, deadline: Nanos, done: Callable[[Index | ReadFailedError], None]) -> None:
        self.deadline = deadline
        self.done: Callable[[Index | ReadFailedError], None] | None = done

    def settle(self, answer: Index | ReadFailedError) -> None:
        """Answer, unless it was answered before."""
        done, self.done = self.done, None
        if done is not None:
            done(answer)
