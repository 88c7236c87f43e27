"""A promise is never taken back."""

from quorate.core.algorithm import AlgorithmSpec, Inspection
from quorate.core.effects import Persist
from quorate.core.ids import NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class PromiseMonotonic(Invariant):
    """What a node writes, and what a new process begins with. That the disk keeps it is `Recovery`."""

    title = (
        "Promises ascend: what a node has promised never falls, and a new process goes on from where the last one was"
    )
    source = "docs/ring.md, what is durable before what; docs/simulator.md, elections"
    needs_log = False

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.asked_for: dict[NodeId, Term] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None

    def started(self, view: NodeView, inspection: Inspection) -> None:
        grants, hard = self.chronicle.grants, view.hard_state
        promised = grants.promised(hard) if grants is not None and hard is not None else 0
        self.asked_for[view.node] = promised
        if inspection.term != promised:
            raise self.broken(f"node {view.node} starts with {inspection.term} as promised; its disk says {promised}")

    def asked(self, view: NodeView, persist: Persist) -> None:
        grants = self.chronicle.grants
        if grants is None or persist.hard_state is None:
            return
        promised, before = grants.promised(persist.hard_state), self.asked_for.get(view.node, 0)
        self.asked_for[view.node] = promised
        if promised < before:
            raise self.broken(f"node {view.node} promises {promised} after {before}")
