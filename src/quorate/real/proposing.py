"""Proposals, awaited: to the driver, and from its outcomes to results and errors."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError, QuorateError, StoppedError
from quorate.core.ids import Index, Nanos
from quorate.core.keys import MAX_NUMBER, ClientSession, Key, opening
from quorate.core.machine import CommandError, ResultGone
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.runtime.calls import Call
from quorate.runtime.driver import Driver


def by_itself(_answer: object) -> None:
    """In place of `done`, which says whether a call is open, where `settle` does the work itself: one object for all calls."""


class Awaited(Call):
    """A call whose outcome is awaited: `future` gets it. Cancelling that does not cancel the commands."""

    __slots__ = ("future",)

    def __init__(
        self, future: asyncio.Future[Outcome], commands: Sequence[bytes], size: int, deadline: Nanos, key: Key | None
    ) -> None:
        # Every write passes here, so it is all done in one go. `size`: that of the commands.
        self.future = future
        self.commands = commands
        self.size = size
        self.deadline = deadline
        self.key = key
        self.done = by_itself

    def settle(self, outcome: Outcome) -> None:
        """Nobody may be waiting any more."""
        self.done = None
        if not self.future.done():
            self.future.set_result(outcome)


class AwaitedResult(Call):
    """A call of one command whose result is awaited, or the error that there is in its place: as `Node.apply` has them."""

    __slots__ = ("future", "why_stopped")

    def __init__(
        self,
        future: asyncio.Future[Any],
        command: bytes,
        deadline: Nanos,
        key: Key | None,
        why_stopped: Callable[[], str],
    ) -> None:
        # As above.
        self.future = future
        self.commands = (command,)
        self.size = len(command)
        self.deadline = deadline
        self.key = key
        self.why_stopped = why_stopped
        self.done = by_itself

    def tell(self, result: object, index: Index) -> None:
        """The machine's answer, without a word about the outcome around it."""
        self.done = None
        if type(result) is ResultGone or isinstance(result, CommandError):
            self.settle(Applied([result], index))
        elif not self.future.done():
            self.future.set_result(result)

    def settle(self, outcome: Outcome) -> None:
        """Nobody may be waiting any more."""
        self.done = None
        if self.future.done():
            return
        try:
            self.future.set_result(result_of(outcome, self.why_stopped))
        except (CommandError, QuorateError) as error:
            self.future.set_exception(error)


def propose(
    driver: Driver, commands: Sequence[bytes], deadline: Nanos, key: Key | None = None
) -> asyncio.Future[Outcome]:
    """What will have become of the commands, by `deadline` or soon after."""
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    driver.take(Awaited(future, commands, sum(map(len, commands)), deadline, key))
    return future


def result_of(outcome: Outcome, why_stopped: Callable[[], str]) -> Any:
    """That of the only command. Raises as `results_of`, and the machine's `CommandError`."""
    result = outcome.results[0] if type(outcome) is Applied else results_of(outcome, why_stopped)[0]
    if isinstance(result, CommandError):
        raise result
    if type(result) is ResultGone:
        raise OutcomeUnknownError(GONE)
    return result


def results_of(outcome: Outcome, why_stopped: Callable[[], str]) -> list[Any]:
    """The results, one a command. Raises `ProposalRejectedError`, `OutcomeUnknownError` or `StoppedError`."""
    if isinstance(outcome, Applied):
        if ResultGone in set(map(type, outcome.results)):
            raise OutcomeUnknownError(GONE)
        return outcome.results
    if isinstance(outcome, NotApplied):
        if outcome.reason in ("stopping", "failed"):
            raise StoppedError(why_stopped())
        raise ProposalRejectedError(outcome.reason, outcome.hint)
    raise OutcomeUnknownError(outcome.reason)


GONE = "applied, but its result was lost with a snapshot"


async def open_session(driver: Driver, deadline: Nanos, why_stopped: Callable[[], str]) -> ClientSession:
    """A new session. Raises as `results_of`; opened without an answer, it is forgotten by and by."""
    key = opening(secrets.randbelow(MAX_NUMBER))
    outcome = await propose(driver, (b"",), deadline, key)
    (opened,) = results_of(outcome, why_stopped)
    return ClientSession(opened.index, key.session.nonce)
