"""What the site asks of the node behind it: the part of `quorate.Node` that serves requests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, Protocol, TypeVar

from quorate.core.consistency import LINEARIZABLE, Consistency, ReadInfo
from quorate.core.ids import Index, NodeId, Term
from quorate.core.keys import ClientSession, Key
from quorate.machines.kv import KeyValueMachine
from quorate.real.backups import SnapshotInfo
from quorate.real.leadership import LeadershipChange
from quorate.real.members import Members
from quorate.real.status import NodeStatus
from quorate.real.why import NodeWhy
from quorate.runtime.counters import Counters

T = TypeVar("T")


class ServedNode(Protocol):
    """A node with a key-value machine. Errors are those of `core/errors.py`."""

    machine: KeyValueMachine
    """This node's own copy: what it holds may be behind the cluster."""

    members: Members
    """Who belongs to the group, and changing that."""

    @property
    def term(self) -> Term:
        """The newest term this node knows."""
        ...

    @property
    def counters(self) -> Counters:
        """What happened since the start."""
        ...

    def apply(
        self, command: bytes, timeout: float | None = None, *, key: Key | None = None
    ) -> Coroutine[Any, Any, Any]:
        """Replicate `command` and return the machine's result; with a `key`, once. `timeout` in seconds."""
        ...

    def open_session(self, timeout: float | None = None) -> Coroutine[Any, Any, ClientSession]:
        """A session for keys. `timeout` in seconds."""
        ...

    @property
    def applied(self) -> Index:
        """The log index that the machine has reached."""
        ...

    def read_with_info(
        self,
        query: Callable[[KeyValueMachine], T],
        timeout: float | None = None,
        *,
        consistency: Consistency = LINEARIZABLE,
    ) -> Coroutine[Any, Any, tuple[T, ReadInfo]]:
        """Run `query` on the machine at a moment at which it is as fresh as asked, and tell how fresh. `timeout` in seconds."""
        ...

    def transfer_leadership(
        self, to: NodeId | None = None, *, only_from: NodeId | None = None, timeout: float | None = None
    ) -> Coroutine[Any, Any, NodeId]:
        """Let `to` lead, or whichever node is best prepared; returns who leads then. `timeout` in seconds."""
        ...

    def report_freshness(self, freshness: int, timeout: float | None = None) -> Coroutine[Any, Any, None]:
        """Tell how new the data on this node is. `timeout` in seconds."""
        ...

    def snapshot(self, timeout: float | None = None) -> Coroutine[Any, Any, SnapshotInfo]:
        """Take a snapshot of what this node has applied. `timeout` in seconds; None: no limit."""
        ...

    def snapshots(self) -> list[SnapshotInfo]:
        """Those on this node's disk, oldest first."""
        ...

    def backup(
        self, timeout: float | None = None, *, consistency: Consistency = LINEARIZABLE
    ) -> AsyncGenerator[bytes, None]:
        """The bytes of a backup, piece by piece. `timeout` in seconds, until it begins."""
        ...

    def status(self) -> NodeStatus:
        """Plain data for people and metrics."""
        ...

    def why(self) -> NodeWhy:
        """Answers to what people ask when something does not go on."""
        ...

    def leadership(self) -> AsyncIterator[LeadershipChange]:
        """Every change of leadership this node sees, the present one first."""
        ...
