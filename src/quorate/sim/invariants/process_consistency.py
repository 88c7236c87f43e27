"""Process Consistency."""

from quorate.core.algorithm import AlgorithmSpec, Inspection
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView, ShadowLog


class ProcessConsistency(Invariant):
    """A leader's history is its log when it began to spread it, and what it adds in its term. Who is in that term has a part of it: looked
    at when a node takes it over, and at each entry after that; by Log Matching the last entry speaks for all before it."""

    title = "Process consistency: who has taken over a term's history has a log that is a prefix of that leader's"
    source = "ZooKeeper's protocol specification in TLA+, ProcessConsistency"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.histories: dict[Term, ShadowLog] = {}
        self.leaders: dict[Term, tuple[NodeId, int]] = {}
        self.terms: dict[NodeId, Term] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.histories is not None

    def started(self, view: NodeView, inspection: Inspection) -> None:
        self.terms[view.node] = inspection.term

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        term, before = inspection.term, self.terms[view.node]
        self.terms[view.node] = term
        leader = (view.node, view.starts)
        if inspection.spreads and self.leaders.get(term) != leader:
            # Anew after a crash that came before its own promise was on its disk, the only one there was.
            self.histories[term], self.leaders[term] = view.log.copy(), leader
        elif term != before:
            self._require(view, term, view.log.last, view.log.term_at(view.log.last))

    def appended(self, view: NodeView, entry: Entry, _previous_term: Term | None) -> None:
        term = view.next_term
        history = self.histories.get(term)
        if history is not None and entry.term == term and self.leaders[term] == (view.node, view.starts):
            history.append(entry)
        elif history is not None:
            self._require(view, term, entry.index, entry.term)

    def _require(self, view: NodeView, term: Term, index: Index, has: Term | None) -> None:
        history = self.histories.get(term)
        if history is None:
            raise self.broken(f"node {view.node} has taken over a history for term {term}, which nobody spread")
        if index > history.start and history.term_at(index) != has:
            raise self.broken(
                f"node {view.node} has taken over the history of term {term}, and has an entry of term {has} at index {index}, "
                f"where that leader has {history.term_at(index)}"
            )
