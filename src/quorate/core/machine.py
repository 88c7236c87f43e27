"""What a replicated state machine is."""

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

import msgspec


class CommandError(Exception):
    """A state machine's declared refusal of a command: raise it from `apply` and it becomes the command's result,
    the same on every node, and is raised again at the caller. It must not have changed the state."""

    def __init__(self, message: str, code: str = "refused") -> None:
        self.message = message
        self.code = code
        super().__init__(message)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CommandError) and (self.message, self.code) == (other.message, other.code)

    def __hash__(self) -> int:
        return hash((self.message, self.code))


class ResultGone(msgspec.Struct, frozen=True):
    """Stands for a result that a snapshot could not carry: the command was applied, what it returned is not known."""


@runtime_checkable
class StateMachine(Protocol):
    """A deterministic function of the commands applied to it: no clock, no randomness, no I/O, no hash order.

    Source of the shape: hashicorp/raft's FSM (Apply, Snapshot, Restore).
    """

    def apply(self, command: bytes) -> Any:
        """Carry out one command and return its result (None, bool, int, float, str, bytes, lists, dicts, or
        anything msgspec can encode, if it is to survive a snapshot). Raise `CommandError` to refuse the command.
        Any other exception stops the node's applying."""
        ...

    def snapshot(self) -> bytes | Iterable[bytes]:
        """The whole state, as bytes. What is returned must be detached from the live state: it is consumed on
        another thread while later commands are applied. A generator is drained at once, before the next command."""
        ...

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace the whole state by that of a snapshot. Chunk borders mean nothing."""
        ...
