"""Who leads when, as somebody sees it who sees everything at once."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import msgspec

from quorate.core.ids import Nanos, NodeId, Term
from quorate.sim.cluster import Cluster
from quorate.sim.view import NodeView


class Reign(msgspec.Struct, frozen=True):
    """`node` led, or thought so, from `since` to `until`, in ns of the world's time."""

    node: NodeId
    term: Term
    since: Nanos
    until: Nanos


class _Span:
    """A reign that has not ended."""

    def __init__(self, node: NodeId, term: Term, since: Nanos) -> None:
        self.node = node
        self.term = term
        self.since = since

    def ended(self, now: Nanos) -> Reign:
        return Reign(self.node, self.term, self.since, now)


class Watch:
    """Lets time pass and looks after each event.

    A node *leads* while it is up, not paused, says that it leads and is ready for work, and a majority of all nodes, itself included,
    follows it in its term over links that are not cut. A node *claims* to lead while its own process says so, paused or cut off though
    it may be.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._views = list(cluster.observer.chronicle.views.values())
        self._need = len(self._views) // 2 + 1
        self._leading: _Span | None = None
        self._claiming: dict[NodeId, _Span] = {}
        self._reigns: list[Reign] = []
        self._claims: list[Reign] = []

    @property
    def leader(self) -> NodeId | None:
        """Who led at the last look."""
        return self._leading.node if self._leading is not None else None

    def run(self, duration: Nanos) -> None:
        """Let time pass."""
        end = self._cluster.now + duration
        self.run_until(lambda: False, duration)
        self._cluster.scheduler.run_until(end)
        self.look()

    def run_until(self, condition: Callable[[], bool], within: Nanos) -> bool:
        """Let time pass until `condition()`, at most for `within` ns. Whether it came to hold."""

        def go_on() -> bool:
            self.look()
            return not condition()

        return self._cluster.scheduler.run_while(go_on, self._cluster.now + within)

    def look(self) -> None:
        """Note what has changed."""
        now = self._cluster.now
        claimants = [view for view in self._views if view.leader == view.node and view.alive]
        self._note_claims(claimants, now)
        found = max((view for view in claimants if self._leads(view)), key=lambda view: view.term, default=None)
        led = self._leading
        if led is not None and (found is None or (found.node, found.term) != (led.node, led.term)):
            self._reigns.append(led.ended(now))
            self._leading = led = None
        if found is not None and led is None:
            self._leading = _Span(found.node, found.term, now)

    def reigns(self, since: Nanos = 0) -> list[Reign]:
        """Who led, in order of time, without what was before `since`; the last may go on."""
        now = self._cluster.now
        spans = [*self._reigns, *([self._leading.ended(now)] if self._leading is not None else [])]
        return _clip(spans, since)

    def claims(self, since: Nanos = 0) -> list[Reign]:
        """Who thought so, in order of their ends."""
        now = self._cluster.now
        return _clip([*self._claims, *(span.ended(now) for span in self._claiming.values())], since)

    def _note_claims(self, claimants: list[NodeView], now: Nanos) -> None:
        terms = {view.node: view.term for view in claimants}
        if len(terms) == len(self._claiming) and all(
            span.node in terms and terms[span.node] == span.term for span in self._claiming.values()
        ):
            return
        for node, span in list(self._claiming.items()):
            if terms.get(node) != span.term:
                self._claims.append(span.ended(now))
                del self._claiming[node]
        for node, term in terms.items():
            self._claiming.setdefault(node, _Span(node, term, now))

    def _leads(self, claimant: NodeView) -> bool:
        node, network = claimant.node, self._cluster.network
        leader = self._cluster.nodes[node]
        if leader.paused:
            return False
        followers = [
            view.node
            for view in self._views
            if view.leader == node and view.term == claimant.term and view.alive and view is not claimant
        ]
        if len(followers) + 1 < self._need:
            return False
        reached = sum(
            not (network.is_cut(node, peer) or network.is_cut(peer, node) or self._cluster.nodes[peer].paused)
            for peer in followers
        )
        if reached + 1 < self._need:
            return False
        return self._leading_since(claimant) or leader.status().ready

    def _leading_since(self, view: NodeView) -> bool:
        """Once ready, ready as long as it leads: asking costs more than remembering."""
        led = self._leading
        return led is not None and (led.node, led.term) == (view.node, view.term)


def _clip(spans: list[Reign], since: Nanos) -> list[Reign]:
    return [msgspec.structs.replace(span, since=max(since, span.since)) for span in spans if span.until > since]


def covered(reigns: list[Reign]) -> Nanos:
    """How long somebody led."""
    total, end = 0, 0
    for reign in sorted(reigns, key=lambda reign: reign.since):
        total += max(0, reign.until - max(end, reign.since))
        end = max(end, reign.until)
    return total


def longest_gap(reigns: list[Reign], since: Nanos, until: Nanos) -> Nanos:
    """The longest time without any between the two moments."""
    gap, end = 0, since
    for reign in sorted(reigns, key=lambda reign: reign.since):
        gap = max(gap, reign.since - end)
        end = max(end, reign.until)
    return max(gap, until - end)


def overlap(claims: list[Reign], *, same_term: bool) -> Nanos:
    """How long two or more claimed to lead at once, in the same term or in different ones."""
    moments = sorted({moment for claim in claims for moment in (claim.since, claim.until)})
    total = 0
    for start, end in pairwise(moments):
        terms = [claim.term for claim in claims if claim.since <= start and claim.until >= end]
        if len(terms) > 1 and (len(set(terms)) < len(terms)) == same_term:
            total += end - start
    return total


def leaderships(reigns: list[Reign]) -> int:
    """How many began: a node that leads again, in a later term, counts again; one that only fell silent for a while does not."""
    return len({(reign.node, reign.term) for reign in reigns})
