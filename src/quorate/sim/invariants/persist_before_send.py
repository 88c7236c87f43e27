"""Durable before it is said."""

from quorate.core.algorithm import AlgorithmSpec, Grants, Histories
from quorate.core.ids import NodeId
from quorate.core.message import Message
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class PersistBeforeSend(Invariant):
    """Looked at when the message leaves the node, not when it was decided: between the two lies the driver's barrier."""

    title = (
        "Durable before it is said: what a message promises, claims to have taken over or to hold is on its sender's disk "
        "when it goes out, not after"
    )
    source = "docs/simulator.md, what is checked; docs/ring.md, what is durable before what"
    needs_log = False

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.grants is not None or spec.histories is not None

    def sent(self, view: NodeView, to: NodeId, message: Message) -> None:
        chronicle = self.chronicle
        if chronicle.grants is not None:
            self._require_promise(chronicle.grants, view, to, message)
        if chronicle.histories is not None:
            self._require_history(chronicle.histories, view, message)

    def _require_promise(self, grants: Grants, view: NodeView, to: NodeId, message: Message) -> None:
        grant = grants.granted(view.node, to, message)
        if grant is None:
            return
        hard = view.hard_state_on_disk
        durable = grants.promised(hard) if hard is not None else 0
        if durable < grant[0]:
            raise self.broken(f"node {view.node} sends {message}, and its disk has promised {durable}")

    def _require_history(self, histories: Histories, view: NodeView, message: Message) -> None:
        vouched = histories.vouched(view.node, message)
        if vouched is None:
            return
        hard = view.hard_state_on_disk
        promised, term = histories.epochs(hard) if hard is not None else (0, 0)
        if promised < vouched.promised or term < vouched.term:
            raise self.broken(
                f"node {view.node} sends {message}, and its disk has promised {promised} and taken over {term}"
            )
        last = vouched.last
        if last.index and not view.wrote(last.index, last.term):
            raise self.broken(f"node {view.node} sends {message}, and index {last.index} is not so on its disk")
