"""What an election by grants looks like from outside: for whoever checks it."""

from collections.abc import Callable
from typing import Any

from quorate.algorithms.electing.epoch import NODE_BITS, token
from quorate.algorithms.electing.promise import Promise
from quorate.core.algorithm import Grants
from quorate.core.durable import HardState
from quorate.core.ids import NodeId, Term
from quorate.core.message import Message


def counter_of(term: Term) -> int:
    """The counter in a token."""
    return term >> NODE_BITS


def promised_by(hard: HardState) -> Term:
    """What a disk has promised, as a token."""
    return token(hard.promised) if isinstance(hard, Promise) else 0


def is_guarded(config: Any) -> bool:
    """Whether a leader needs a majority."""
    return bool(config.guarded)


def grants_of(granted: Callable[[NodeId, NodeId, Message], tuple[Term, NodeId] | None]) -> Grants:
    """With messages of an algorithm's own, of which `granted` says what they grant."""
    return Grants(is_guarded, counter_of, promised_by, granted)
