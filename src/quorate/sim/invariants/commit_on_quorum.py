"""Committed on a quorum of disks."""

from quorate.core.durable import LogPoint
from quorate.core.ids import Index
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class CommitOnQuorum(Invariant):
    title = "Committed on a quorum: what counts as committed is durable on a majority of disks, and stays there"
    source = "Ongaro and Ousterhout 2014, 5.3 and 5.4; databendlabs/openraft tests-turmoil, committed on a quorum"

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            return
        term = view.log.term_at(index)
        holders = [
            other.node
            for other in self.chronicle.views.values()
            if other.disk.term_at(index) == term or other.disk.start > index
        ]
        if len(holders) < self.chronicle.majority:
            raise self.broken(
                f"node {view.node} commits index {index}, term {term}, which is durable only on nodes {holders}"
            )

    def truncated(self, view: NodeView, index: Index) -> None:
        committed = self.chronicle.committed
        for dropped in range(index, min(view.log.last, self.chronicle.committed_to) + 1):
            if committed[dropped][0] == view.log.term_at(dropped):
                raise self.broken(f"node {view.node} drops index {dropped}, which is committed as it stands there")

    def reset(self, view: NodeView, point: LogPoint) -> None:
        if point.index < view.commit:
            raise self.broken(
                f"node {view.node} goes back to a snapshot of {point.index}, but has committed {view.commit}"
            )
