"""What a caller is told about a proposal. An outcome is a type, never a bare boolean or None."""

from typing import Any, TypeAlias

import msgspec

from quorate.core.ids import Index, NodeId


class Applied(msgspec.Struct, frozen=True):
    """The commands are applied on the node that answers, at `index`; `results` has one result a command.

    A result that is a `CommandError` is the machine's own refusal: the command is in the log and changed nothing.
    """

    results: list[Any]
    index: Index


class NotApplied(msgspec.Struct, frozen=True):
    """Certainly not applied, and never will be. `hint`: the leader to ask, if one is known."""

    reason: str
    hint: NodeId | None = None


class Unknown(msgspec.Struct, frozen=True):
    """No answer in time; the commands may yet be applied, once."""

    reason: str


Outcome: TypeAlias = Applied | NotApplied | Unknown
