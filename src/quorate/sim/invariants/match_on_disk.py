"""What a leader counts a follower as having is on that follower's disk."""

from quorate.core.ids import Index, NodeId
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class MatchOnDisk(Invariant):
    """Looked at when the leader's count rises. The answer that raised it may be old, and its sender may have followed a newer leader since;
    so it is enough that the disk had the entry once. An entry says all of those before it (Log Matching)."""

    title = "Match is on that disk: a leader counts no entry as held by a node whose disk never had it"
    source = "Ongaro and Ousterhout 2014, Figure 2 (matchIndex) and 5.3"

    def matched(self, view: NodeView, peer: NodeId, match: Index) -> None:
        term = view.log.term_at(match)
        if term is None and match in self.chronicle.committed:
            term = self.chronicle.committed[match][0]
        holder = self.chronicle.views[peer]
        if not holder.has_held(match, term):
            raise self.broken(
                f"node {view.node}, leading term {view.term}, counts index {match}, term {term}, as held by node {peer}, "
                f"whose disk reaches from {holder.disk.start} to {holder.disk.last} and has term {holder.disk.term_at(match)} there"
            )
