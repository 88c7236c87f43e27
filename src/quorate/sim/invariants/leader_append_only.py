"""Leader Append-Only."""

from quorate.core.durable import LogPoint
from quorate.core.ids import Index
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class LeaderAppendOnly(Invariant):
    title = "Leader Append-Only: a leader never overwrites or deletes entries in its log"
    source = "Ongaro and Ousterhout 2014, Figure 3"

    def truncated(self, view: NodeView, index: Index) -> None:
        if view.leads:
            raise self.broken(f"node {view.node} leads term {view.term} and drops its log from {index} on")

    def reset(self, view: NodeView, point: LogPoint) -> None:
        if view.leads:
            raise self.broken(
                f"node {view.node} leads term {view.term} and replaces its log by a snapshot of {point.index}"
            )
