"""Global Primary Order."""

from quorate.core.durable import Durable
from quorate.core.entry import Entry
from quorate.core.ids import NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class GlobalPrimaryOrder(Invariant):
    title = "Global primary order: entries of an earlier term are applied before those of a later one"
    source = "Junqueira, Reed and Serafini 2011, global primary order"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.terms: dict[NodeId, Term] = {}

    def recovered(self, view: NodeView, durable: Durable) -> None:
        self.terms[view.node] = durable.snapshot.term if durable.snapshot is not None else 0

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        self._go_on(view, meta.term, f"loads a snapshot of index {meta.index}")

    def applied(self, view: NodeView, entry: Entry) -> None:
        self._go_on(view, entry.term, f"applies index {entry.index}")

    def _go_on(self, view: NodeView, term: Term, does: str) -> None:
        before = self.terms.get(view.node, 0)
        self.terms[view.node] = term
        if term < before:
            raise self.broken(f"node {view.node} {does}, of term {term}, after an entry of term {before}")
