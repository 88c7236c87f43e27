"""Elected by durable votes."""

from quorate.core.ids import NodeId, Term
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class DurableVotes(Invariant):
    """Says more than Election Safety: it finds the leader that should not be one even if nobody else leads. In an election by grants the
    promise of exactly the leader's term is its member's vote: no leader of a minority."""

    title = "Durable votes: a leader was elected by a majority of votes on disks, and nobody votes twice in a term"
    source = "Ongaro and Ousterhout 2014, 5.1, 5.2 and Figure 2 (persistent state)"
    needs_log = False
    features = frozenset({"durable_votes"})
    guarded = True

    def voted(self, view: NodeView, term: Term, candidate: NodeId) -> None:
        earlier = view.durable_votes.get(term, candidate)
        if earlier != candidate:
            raise self.broken(f"node {view.node} voted for {earlier} and for {candidate} in term {term}")

    def elected(self, view: NodeView) -> None:
        voters = [v.node for v in self.chronicle.views.values() if v.durable_votes.get(view.term) == view.node]
        if self.chronicle.grants is not None and any(vote.term == view.term for vote in view.pending_votes):
            voters.append(view.node)  # its application is not told before that is written
        if not self.chronicle.decides(view.configuration, voters):
            raise self.broken(f"node {view.node} leads term {view.term} with the durable votes of {voters} alone")
