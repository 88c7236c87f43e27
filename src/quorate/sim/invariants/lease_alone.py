"""A lease is held alone."""

from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class LeaseAlone(Invariant):
    """Looked at in the world's time, of which the nodes know nothing: whenever somebody is elected, whenever a read is answered by a
    lease, and whenever a suspended machine goes on. That the answer was not stale by luck is no excuse."""

    title = "A lease is held alone: as long as a node that runs may answer reads by itself, no other has been elected for a later term"
    source = "Gray and Cheriton 1989; Ongaro 2014 (dissertation), 6.4.1"
    features = frozenset({"leases"})

    def elected(self, view: NodeView) -> None:
        for other in self.chronicle.views.values():
            if other is not view and other.alive and other.term < view.term and other.holds_lease():
                raise self.broken(
                    f"node {view.node} was elected for term {view.term} while node {other.node} holds a lease of term {other.term}"
                )

    def leased(self, view: NodeView) -> None:
        if not view.leads:
            raise self.broken(f"node {view.node} answers reads by a lease in term {view.term}, and does not lead")
        for other in self.chronicle.views.values():
            if other.alive and other.leads and other.term > view.term:
                raise self.broken(
                    f"node {view.node} answers reads by a lease in term {view.term} while node {other.node} leads term {other.term}"
                )
