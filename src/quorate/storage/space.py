"""What a full disk does to a log: a write for which there is no room is refused before anything of it is written."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from quorate.core.errors import DiskFullError

_CODES = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_out_of_space(error: BaseException) -> bool:
    """Whether the disk, or this user's share of it, is full; a file that may not grow (EFBIG) is another matter."""
    return isinstance(error, OSError) and error.errno in _CODES


@contextmanager
def needing_space(path: str) -> Iterator[None]:
    """For what only makes room: if the disk is full, `DiskFullError` says that nothing was written. Other errors pass."""
    try:
        yield
    except OSError as error:
        if not is_out_of_space(error):
            raise
        raise DiskFullError(
            f"{path}: there is no room on the disk for the next write to the log ({error}). Nothing of it was written and nothing is "
            "lost: free space, or enlarge the disk; a node that runs goes on by itself, one that did not start must be started again"
        ) from error
