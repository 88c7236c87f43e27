"""A full disk is told from one that fails."""

import errno

import pytest

from quorate.core.errors import DiskFailedError, DiskFullError
from quorate.storage.space import is_out_of_space, needing_space


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_no_space_and_no_quota_are_a_full_disk(code: int) -> None:
    assert is_out_of_space(OSError(code, "no room"))
    with pytest.raises(DiskFullError, match=r"^wal/7: .*free space.*") as caught, needing_space("wal/7"):
        raise OSError(code, "no room")
    assert caught.value.written == 0
    assert not isinstance(caught.value, OSError)


@pytest.mark.parametrize("code", [errno.EIO, errno.EFBIG, errno.EROFS])
def test_other_errors_are_not(code: int) -> None:
    error = OSError(code, "broken")
    assert not is_out_of_space(error)
    with pytest.raises(OSError, match="broken") as caught, needing_space("wal/7"):
        raise error
    assert caught.value is error


def test_only_the_systems_word_counts() -> None:
    assert not is_out_of_space(DiskFailedError("no space left"))
