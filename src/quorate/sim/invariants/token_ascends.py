"""Later leaders have higher tokens."""

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import NodeId, Position, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class TokenAscends(Invariant):
    """In the world's time, of which the nodes know nothing. It rests on the holds of members, and so on clocks. A leadership counts from
    when its promise is on the disk: its application is not told before, and who dies meanwhile may claim the same again."""

    title = "Tokens ascend: whoever is elected has a higher token than all who were elected before"
    source = "docs/ring.md, what is claimed; Burrows 2006 (Chubby, sequencers)"
    needs_log = False
    guarded = True

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.newest: Term = 0
        self.unwritten: dict[NodeId, tuple[Term, Position]] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None

    def elected(self, view: NodeView) -> None:
        self.unwritten.pop(view.node, None)
        if view.pending:
            self.unwritten[view.node] = (view.term, view.pending[-1].position)
        else:
            self._count(view)

    def answered(self, view: NodeView, position: Position) -> None:
        term, awaited = self.unwritten.get(view.node, (0, 0))
        if view.leads and view.term == term and position >= awaited:
            del self.unwritten[view.node]
            self._count(view)

    def _count(self, view: NodeView) -> None:
        newest, self.newest = self.newest, max(self.newest, view.term)
        if view.term <= newest and self.chronicle.clocks_kept:
            raise self.broken(f"node {view.node} is elected for {view.term} after {newest}")
