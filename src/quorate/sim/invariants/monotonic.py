"""What only rises."""

from quorate.core.algorithm import Status
from quorate.core.entry import Entry
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class Monotonic(Invariant):
    title = "Monotonic: in one process, term, commit and applied never fall, and each index is applied once, in order"
    needs_log = False
    source = (
        "Ongaro and Ousterhout 2014, Figure 2; databendlabs/openraft tests-turmoil, monotonic term, commit and applied"
    )

    def stepped(self, view: NodeView, status: Status) -> None:
        if status.term < view.term or status.commit < view.commit or status.applied < view.applied:
            raise self.broken(
                f"node {view.node} went from (term, commit, applied) {(view.term, view.commit, view.applied)} "
                f"to {(status.term, status.commit, status.applied)}"
            )
        if not status.applied <= status.commit <= status.last_index:
            raise self.broken(
                f"node {view.node}: applied {status.applied} <= commit {status.commit} <= last {status.last_index} does not hold"
            )

    def applied(self, view: NodeView, entry: Entry) -> None:
        if view.handed_over is not None and entry.index != view.handed_over + 1:
            raise self.broken(f"node {view.node} applies index {entry.index} right after {view.handed_over}")

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        if view.handed_over is not None and meta.index < view.handed_over:
            raise self.broken(f"node {view.node} loads a snapshot of {meta.index} after it applied {view.handed_over}")
