"""What is said of that which stops a node."""

import errno
from collections.abc import Callable

import pytest

from quorate.core.errors import DamagedError, DiskFailedError, InvariantError, MachineFailedError
from quorate.runtime.failures import disk_failure, snapshot_failure


@pytest.mark.parametrize("tell", [disk_failure, snapshot_failure])
def test_a_disk_that_fails_is_named_with_the_remedy(tell: Callable[[BaseException], BaseException]) -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "wal/1")
    failure = tell(error)
    assert isinstance(failure, DiskFailedError)
    assert "No space left on device" in str(failure)
    assert "then start the node again" in str(failure)
    assert failure.__cause__ is error


@pytest.mark.parametrize("error", [DamagedError("gone bad"), InvariantError("no"), KeyboardInterrupt()])
def test_what_says_itself_what_is_wrong_stays_as_it_is(error: BaseException) -> None:
    assert disk_failure(error) is error
    assert snapshot_failure(error) is error


def test_a_defect_is_not_blamed_on_the_disk() -> None:
    error = TypeError("a defect")
    assert disk_failure(error) is error


def test_what_else_a_snapshot_raises_is_the_machines() -> None:
    error = ZeroDivisionError("in snapshot")
    failure = snapshot_failure(error)
    assert isinstance(failure, MachineFailedError)
    assert "ZeroDivisionError('in snapshot')" in str(failure)
    assert "the log is not lost" in str(failure)
    assert failure.__cause__ is error
