"""Primary Integrity."""

from quorate.core.algorithm import Status
from quorate.core.ids import Index, NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class PrimaryIntegrity(Invariant):
    """Looked at from both sides: when a leader says that it is ready, and when an earlier one commits after that. So what leaders count as
    committed only grows, from each to the next."""

    title = "Primary integrity: a leader that is ready has committed all that was, or ever will be, committed in earlier terms"
    source = "Junqueira, Reed and Serafini 2011, primary integrity; CommittedLogMonotonicity of ZooKeeper's mixed specifications"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.committed_in: dict[Term, Index] = {}
        self.ready: dict[Term, tuple[NodeId, Index]] = {}

    def stepped(self, view: NodeView, status: Status) -> None:
        if not status.ready or status.leader != view.node or status.term in self.ready:
            return
        self.ready[status.term] = (view.node, status.commit)
        for term, index in self.committed_in.items():
            self._require(term, index, status.term)

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            return
        self.committed_in[view.term] = index
        for ready in self.ready:
            self._require(view.term, index, ready)

    def _require(self, term: Term, index: Index, later: Term) -> None:
        node, commit = self.ready[later]
        if term < later and index > commit:
            raise self.broken(
                f"index {index} was committed in term {term}, but node {node} said that it was ready to lead term {later} with {commit}"
            )
