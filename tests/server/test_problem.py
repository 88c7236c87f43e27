"""Errors of the floors below as answers to a caller."""

from __future__ import annotations

import pytest

from quorate.core.errors import (
    DamagedError,
    InvariantError,
    OutcomeUnknownError,
    ProposalRejectedError,
    ReadFailedError,
    StoppedError,
)
from quorate.core.machine import CommandError
from quorate.server.problem import GrpcCode, ProblemError, bad_request, internal, problem_of


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (CommandError("key is empty", "empty_key"), 400, "empty_key"),
        (ProposalRejectedError("disk_full"), 503, "disk_full"),
        (ReadFailedError("no_leader", hint=3), 503, "no_leader"),
        (ProposalRejectedError("unsupported"), 501, "unsupported"),
        (ReadFailedError("unsupported"), 501, "unsupported"),
        (StoppedError(), 503, "stopping"),
        (DamagedError("segment 3"), 503, "failed"),
        (OutcomeUnknownError("timeout"), 504, "outcome_unknown"),
    ],
)
def test_each_error_has_a_status_a_name_and_a_remedy(error: Exception, status: int, name: str) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert (problem.status, problem.body.error) == (status, name)
    assert problem.body.message
    assert problem.body.hint
    assert (problem.retry_after_s is not None) == (status == 503)


def test_the_leader_is_named_where_it_is_known() -> None:
    problem = problem_of(ReadFailedError("not_leader", hint=3))
    assert problem is not None
    assert problem.body.leader == 3


def test_only_an_unknown_outcome_says_that_it_may_be_applied() -> None:
    for reason in ("no_leader", "busy", "never heard of"):
        problem = problem_of(ProposalRejectedError(reason))
        assert problem is not None
        assert "nothing was written" in problem.body.hint
    unknown = problem_of(OutcomeUnknownError("timeout"))
    assert unknown is not None
    assert "may yet be applied, once" in unknown.body.message


def test_a_problem_is_its_own_answer() -> None:
    problem = bad_request("wrong", "do right")
    assert problem_of(problem) is problem
    assert isinstance(problem, ProblemError)
    assert str(problem) == "400 bad_request: wrong; do right"


@pytest.mark.parametrize("error", [InvariantError("broken"), KeyError("x"), ValueError("x")])
def test_what_is_not_expected_is_a_fault_of_the_program(error: Exception) -> None:
    assert problem_of(error) is None
    assert (internal().status, internal().body.code) == (500, GrpcCode.INTERNAL)
