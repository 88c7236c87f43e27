"""Leadership before it is established."""

from quorate.core.algorithm import AlgorithmSpec, Inspection
from quorate.core.ids import NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class Leadership(Invariant):
    """Says more than Election Safety: it finds the second one that has its history taken over for a term, and the one that nobody had
    promised that term, even if neither is ever established. Its own promise may be on its way to the disk: those who answer have been told
    of it, and it leaves behind the write."""

    title = "Leadership: one node at most has its history taken over for a term, and a quorum of disks had promised that term before"
    source = "ZooKeeper's protocol specification in TLA+, Leadership1; Junqueira, Reed and Serafini 2011, discovery"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.leaders: dict[Term, NodeId] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.histories is not None

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        term = inspection.spreads
        if not term:
            return
        if term in self.leaders:
            if self.leaders[term] != view.node:
                raise self.broken(
                    f"nodes {self.leaders[term]} and {view.node} both spread their history for term {term}"
                )
            return
        self.leaders[term] = view.node
        promised = [other.node for other in self.chronicle.views.values() if self._has_promised(other, term, view)]
        if not self.chronicle.decides(view.configuration, promised):
            raise self.broken(
                f"node {view.node} spreads its history for term {term}, which only nodes {promised} have promised"
            )

    def _has_promised(self, node: NodeView, term: Term, leader: NodeView) -> bool:
        histories = self.chronicle.histories
        asked = [persist.hard_state for persist in node.pending] if node is leader else []
        states = [hard for hard in (node.hard_state_on_disk, *asked) if hard is not None]
        return histories is not None and any(histories.epochs(hard)[0] >= term for hard in states)
