"""quorate: choose a leader and keep one log.

    import quorate

    class Counter:
        value = 0

        def apply(self, command: bytes) -> int:
            self.value += int(command)
            return self.value

        def snapshot(self) -> bytes:
            return str(self.value).encode()

        def restore(self, chunks) -> None:
            self.value = int(b"".join(chunks))

    async with quorate.Node(id=1, peers={1: "127.0.0.1:7101"}, data_dir="data/1", machine=Counter()) as node:
        assert await node.apply(b"5") == 5

The names below are the whole public interface; what is not listed here may change.
"""

from quorate.core.errors import (
    ConfigError,
    DamagedError,
    DiskFailedError,
    InvariantError,
    LockedError,
    MachineFailedError,
    MismatchError,
    OutcomeUnknownError,
    ProposalRejectedError,
    ProtocolError,
    QuorateError,
    ReadFailedError,
    StoppedError,
    StorageError,
)
from quorate.core.machine import CommandError, StateMachine
from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
from quorate.machines.kv import KeyValueMachine
from quorate.real.leadership import LeadershipChange
from quorate.real.node import Node
from quorate.real.status import NodeStatus
from quorate.version import __version__

__all__ = [
    "Applied",
    "CommandError",
    "ConfigError",
    "DamagedError",
    "DiskFailedError",
    "InvariantError",
    "KeyValueMachine",
    "LeadershipChange",
    "LockedError",
    "MachineFailedError",
    "MismatchError",
    "Node",
    "NodeStatus",
    "NotApplied",
    "Outcome",
    "OutcomeUnknownError",
    "ProposalRejectedError",
    "ProtocolError",
    "QuorateError",
    "ReadFailedError",
    "StateMachine",
    "StoppedError",
    "StorageError",
    "Unknown",
    "__version__",
]
