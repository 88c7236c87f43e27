"""Finds the moments that no single node can know of: they are about which disks hold what. It looks only when a disk has grown, a leader
was elected or a log is cut, and then at one entry."""

from __future__ import annotations

from quorate.core.ids import Index, NodeId, Term
from quorate.sim.invariants.base import Chronicle
from quorate.sim.moments import Moments
from quorate.sim.view import NodeView


class Lookout:
    """By Log Matching a disk that holds an entry holds all before it, so the first entry in question speaks for those after it."""

    def __init__(self, chronicle: Chronicle, moments: Moments) -> None:
        self._chronicle = chronicle
        self._views = list(chronicle.views.values())
        self._majority = chronicle.majority
        self._happened = moments.happened
        self._leader: NodeView | None = None
        self._leader_term: Term = 0
        self._older_until: Index = 0
        self._newest_committed_term: Term = 0
        self._told_older: tuple[Term, Index] = (0, 0)
        self._overwritten: set[tuple[Index, Term]] = set()

    def elected(self, view: NodeView) -> None:
        """The node leads since this step; its log is as this step left it."""
        node, term = view.node, view.term
        self._happened("elected", node)
        votes = sum(other.durable_votes.get(term) == node for other in self._views)
        if votes == self._majority < 2 * len(self._views) - 1:
            self._happened("leader_by_one_vote", node)
        if any(other.leads and other.alive and other is not view for other in self._views):
            self._happened("two_leaders", node)
        if term >= self._leader_term:
            self._leader, self._leader_term = view, term
            self._older_until = view.log.start + sum(older < term for older in view.log.terms)
            self._look_for_older(view)

    def stored(self, view: NodeView, before: Index) -> None:
        """The node's disk has taken entries; it ended at `before`, or some of what was above is another now."""
        leader = self._leader
        if leader is None or not leader.alive or leader.leader != leader.node or leader.term != self._leader_term:
            return
        tip = leader.log.last
        if (
            view is not leader
            and before < tip <= view.disk.last
            and self._holders(tip, leader.log.term_at(tip), leader) == [view.node]
        ):
            self._happened("replicated_to_one", view.node)
        self._look_for_older(leader)

    def cut(self, view: NodeView, index: Index) -> None:
        """The node is about to drop its log from `index` on."""
        term = view.log.term_at(index)
        if term is None or index > view.log.last:
            return
        self._happened("truncated", view.node)
        if (index, term) not in self._overwritten and len(self._holders(index, term)) >= self._majority:
            self._overwritten.add((index, term))
            self._happened("overwritten_figure_8", view.node)

    def committed(self, view: NodeView, term: Term) -> None:
        """The node was the first to count an entry of `term` as committed."""
        if term > self._newest_committed_term:
            self._newest_committed_term = term
            if view.leads and view.term == term:
                self._happened("first_commit_of_term", view.node)

    def _look_for_older(self, leader: NodeView) -> None:
        index = self._chronicle.committed_to + 1
        if index > self._older_until or self._told_older == (leader.term, index):
            return
        term = leader.log.term_at(index)
        if len(self._holders(index, term)) >= self._majority:
            self._told_older = (leader.term, index)
            self._happened("older_term_on_quorum", leader.node)

    def _holders(self, index: Index, term: Term | None, but: NodeView | None = None) -> list[NodeId]:
        return [view.node for view in self._views if view is not but and view.disk.term_at(index) == term]
