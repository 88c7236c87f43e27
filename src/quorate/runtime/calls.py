"""Who waits for what."""

from collections.abc import Callable, Sequence

from quorate.core.consistency import LINEARIZABLE, Consistency, Level, ReadInfo
from quorate.core.errors import ReadFailedError
from quorate.core.ids import Index, Nanos
from quorate.core.keys import Key, KeyRefused
from quorate.core.outcome import Applied, NotApplied, Outcome


class Call:
    """One caller's commands. `done` is called exactly once; `settle` sees to that. `key`: of a request that may be sent again."""

    __slots__ = ("commands", "deadline", "done", "key", "size")

    def __init__(
        self, commands: Sequence[bytes], deadline: Nanos, done: Callable[[Outcome], None], key: Key | None = None
    ) -> None:
        self.commands: Sequence[bytes] = commands
        self.deadline = deadline
        self.key = key
        self.done: Callable[[Outcome], None] | None = done
        self.size = len(commands[0]) if len(commands) == 1 else sum(map(len, commands))

    @property
    def callers(self) -> int:
        """How many wait for it."""
        return 1

    def settle(self, outcome: Outcome) -> None:
        """Answer, unless it was answered before."""
        done, self.done = self.done, None
        if done is not None:
            done(outcome)

    def tell(self, result: object, index: Index) -> None:
        """Answer a call of one command, without a key, that was not answered before."""
        self.settle(Applied([result], index))

    def outcome_of(self, results: list[object], index: Index) -> Outcome:
        """What these results of the commands mean."""
        if self.key is not None and results and isinstance(results[0], KeyRefused):
            return NotApplied(results[0].reason)
        return Applied(results, index)


def see_nothing(_info: ReadInfo) -> None:
    """The look of a reader that looks when it is done."""


class ReadCall:
    """A caller that wants to read. `done` gets the index that is applied, or why not. Before that `look` is called, when the machine may
    be looked at; what it saw the last time counts, if there is an index at all. `answered`: the level by which it is to be answered."""

    __slots__ = ("answered", "consistency", "deadline", "done", "look")

    def __init__(
        self,
        deadline: Nanos,
        done: Callable[[Index | ReadFailedError], None],
        consistency: Consistency = LINEARIZABLE,
        look: Callable[[ReadInfo], None] = see_nothing,
    ) -> None:
        self.deadline = deadline
        self.consistency = consistency
        self.answered: Level = LINEARIZABLE
        self.look = look
        self.done: Callable[[Index | ReadFailedError], None] | None = done

    @property
    def readers(self) -> int:
        """How many wait for it."""
        return 1

    def settle(self, answer: Index | ReadFailedError) -> None:
        """Answer, unless it was answered before."""
        done, self.done = self.done, None
        if done is not None:
            done(answer)
