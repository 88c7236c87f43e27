"""Promised before it is said."""

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class PersistBeforeSend(Invariant):
    """Looked at when the message leaves the node, not when it was decided: between the two lies the driver's barrier."""

    title = (
        "Durable before it is said: a claim or a grant goes out when the promise of its term is on the disk, not before"
    )
    source = "docs/ring.md, what is durable before what; docs/simulator.md, elections"
    needs_log = False

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None

    def sent(self, view: NodeView, to: NodeId, message: Message) -> None:
        grants = self.chronicle.grants
        grant = grants.granted(view.node, to, message) if grants is not None else None
        if grants is None or grant is None:
            return
        hard = view.hard_state_on_disk
        durable = grants.promised(hard) if hard is not None else 0
        if durable < grant[0]:
            raise self.broken(f"node {view.node} sends {message}, and its disk has promised {durable}")
