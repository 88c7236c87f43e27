"""Proposals, awaited: to the driver, and from its outcomes to results and errors."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError, StoppedError
from quorate.core.ids import Nanos
from quorate.core.keys import MAX_NUMBER, ClientSession, Key, opening
from quorate.core.machine import ResultGone
from quorate.core.outcome import Applied, NotApplied, Outcome
from quorate.runtime.driver import Driver


async def propose(driver: Driver, commands: Sequence[bytes], deadline: Nanos, key: Key | None = None) -> Outcome:
    """What became of the commands, by `deadline` or soon after. Cancelling this does not cancel them."""
    future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def done(outcome: Outcome) -> None:
        if not future.done():
            future.set_result(outcome)

    driver.propose(list(commands), deadline, done, key)
    return await future


def results_of(outcome: Outcome, why_stopped: Callable[[], str]) -> list[Any]:
    """The results, one a command. Raises `ProposalRejectedError`, `OutcomeUnknownError` or `StoppedError`."""
    if isinstance(outcome, Applied):
        if any(isinstance(result, ResultGone) for result in outcome.results):
            raise OutcomeUnknownError("applied, but its result was lost with a snapshot")
        return outcome.results
    if isinstance(outcome, NotApplied):
        if outcome.reason in ("stopping", "failed"):
            raise StoppedError(why_stopped())
        raise ProposalRejectedError(outcome.reason, outcome.hint)
    raise OutcomeUnknownError(outcome.reason)


async def open_session(driver: Driver, deadline: Nanos, why_stopped: Callable[[], str]) -> ClientSession:
    """A new session. Raises as `results_of`; opened without an answer, it is forgotten by and by."""
    key = opening(secrets.randbelow(MAX_NUMBER))
    (opened,) = results_of(await propose(driver, (b"",), deadline, key), why_stopped)
    return ClientSession(opened.index, key.session.nonce)
