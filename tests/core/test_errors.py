"""Errors say what is wrong and what to do about it."""

import inspect

import pytest

from quorate.core import errors
from quorate.core.errors import (
    DamagedError,
    DiskFailedError,
    LockedError,
    MismatchError,
    OutcomeUnknownError,
    ProposalRejectedError,
    QuorateError,
    ReadFailedError,
    StorageError,
)

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]


def test_one_except_clause_catches_them_all() -> None:
    assert len(ALL) > 10
    assert all(issubclass(kind, QuorateError) and kind.__doc__ for kind in ALL)
    assert all(kind.__name__.endswith("Error") for kind in ALL)


@pytest.mark.parametrize("kind", [DamagedError, DiskFailedError, LockedError, MismatchError])
def test_everything_about_the_data_directory_is_a_storage_error(kind: type[Exception]) -> None:
    assert issubclass(kind, StorageError)


def test_a_rejection_is_certain_and_names_the_leader_if_one_is_known() -> None:
    assert str(ProposalRejectedError("busy", 3)) == "not applied: busy; the leader is node 3"
    assert str(ProposalRejectedError("no_leader")) == "not applied: no_leader"
    assert (ProposalRejectedError("busy", 3).reason, ProposalRejectedError("busy", 3).hint) == ("busy", 3)


def test_an_unknown_outcome_says_what_may_still_happen() -> None:
    error = OutcomeUnknownError("timeout")
    assert str(error) == "outcome unknown: timeout; it may yet be applied, once: read before writing again"
    assert error.reason == "timeout"


def test_a_failed_read_is_safe_to_ask_again() -> None:
    error = ReadFailedError("timeout", 2)
    assert str(error) == "read not confirmed: timeout; nothing was read, ask again"
    assert (error.reason, error.hint) == ("timeout", 2)


def test_what_a_cluster_without_a_log_cannot_do_is_explained() -> None:
    for error in (ProposalRejectedError("unsupported", 3), ReadFailedError("unsupported", 3)):
        assert "elects a leader and keeps no log" in str(error)
        assert "ask again" not in str(error)
