"""Refused requests in words."""

from __future__ import annotations

import pytest

from quorate.core.errors import RequestFailedError
from quorate.server.request_problems import _SETTLED, _TRY_AGAIN, problem_of_request


@pytest.mark.parametrize("reason", sorted(_SETTLED))
def test_what_was_decided_is_409_and_says_what_to_do(reason: str) -> None:
    problem = problem_of_request(RequestFailedError(reason, 3))
    assert (problem.status, problem.body.error, problem.body.leader) == (409, reason, 3)
    assert problem.body.message
    assert problem.body.hint
    assert problem.retry_after_s is None


@pytest.mark.parametrize("reason", [*sorted(_TRY_AGAIN), "never heard of"])
def test_what_may_be_asked_again_is_503(reason: str) -> None:
    problem = problem_of_request(RequestFailedError(reason))
    assert (problem.status, problem.body.error, problem.retry_after_s) == (503, reason, 1)
    assert problem.body.hint.startswith("nothing was changed: ")


def test_a_wait_that_was_too_long_is_named_after_what_it_waited_for() -> None:
    problem = problem_of_request(RequestFailedError("timeout (not_ready)"))
    assert (problem.status, problem.body.error) == (503, "not_ready")
    assert "has not yet committed" in problem.body.message


def test_what_may_come_to_pass_yet_is_504() -> None:
    problem = problem_of_request(RequestFailedError("timeout", 1, uncertain=True))
    assert (problem.status, problem.body.error, problem.body.leader) == (504, "outcome_unknown", 1)
    assert "may come to pass yet" in problem.body.hint


def test_what_an_algorithm_cannot_do_is_501() -> None:
    problem = problem_of_request(RequestFailedError("unsupported"))
    assert (problem.status, problem.body.error) == (501, "unsupported")
