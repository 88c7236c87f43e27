"""Local Primary Order."""

from quorate.core.durable import Durable
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class LocalPrimaryOrder(Invariant):
    """Entries are numbered within their term in the order in which anybody first had them, which is the order in which the term's leader
    proposed them (Integrity). Positions play no part in it."""

    title = "Local primary order: entries of one leader in one term are applied in the order in which it proposed them, none left out"
    source = "Junqueira, Reed and Serafini 2011, local primary order"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.numbers: dict[tuple[Index, Term], int] = {}
        self.newest: dict[Term, int] = {}
        self.applied_to: dict[NodeId, tuple[Term, int]] = {}

    def recovered(self, view: NodeView, durable: Durable) -> None:
        self._begin(view, durable.snapshot)

    def loaded(self, view: NodeView, meta: SnapshotMeta) -> None:
        self._begin(view, meta)

    def appended(self, _view: NodeView, entry: Entry, _previous_term: Term | None) -> None:
        name = (entry.index, entry.term)
        if name not in self.numbers:
            self.newest[entry.term] = self.numbers[name] = self.newest.get(entry.term, 0) + 1

    def applied(self, view: NodeView, entry: Entry) -> None:
        term, number = self.applied_to.get(view.node, (0, 0))
        now = self.numbers.get((entry.index, entry.term), 0)
        self.applied_to[view.node] = (entry.term, now)
        due = number + 1 if term == entry.term else 1
        if now != due:
            raise self.broken(
                f"node {view.node} applies the {now}. entry of term {entry.term}, at index {entry.index}, when the {due}. is due"
            )

    def _begin(self, view: NodeView, snapshot: SnapshotMeta | None) -> None:
        name = (snapshot.index, snapshot.term) if snapshot is not None else (0, 0)
        self.applied_to[view.node] = (name[1], self.numbers.get(name, 0))
