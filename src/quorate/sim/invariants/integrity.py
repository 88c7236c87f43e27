"""Integrity."""

from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class Integrity(Invariant):
    """Who had an entry first has proposed it. Judged when it counts as committed: what is applied is held against that by State Machine
    Safety."""

    title = "Integrity: what is committed was proposed by the leader of its term"
    source = "Junqueira, Reed and Serafini 2011, integrity"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.proposers: dict[tuple[Index, Term], NodeId] = {}
        self.leaders: dict[Term, NodeId] = {}

    def appended(self, view: NodeView, entry: Entry, _previous_term: Term | None) -> None:
        self.proposers.setdefault((entry.index, entry.term), view.node)

    def elected(self, view: NodeView) -> None:
        self.leaders.setdefault(view.term, view.node)

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            return
        term = view.log.term_at(index) or 0
        proposer, leader = self.proposers.get((index, term)), self.leaders.get(term)
        if proposer is None or proposer != leader:
            raise self.broken(
                f"node {view.node} commits index {index}, term {term}, which node {proposer} had first; node {leader} led that term"
            )
