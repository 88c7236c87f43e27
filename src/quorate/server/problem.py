"""What a caller is told when a request fails: a status code, a short name, and what to do."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from quorate.core.errors import (
    MachineFailedError,
    OutcomeUnknownError,
    ProposalRejectedError,
    QuorateError,
    ReadFailedError,
    StoppedError,
    StorageError,
)
from quorate.core.keys import KEY_REUSED, SESSION_EXPIRED
from quorate.core.machine import CommandError


class GrpcCode(IntEnum):
    """The numbers that etcd's gateway puts into `code`. Source: google/rpc/code.proto."""

    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14


class ProblemBody(msgspec.Struct, frozen=True):
    """The body of every answer that is not 2xx. `error`: a short name for programs; `hint`: the remedy, for people.

    `code`: the gRPC code, as in etcd's gateway. `leader`: the node to ask, where one is known.
    """

    error: str
    code: int
    message: str
    hint: str
    leader: int | None = None


class ProblemError(QuorateError):
    """A request that is answered with `status` and `body`. `retry_after_s`: for `Retry-After`, where waiting helps."""

    def __init__(self, status: int, body: ProblemBody, *, retry_after_s: int | None = None, allow: str = "") -> None:
        self.status = status
        self.body = body
        self.retry_after_s = retry_after_s
        self.allow = allow
        super().__init__(f"{status} {body.error}: {body.message}; {body.hint}")


def bad_request(message: str, hint: str, error: str = "bad_request") -> ProblemError:
    """400: the same bytes will never be served."""
    return ProblemError(400, ProblemBody(error, GrpcCode.INVALID_ARGUMENT, message, hint))


def unsupported(message: str, hint: str) -> ProblemError:
    """501: well understood, and not offered."""
    return ProblemError(501, ProblemBody("unsupported", GrpcCode.UNIMPLEMENTED, message, hint))


def too_large(limit: int) -> ProblemError:
    """413: the body is over the bound."""
    return ProblemError(
        413,
        ProblemBody(
            "too_large",
            GrpcCode.INVALID_ARGUMENT,
            f"the request is larger than {limit} bytes",
            "send smaller values, or raise http.max_request_bytes on every node",
        ),
    )


def unavailable(error: str, message: str, hint: str, leader: int | None = None) -> ProblemError:
    """503: nothing was done, and the same request may be sent again, here or to another node."""
    return ProblemError(503, ProblemBody(error, GrpcCode.UNAVAILABLE, message, hint, leader), retry_after_s=1)


def overloaded(limit: int) -> ProblemError:
    """503: too many requests under way on this node."""
    return unavailable(
        "overloaded",
        f"{limit} requests are under way on this node",
        "send again after a pause, or to another node; http.max_in_flight is the bound",
    )


def slow_request(seconds: float) -> ProblemError:
    """408: the request itself did not arrive in time."""
    return ProblemError(
        408,
        ProblemBody(
            "slow_request",
            GrpcCode.DEADLINE_EXCEEDED,
            f"the request did not arrive whole within {seconds:g} s",
            "nothing was done: send it again, faster",
        ),
    )


def internal() -> ProblemError:
    """500: a fault of this program."""
    return ProblemError(
        500,
        ProblemBody(
            "internal",
            GrpcCode.INTERNAL,
            "the request met a fault in this program; a write may or may not be applied",
            "the node's log has the details; read before writing again",
        ),
    )


_REJECTED = {
    "no_leader": ("the cluster has no leader now", "send it again shortly; GET /status says why there is none"),
    "not_leader": ("leadership is moving", "send it again shortly"),
    "timeout_before_proposed": ("this node had too much to do to propose it in time", "send it again after a pause"),
    "removed": ("this node is no member of the cluster any more", "send it to another node"),
    "stopping": ("this node is stopping", "send it to another node"),
    "member_too_old": (
        "the release of a member is too old for keys",
        "upgrade every member first, or send it without a key",
    ),
    "busy": ("this node has as much under way as it may", "send it again after a pause"),
    "transferring": (
        "leadership is being handed over",
        "send it again shortly: that ends within an election timeout; GET /v1/why says to whom, and what it waits for",
    ),
    "disk_full": (
        "the disk of this node, or those of a majority, have no room for more",
        "send it to another node, or free space: a full node serves reads, and goes on by itself when there is room",
    ),
}


_KEYS = {
    SESSION_EXPIRED: (
        409,
        "the session of this key is not known any more, or has let go of this request",
        (
            "not applied now. If it was sent before under this key, read before you write again; "
            "else open a session with POST /v1/session and send it with a key of that one"
        ),
    ),
    KEY_REUSED: (
        422,
        "another request was applied under this key",
        "nothing was written: number each request of a session anew",
    ),
}


def _rejected(error: ProposalRejectedError) -> ProblemError:
    if error.reason in _KEYS:
        status, message, hint = _KEYS[error.reason]
        return ProblemError(status, ProblemBody(error.reason, GrpcCode.FAILED_PRECONDITION, message, hint))
    if error.reason == "too_large":
        body = ProblemBody(
            "too_large",
            GrpcCode.INVALID_ARGUMENT,
            "the command is larger than one log entry may be",
            "nothing was written: send smaller values",
        )
        return ProblemError(413, body)
    if error.reason == "unsupported":
        return _no_log()
    message, hint = _REJECTED.get(error.reason, (f"not applied: {error.reason}", "send it again shortly"))
    return unavailable(error.reason, message, f"nothing was written: {hint}", error.hint)


def _no_log() -> ProblemError:
    return unsupported(
        "this cluster's algorithm elects a leader and keeps no log",
        'run the key-value store with an algorithm that keeps a log: algorithm = "raft"',
    )


def unknown(error: OutcomeUnknownError, hint: str = "read the key before writing it again") -> ProblemError:
    """504: the write may yet be applied, once."""
    message = f"no answer in time ({error.reason}); the write may yet be applied, once"
    return ProblemError(504, ProblemBody("outcome_unknown", GrpcCode.DEADLINE_EXCEEDED, message, hint))


def problem_of(error: Exception) -> ProblemError | None:
    """The answer for an error of the floors below; None: not one of ours, so a fault of this program."""
    match error:
        case ProblemError():
            return error
        case CommandError():
            return bad_request(error.message, "correct the request; nothing was changed", error.code)
        case ProposalRejectedError():
            return _rejected(error)
        case OutcomeUnknownError():
            return unknown(error)
        case ReadFailedError(reason="unsupported"):
            return _no_log()
        case ReadFailedError():
            message = f"the read was not confirmed: {error.reason}"
            hint = "ask again shortly, or ask for a local, possibly stale answer with ?consistency=local"
            return unavailable(error.reason, message, hint, error.hint)
        case StoppedError():
            return unavailable("stopping", str(error) or "this node is stopping", "send it to another node")
        case MachineFailedError() | StorageError():
            hint = "send it to another node; this node's log names the cause and the remedy"
            return unavailable("failed", f"this node has failed: {error}", hint)
        case _:
            return None
