"""From outcomes to results and errors."""

import asyncio
from typing import Any

import pytest

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError, StoppedError
from quorate.core.machine import CommandError, ResultGone
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.real.proposing import AwaitedResult, result_of, results_of


def why_stopped() -> str:
    return "it was time"


def test_what_is_applied_has_results() -> None:
    assert results_of(Applied([1, "b"], 9), why_stopped) == [1, "b"]


@pytest.mark.parametrize(
    ("outcome", "error", "words"),
    [
        (NotApplied("busy"), ProposalRejectedError, "not applied: busy"),
        (NotApplied("not_leader", 2), ProposalRejectedError, "not_leader; the leader is node 2"),
        (NotApplied("session_expired"), ProposalRejectedError, "not applied: session_expired"),
        (NotApplied("stopping"), StoppedError, "it was time"),
        (NotApplied("failed"), StoppedError, "it was time"),
        (Unknown("timeout"), OutcomeUnknownError, "outcome unknown: timeout"),
        (Applied([ResultGone()], 9), OutcomeUnknownError, "its result was lost with a snapshot"),
    ],
)
def test_everything_else_is_an_error_by_name(outcome: Outcome, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        results_of(outcome, why_stopped)


def test_one_command_has_one_result() -> None:
    assert result_of(Applied(["only"], 9), why_stopped) == "only"
    refusal = CommandError("no such account", "unknown")
    with pytest.raises(CommandError, match="no such account"):
        result_of(Applied([refusal], 9), why_stopped)
    with pytest.raises(OutcomeUnknownError, match="lost with a snapshot"):
        result_of(Applied([ResultGone()], 9), why_stopped)
    with pytest.raises(ProposalRejectedError, match="busy"):
        result_of(NotApplied("busy"), why_stopped)


async def test_a_single_command_is_answered_with_its_result_or_its_error_and_once() -> None:
    def call() -> AwaitedResult:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        return AwaitedResult(future, b"x", 7, None, why_stopped)

    told, refused, gone, rejected, left = (call() for _ in range(5))
    assert (told.size, told.commands, told.done is None) == (1, (b"x",), False)
    told.tell("only", 9)
    refused.tell(CommandError("no such account", "unknown"), 9)
    gone.tell(ResultGone(), 9)
    rejected.settle(NotApplied("busy"))
    left.future.cancel()
    left.tell("nobody waits", 9)
    left.settle(NotApplied("stopping"))
    rejected.settle(NotApplied("stopping"))
    assert await told.future == "only"
    with pytest.raises(CommandError, match="no such account"):
        await refused.future
    with pytest.raises(OutcomeUnknownError, match="lost with a snapshot"):
        await gone.future
    with pytest.raises(ProposalRejectedError, match="busy"):
        await rejected.future
    assert [each.done for each in (told, refused, gone, rejected, left)] == [None] * 5
