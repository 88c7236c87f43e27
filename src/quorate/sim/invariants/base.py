"""What every invariant is made of, and the shared memory they check against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from quorate.core.algorithm import Inspection, Status
from quorate.core.durable import Durable, LogPoint
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.view import NodeView


class InvariantBrokenError(AssertionError):
    """Something that must never happen has happened. Names the invariant and its source."""

    def __init__(self, title: str, source: str, detail: str) -> None:
        self.title = title
        self.detail = detail
        super().__init__(f"{title}: {detail} [{source}]")


class Chronicle:
    """What is known of the whole cluster for ever: the first sight of every committed entry."""

    def __init__(self, members: Sequence[NodeId]) -> None:
        self.members = tuple(members)
        self.views: Mapping[NodeId, NodeView] = {node: NodeView(node) for node in members}
        self.committed: dict[Index, tuple[Term, int]] = {}
        self.committed_to: Index = 0

    @property
    def majority(self) -> int:
        return len(self.members) // 2 + 1


class Invariant:
    """One rule. Each method is told of one kind of fact, after the views have taken it in, and raises through `broken`.

    An invariant overrides the methods it needs; the others are never called.
    """

    title: ClassVar[str] = ""
    source: ClassVar[str] = ""

    def __init__(self, chronicle: Chronicle) -> None:
        self.chronicle = chronicle

    def broken(self, detail: str) -> InvariantBrokenError:
        """The exception to raise."""
        return InvariantBrokenError(self.title, self.source, detail)

    def recovered(self, view: NodeView, durable: Durable) -> None:
        """A process is about to start with what its disk gave back; `view` is still that of the process before."""

    def started(self, view: NodeView, inspection: Inspection) -> None:
        """A process has been built and has not stepped yet."""

    def stepped(self, view: NodeView, status: Status) -> None:
        """A step changed role, term, leader, commit or applied; `view` has the values from before it."""

    def appended(self, view: NodeView, entry: Entry, previous_term: Term | None) -> None:
        """An entry was added to the log in memory."""

    def truncated(self, view: NodeView, index: Index) -> None:
        """Entries from `index` on are about to be dropped from the log in memory."""

    def reset(self, view: NodeView, point: LogPoint) -> None:
        """The whole log in memory is about to be replaced by a snapshot's end."""

    def elected(self, view: NodeView) -> None:
        """The node leads `view.term` since this step."""

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        """The node counts the entry at `index`, which is in its log, as committed. `first`: no node did before."""

    def applied(self, view: NodeView, entry: Entry) -> None:
        """The node handed a committed entry to its machine."""

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        """The node replaced its machine's state by a snapshot."""

    def voted(self, view: NodeView, term: Term, candidate: NodeId) -> None:
        """A vote is about to count as durable in `view.durable_votes`."""

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        """A look at everything, now and then and whenever role or term changed."""
