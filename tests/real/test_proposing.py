"""From outcomes to results and errors."""

import pytest

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError, StoppedError
from quorate.core.machine import CommandError, ResultGone
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.real.proposing import result_of, results_of


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
