"""What the site asks of the node behind it: the part of `quorate.Node` that serves requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from quorate.core.ids import Term
from quorate.machines.kv import KeyValueMachine
from quorate.real.leadership import LeadershipChange
from quorate.real.status import NodeStatus
from quorate.runtime.counters import Counters

T = TypeVar("T")


class ServedNode(Protocol):
    """A node with a key-value machine. Errors are those of `core/errors.py`."""

    machine: KeyValueMachine
    """This node's own copy: what it holds may be behind the cluster."""

    @property
    def term(self) -> Term:
        """The newest term this node knows."""
        ...

    @property
    def counters(self) -> Counters:
        """What happened since the start."""
        ...

    def apply(self, command: bytes, timeout: float | None = None) -> Coroutine[Any, Any, Any]:
        """Replicate `command` and return the machine's result. `timeout` in seconds."""
        ...

    def read(self, query: Callable[[KeyValueMachine], T], timeout: float | None = None) -> Coroutine[Any, Any, T]:
        """Run `query` on the machine at a moment at which it is linearizable. `timeout` in seconds."""
        ...

    def status(self) -> NodeStatus:
        """Plain data for people and metrics."""
        ...

    def leadership(self) -> AsyncIterator[LeadershipChange]:
        """Every change of leadership this node sees, the present one first."""
        ...
