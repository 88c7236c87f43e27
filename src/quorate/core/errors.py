"""Every error quorate raises on purpose. Each message says what is wrong and what to do about it."""

from quorate.core.ids import NodeId
from quorate.core.keys import Key


class QuorateError(Exception):
    """Base of all errors of this library."""


class ConfigError(QuorateError):
    """A setting is missing, malformed, or does not fit the others."""


class StorageError(QuorateError):
    """The data directory cannot be used. The message names file, offset (where there is one) and remedy."""


class DamagedError(StorageError):
    """Bytes that were acknowledged as durable are no longer what was written."""


class LockedError(StorageError):
    """Another process uses the data directory."""


class MismatchError(StorageError):
    """The data directory belongs to another cluster, node, algorithm or format."""


class DiskFailedError(StorageError):
    """A write or sync failed while running. The node stops: what the disk holds is no longer known."""


class DiskFullError(StorageError):
    """There is no room for a write, and nothing of it was begun: it can be tried again when there is space. `written`: how many of
    the units that it was to hold are durable all the same."""

    written: int = 0


class ProtocolError(QuorateError):
    """A peer sent bytes that are not quorate's protocol, or not for this node. The connection is closed."""


class InvariantError(QuorateError):
    """A rule that must never break is broken. The node halts rather than go on."""


class MachineFailedError(QuorateError):
    """The state machine raised something it did not declare. The node has stopped applying: skipping the command
    would make replicas differ."""


_UNSUPPORTED = {
    "unsupported": ": this cluster's algorithm elects a leader and keeps no log; commands and reads need another `algorithm`"
}


class ProposalRejectedError(QuorateError):
    """The commands are certainly not applied. `reason` is a short name, `hint` the leader to ask, if known."""

    def __init__(self, reason: str, hint: NodeId | None = None) -> None:
        self.reason = reason
        self.hint = hint
        where = f"; the leader is node {hint}" if hint is not None else ""
        super().__init__(f"not applied: {reason}{_UNSUPPORTED.get(reason, where)}")


class OutcomeUnknownError(QuorateError):
    """No answer came in time; the commands may yet be applied, once. Read before you write them again, or, if they had a
    `key`, ask again under it: then they are applied once all the same."""

    def __init__(self, reason: str, key: Key | None = None) -> None:
        self.reason = reason
        self.key = key
        remedy = "read before writing again" if key is None else f"ask again with the idempotency key {key}"
        super().__init__(f"outcome unknown: {reason}; it may yet be applied, once: {remedy}")


class ReadFailedError(QuorateError):
    """A linearizable read could not be confirmed in time. Nothing was read; it is safe to ask again."""

    def __init__(self, reason: str, hint: NodeId | None = None) -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(f"read not confirmed: {reason}{_UNSUPPORTED.get(reason, '; nothing was read, ask again')}")


class TraceError(QuorateError):
    """A trace file cannot be read, or not be replayed. The message names file and line, and what to do."""


class RequestFailedError(QuorateError):
    """What an operator asked of the group was not carried out. `reason` is a short name, `hint` the leader, if known.
    `uncertain`: it may come to pass yet; look at the status before asking again."""

    def __init__(self, reason: str, hint: NodeId | None = None, *, uncertain: bool = False) -> None:
        self.reason = reason
        self.hint = hint
        self.uncertain = uncertain
        where = f"; the leader is node {hint}" if hint is not None else ""
        yet = "; it may come to pass yet: look at the status before you ask again" if uncertain else ""
        super().__init__(f"not carried out: {reason}{where}{yet}")


class StoppedError(QuorateError):
    """The node is stopping or stopped."""
