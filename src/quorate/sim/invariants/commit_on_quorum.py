"""Committed on a quorum of disks, for ever."""

from quorate.core.algorithm import Inspection
from quorate.core.durable import LogPoint
from quorate.core.ids import Index
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class CommitOnQuorum(Invariant):
    """Looked at when something counts as committed, and whenever a disk may have less than before: a tail is cut, a snapshot replaces
    the log, a process comes back. What is under way to a disk is not on it, and what something under way drops is not any more. By Log
    Matching a disk that holds an entry holds all before it."""

    title = "Committed on a quorum: what counts as committed is on a majority of disks, and is recoverable from one ever after"
    source = "Ongaro and Ousterhout 2014, 5.3 and 5.4; databendlabs/openraft tests-turmoil, committed on a quorum"

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            return
        term = view.log.term_at(index)
        holders = [other.node for other in self.chronicle.views.values() if other.holds(index, term)]
        if not self.chronicle.decides(view.configuration, holders):
            raise self.broken(
                f"node {view.node} commits index {index}, term {term}, which is durable only on nodes {holders}"
            )

    def truncated(self, view: NodeView, index: Index) -> None:
        for dropped in range(index, min(view.log.last, self.chronicle.committed_to) + 1):
            if self.chronicle.committed[dropped][0] == view.log.term_at(dropped) and not self._may_drop(view, dropped):
                raise self.broken(f"node {view.node} drops index {dropped}, which is committed as it stands there")

    def _may_drop(self, view: NodeView, index: Index) -> bool:
        """A node that follows a leader of a term before that of the commit may drop its copy for a time: it was committed without it."""
        term = self.chronicle.committed[index][0]
        views = self.chronicle.views.values()
        others = [other.node for other in views if other is not view and other.holds(index, term)]
        return view.next_term < self.chronicle.commit_terms[index] and self.chronicle.recoverable(others)

    def reset(self, view: NodeView, point: LogPoint) -> None:
        if point.index < view.commit:
            raise self.broken(
                f"node {view.node} goes back to a snapshot of {point.index}, but has committed {view.commit}"
            )
        self.truncated(view, point.index + 1)

    def started(self, view: NodeView, inspection: Inspection) -> None:
        chronicle = self.chronicle
        holders = [other.node for other in chronicle.views.values() if self._reach(other) >= chronicle.committed_to]
        if not chronicle.recoverable(holders):
            by_node = {view.node: self._reach(view) for view in chronicle.views.values()}
            raise self.broken(
                f"node {view.node} came back with a log from {inspection.start_index} on, and now indexes up to "
                f"{chronicle.committed_to} are committed, but disks hold them only up to {by_node}"
            )

    def _reach(self, view: NodeView) -> Index:
        """Up to where the disk holds what is committed."""
        committed, disk = self.chronicle.committed, view.disk
        index = min(disk.last, self.chronicle.committed_to)
        while index > view.covered and committed[index][0] != disk.term_at(index):
            index -= 1
        return max(index, view.covered)
