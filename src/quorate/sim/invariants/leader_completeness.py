"""Leader Completeness."""

from quorate.core.ids import Index, NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView, ShadowLog


class LeaderCompleteness(Invariant):
    """Looked at from both sides: when a leader is elected, and when an old leader commits after a newer one was elected."""

    title = "Leader Completeness: an entry committed in a term is in the logs of the leaders of all later terms"
    source = "Ongaro and Ousterhout 2014, Figure 3"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.elections: list[tuple[Term, NodeId, ShadowLog]] = []

    def elected(self, view: NodeView) -> None:
        log = view.log.copy()
        self.elections.append((view.term, view.node, log))
        # Log Matching makes the last committed entry of an earlier term vouch for all before it.
        index = self.chronicle.committed_to
        while index > log.start and self.chronicle.commit_terms.get(index, 0) >= view.term:
            index -= 1
        self._require(log, index, view.term, view.node)

    def committed(self, view: NodeView, index: Index, *, first: bool) -> None:
        if not first:
            return
        for term, node, log in reversed(self.elections):
            if term > view.term:
                self._require(log, index, term, node)

    def _require(self, log: ShadowLog, index: Index, term: Term, node: NodeId) -> None:
        if index <= log.start:
            return
        committed_term = self.chronicle.committed[index][0]
        found = log.term_at(index)
        if found != committed_term:
            has = "nothing there" if found is None else f"an entry of term {found}"
            raise self.broken(
                f"index {index} was committed with term {committed_term}, but node {node}, elected in term {term}, has {has}"
            )
