"""Election Safety."""

from quorate.core.ids import NodeId
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class ElectionSafety(Invariant):
    title = "Election Safety: at most one leader in a term"
    source = "Ongaro and Ousterhout 2014, Figure 3; Junqueira, Reed and Serafini 2011, established leaders"
    needs_log = False
    features = frozenset({"tokens"})
    guarded = True

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.leaders: dict[int, NodeId] = {}

    def elected(self, view: NodeView) -> None:
        other = self.leaders.setdefault(self.chronicle.counter(view.term), view.node)
        if other != view.node:
            raise self.broken(f"nodes {other} and {view.node} both lead term {view.term}")
