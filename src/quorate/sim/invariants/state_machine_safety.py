"""State Machine Safety."""

from quorate.core.entry import Entry
from quorate.core.ids import Index
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class StateMachineSafety(Invariant):
    """What a node commits, applies or takes over by snapshot is compared with the first sight of that index as committed."""

    title = "State Machine Safety: no two nodes apply different entries at the same index"
    source = "Ongaro and Ousterhout 2014, Figure 3; Junqueira, Reed and Serafini 2011, agreement"

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            self._compare(view, index, (view.log.term_at(index) or 0, view.log.digest_at(index) or 0), "commits")

    def applied(self, view: NodeView, entry: Entry) -> None:
        if entry.index > view.commit:
            raise self.broken(f"node {view.node} applies index {entry.index}, but its commit is {view.commit}")
        self._compare(view, entry.index, (entry.term, entry.crc), "applies")

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        known = self.chronicle.committed.get(meta.index)
        if known is None or known[0] != meta.term:
            raise self.broken(
                f"node {view.node} loads a snapshot of index {meta.index}, term {meta.term}, but committed there is {known}"
            )

    def _compare(self, view: NodeView, index: Index, now: tuple[int, int], does: str) -> None:
        known = self.chronicle.committed.get(index)
        if known != now:
            raise self.broken(
                f"node {view.node} {does} (term, digest) {now} at index {index}, but committed there is {known}"
            )
