"""A counter is granted once."""

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class GrantOnce(Invariant):
    """Two majorities share a member, so this is why a counter has one leader; it is seen in messages, and finds the second grant even if
    nobody is elected by it."""

    title = "Grant once: a member grants a counter to one node only, whether it has restarted meanwhile or not"
    source = "docs/simulator.md, elections; Ongaro and Ousterhout 2014, 5.2 (one vote a term)"
    needs_log = False
    guarded = True

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.granted: dict[tuple[NodeId, int], NodeId] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None

    def sent(self, view: NodeView, to: NodeId, message: Message) -> None:
        grants = self.chronicle.grants
        grant = grants.granted(view.node, to, message) if grants is not None else None
        if grant is None:
            return
        term, claimant = grant
        counter = self.chronicle.counter(term)
        other = self.granted.setdefault((view.node, counter), claimant)
        if other != claimant:
            raise self.broken(f"node {view.node} grants counter {counter} to node {other} and to node {claimant}")
