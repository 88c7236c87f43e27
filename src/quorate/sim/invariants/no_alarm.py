"""No alarm among sound nodes."""

from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class NoAlarm(Invariant):
    """Every node of a simulation runs the same sound code and its disk keeps what it said it would; so a node that suspects a defect in
    another has found one, here."""

    title = "No alarm: no node gives a reason that only a defect can cause"
    source = "docs/explain.md, reasons; AlgorithmSpec.alarms"
    needs_log = False

    def explained(self, view: NodeView, reason: str) -> None:
        if reason in self.chronicle.alarms:
            raise self.broken(f"node {view.node}, {view.role} of term {view.term}, says {reason!r}")
