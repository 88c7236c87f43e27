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

import importlib
from typing import TYPE_CHECKING

from quorate.version import __version__

if TYPE_CHECKING:
    from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale
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
        RequestFailedError,
        StoppedError,
        StorageError,
    )
    from quorate.core.keys import ClientSession, Key, Keys
    from quorate.core.machine import CommandError, StateMachine
    from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown
    from quorate.machines.kv import KeyValueMachine
    from quorate.real.leadership import LeadershipChange
    from quorate.real.node import Node
    from quorate.real.status import NodeStatus

__all__ = [
    "Applied",
    "ClientSession",
    "CommandError",
    "ConfigError",
    "Consistency",
    "DamagedError",
    "DiskFailedError",
    "InvariantError",
    "Key",
    "KeyValueMachine",
    "Keys",
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
    "ReadInfo",
    "ReadYourWrites",
    "RequestFailedError",
    "Stale",
    "StateMachine",
    "StoppedError",
    "StorageError",
    "Unknown",
    "__version__",
]

_HOMES = {
    "core.consistency": (
        "Consistency",
        "ReadInfo",
        "ReadYourWrites",
        "Stale",
    ),
    "core.errors": (
        "ConfigError",
        "DamagedError",
        "DiskFailedError",
        "InvariantError",
        "LockedError",
        "MachineFailedError",
        "MismatchError",
        "OutcomeUnknownError",
        "ProposalRejectedError",
        "ProtocolError",
        "QuorateError",
        "ReadFailedError",
        "RequestFailedError",
        "StoppedError",
        "StorageError",
    ),
    "core.keys": (
        "ClientSession",
        "Key",
        "Keys",
    ),
    "core.machine": (
        "CommandError",
        "StateMachine",
    ),
    "core.outcome": (
        "Applied",
        "NotApplied",
        "Outcome",
        "Unknown",
    ),
    "machines.kv": ("KeyValueMachine",),
    "real.leadership": ("LeadershipChange",),
    "real.node": ("Node",),
    "real.status": ("NodeStatus",),
}
"""Names by their modules, imported when they are first used: who needs one part does not wait for all the others."""

_HOME = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # or type checkers would believe that every name is there

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
