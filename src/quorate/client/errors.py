"""What a call on the client can raise, next to `OutcomeUnknownError` of the core."""

from quorate.core.errors import QuorateError


class UnavailableError(QuorateError):
    """No endpoint served the request in time, and certainly none applied it: it is safe to send it again."""


class RefusedError(QuorateError):
    """The server understood the request and refuses it: sending the same again gets the same answer.

    `status`: of HTTP; `error`: the server's short name for it; `hint`: its remedy.
    """

    def __init__(self, status: int, error: str, message: str, hint: str) -> None:
        self.status = status
        self.error = error
        self.message = message
        self.hint = hint
        super().__init__(f"{message}; {hint}" if hint else message)


class UnexpectedAnswerError(QuorateError):
    """What answered is not a quorate server, or one of another age. If it was a write, it may be applied."""
