"""One leader per token."""

from quorate.core.effects import LeaderChanged
from quorate.core.ids import NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class OneLeaderPerToken(Invariant):
    """What applications are told, whichever way the leader was chosen: they fence with the term. Holds for whoever promises it, guarded
    elections without a log too; there the counter in the term says it, because the rest of it is the leader's name."""

    title = "One leader per token: everyone who is told of a leader of a term is told of the same, and in one process terms only grow"
    source = "Gray and Cheriton 1989 (leases); Burrows 2006 (Chubby, sequencers); the contract of LeaderChanged"
    needs_log = False
    features = frozenset({"tokens"})
    guarded = True

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.leaders: dict[int, NodeId] = {}
        self.newest: dict[tuple[NodeId, int], Term] = {}

    def announced(self, view: NodeView, change: LeaderChanged) -> None:
        process = (view.node, view.starts)
        newest = self.newest.get(process, change.term)
        if change.term < newest:
            raise self.broken(f"node {view.node} is told of term {change.term} after term {newest}")
        self.newest[process] = change.term
        if change.leader is None:
            return
        other = self.leaders.setdefault(self.chronicle.counter(change.term), change.leader)
        if other != change.leader:
            raise self.broken(
                f"node {view.node} is told that node {change.leader} leads term {change.term}; another was told of node {other}"
            )
        if change.ready and change.leader != view.node:
            raise self.broken(
                f"node {view.node} is told that node {change.leader} is ready: only a leader can say that of itself"
            )
