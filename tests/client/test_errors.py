"""What the client's errors say."""

from __future__ import annotations

from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.core.errors import QuorateError


def test_a_refusal_carries_the_servers_words_and_remedy() -> None:
    error = RefusedError(400, "empty_key", "key is empty", "give it a byte")
    assert (error.status, error.error, str(error)) == (400, "empty_key", "key is empty; give it a byte")
    assert str(RefusedError(400, "x", "wrong", "")) == "wrong"


def test_all_are_quorates_own() -> None:
    for kind in (RefusedError, UnavailableError, UnexpectedAnswerError):
        assert issubclass(kind, QuorateError)
