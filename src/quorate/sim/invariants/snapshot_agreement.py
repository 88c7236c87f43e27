"""Snapshots of the same index are the same."""

from quorate.core.durable import LogPoint
from quorate.core.effects import Persist
from quorate.core.ids import Index
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class SnapshotAgreement(Invariant):
    """A snapshot is a function of the committed entries that it stands for, whoever takes it, also after that node itself began with a
    snapshot. So a machine has to write the same bytes for the same commands."""

    title = "Snapshot agreement: snapshots of one index are equal byte by byte, and a log begins only where one on its disk ends"
    source = "Ongaro and Ousterhout 2014, section 7"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.seen: dict[Index, SnapshotMeta] = {}

    def snapshot(self, view: NodeView, meta: SnapshotMeta) -> None:
        first = self.seen.setdefault(meta.index, meta)
        if first != meta:
            raise self.broken(
                f"node {view.node} has a snapshot {_words(meta)}, another node one {_words(first)}; does the machine's "
                "snapshot() give the same bytes whenever the same commands were applied?"
            )
        known = self.chronicle.committed.get(meta.index)
        if known is None or known[0] != meta.term:
            raise self.broken(f"node {view.node} has a snapshot {_words(meta)}, but committed there is {known}")

    def asked(self, view: NodeView, persist: Persist) -> None:
        for point in (persist.reset, persist.compact):
            if point is not None:
                self._require_covered(view, point)

    def _require_covered(self, view: NodeView, point: LogPoint) -> None:
        if point.index > view.snapshot:
            raise self.broken(
                f"node {view.node} lets its log begin after index {point.index}, but its newest snapshot is of {view.snapshot}"
            )


def _words(meta: SnapshotMeta) -> str:
    return f"of index {meta.index}, term {meta.term}: {meta.size} bytes, digest {meta.digest}"
