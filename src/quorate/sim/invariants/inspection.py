"""The observed log is the real one."""

from quorate.core.algorithm import Inspection
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class InspectionAgrees(Invariant):
    """The cheap per-step checks look at effects; this one makes sure that effects and state never tell different stories."""

    title = "Inspection agrees: the log in memory is what the effects asked to persist, and durable is not claimed too early"
    source = "the contract of effects: every change of the log is a Persist"

    def inspected(self, view: NodeView, inspection: Inspection) -> None:
        log = view.log
        terms = [entry.term for entry in inspection.log]
        digests = [entry.digest for entry in inspection.log]
        if (inspection.start_index, inspection.start_term) != (log.start, log.start_term):
            raise self.broken(
                f"node {view.node} has a log from {(inspection.start_index, inspection.start_term)}, "
                f"by its effects from {(log.start, log.start_term)}"
            )
        if terms != log.terms or digests != log.digests:
            raise self.broken(f"node {view.node} has a log of terms {terms}, by its effects {log.terms}")
        self._check_durable(view, inspection)

    def _check_durable(self, view: NodeView, inspection: Inspection) -> None:
        last = min(inspection.durable, view.log.last)
        if last <= inspection.snapshot_index:
            # A published snapshot is durable by itself, before the log is reset to it.
            return
        if view.disk.last < last or (last > view.disk.start and view.disk.term_at(last) != view.log.term_at(last)):
            raise self.broken(
                f"node {view.node} counts its log as durable up to {inspection.durable}, but its disk has it up to {view.disk.last}"
            )
