"""What to say of that which stops a node."""

from quorate.core.errors import DiskFailedError, MachineFailedError, QuorateError


def disk_failure(error: BaseException) -> BaseException:
    """Of work with the data directory that raised `error`. An error that already says what is wrong stays as it is,
    and so does what the disk is not to blame for."""
    if isinstance(error, QuorateError) or not isinstance(error, OSError):
        return error
    failure = DiskFailedError(
        f"the data directory failed: {error}. The node has stopped, because what the disk holds is not known. "
        "Mend the disk (space, permissions, hardware), then start the node again: it recovers what is durable"
    )
    failure.__cause__ = error
    return failure


def snapshot_failure(error: BaseException) -> BaseException:
    """Of a snapshot that could not be built: the disk's fault, or that of the machine whose state was being read."""
    if isinstance(error, QuorateError | OSError) or not isinstance(error, Exception):
        return disk_failure(error)
    failure = MachineFailedError(
        f"the state machine raised {error!r} while its snapshot was being read; correct what its snapshot() returns "
        "(it must be detached from the live state) and restart, the log is not lost"
    )
    failure.__cause__ = error
    return failure
