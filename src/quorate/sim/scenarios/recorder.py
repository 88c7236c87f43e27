"""What happened in one run, as a person would want to see it: who led when, who was down, what struck, what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import MILLISECOND, Nanos, NodeId, Term
from quorate.sim.cluster import Cluster
from quorate.sim.node import SimNode
from quorate.sim.scenarios.leadership import campaigns, cut_off, serving
from quorate.sim.scenarios.telling import tell
from quorate.sim.storms.faults import Fault

LOOK_EVERY: Nanos = 5 * MILLISECOND
"""Between two looks at the cluster. Elections are told by the observer at once, so none is missed."""

State: TypeAlias = Literal["follower", "candidate", "blocked", "leader", "down", "paused"]
"""blocked: it may not lead, for it has no majority, and tries again later. Not every algorithm says so."""


class Span(msgspec.Struct):
    """A node from `start` to `end`. `cut`: cuts keep it from a majority. `term`: of a leader, else 0."""

    start: Nanos
    end: Nanos
    state: State
    cut: bool = False
    term: Term = 0


class Gap(msgspec.Struct):
    """From `start` to `end`, with these nodes: none for a time without a leader, several for leaders of different terms at once."""

    start: Nanos
    end: Nanos
    nodes: tuple[NodeId, ...] = ()


class Election(msgspec.Struct, frozen=True):
    """`node` leads `term` since `at`. `words`: the term as the algorithm writes it; empty: as a number."""

    at: Nanos
    node: NodeId
    term: Term
    words: str = ""

    @property
    def shown(self) -> str:
        """The term, for people."""
        return self.words or str(self.term)


class Mark(msgspec.Struct, frozen=True):
    """Something struck, or was mended, at `at`. `node`: whom, if it was one."""

    at: Nanos
    text: str
    node: NodeId | None = None


class Recording(msgspec.Struct):
    """`end`: of what is known so far. `keeps_log`: False of algorithms that only elect. `acknowledged`: (time, how many so far), whenever
    that had grown. All times are the world's."""

    nodes: tuple[NodeId, ...]
    end: Nanos = 0
    spans: dict[NodeId, list[Span]] = {}
    elections: list[Election] = []
    leaderless: list[Gap] = []
    overlaps: list[Gap] = []
    marks: list[Mark] = []
    acknowledged: list[tuple[Nanos, int]] = []
    keeps_log: bool = True


class Recorder:
    """Looks at a cluster while time passes. It changes nothing: the same seed has the same history with it and without.

    `happened`: the nemesis's list of faults, which grows. `acknowledged`: how many writes were, so far. `on_look`: called after each
    look, for whoever shows the run while it goes.
    """

    def __init__(
        self,
        cluster: Cluster,
        happened: Sequence[Fault],
        acknowledged: Callable[[], int],
        on_look: Callable[[], None] | None = None,
    ) -> None:
        self.recording = Recording(tuple(cluster.nodes), keeps_log=cluster.spec.keeps_log)
        self._overlaps = _Gaps(self.recording.overlaps)
        self._leaderless = _Gaps(self.recording.leaderless)
        self._cluster = cluster
        self._happened = happened
        self._told = 0
        self._acknowledged = acknowledged
        self._on_look = on_look
        for node, view in cluster.observer.chronicle.views.items():
            if view.leads:
                # Without a majority to ask one may lead in its very first step.
                self._moment("elected", node)
        cluster.observer.watch(self._moment)
        cluster.scheduler.after(0, self._tick)

    def mark(self, text: str, node: NodeId | None = None) -> None:
        """Something that is no fault happens now."""
        self.recording.marks.append(Mark(self._cluster.now, text, node))

    def finish(self) -> Recording:
        """A last look, and all that was seen."""
        self.look()
        return self.recording

    def look(self) -> None:
        """See how things are now."""
        recording, cluster = self.recording, self._cluster
        recording.end = now = cluster.now
        for fault in self._happened[self._told :]:
            recording.marks.append(Mark(fault.at, tell(fault), getattr(fault, "node", None)))
        self._told = len(self._happened)
        for node in cluster.nodes.values():
            self._see(node, now)
        leaders = tuple(number for number in cluster.nodes if recording.spans[number][-1].state == "leader")
        self._overlaps.see(now, leaders if len(leaders) > 1 else None)
        self._leaderless.see(now, () if serving(cluster) is None else None)
        count = self._acknowledged()
        if count and (not recording.acknowledged or recording.acknowledged[-1][1] != count):
            recording.acknowledged.append((now, count))

    def _tick(self) -> None:
        self.look()
        if self._on_look is not None:
            self._on_look()
        self._cluster.scheduler.after(LOOK_EVERY, self._tick)

    def _moment(self, name: str, node: NodeId) -> None:
        if name == "elected":
            term = self._cluster.observer.chronicle.views[node].term
            self.recording.elections.append(
                Election(self._cluster.now, node, term, self._cluster.spec.term_words(term))
            )
        if name in ("elected", "stepped_down"):
            # Not here and now: the node is in the middle of its step.
            self._cluster.scheduler.after(0, self.look)

    def _see(self, node: SimNode, now: Nanos) -> None:
        view = self._cluster.observer.chronicle.views[node.node]
        state: State = "follower"
        if not node.up:
            state = "down"
        elif node.paused:
            state = "paused"
        elif view.leads:
            state = "leader"
        elif view.role == "blocked":
            state = "blocked"
        elif campaigns(view.role):
            state = "candidate"
        cut = node.up and cut_off(self._cluster, node)
        term = view.term if state == "leader" else 0
        spans = self.recording.spans.setdefault(node.node, [])
        if spans:
            last = spans[-1]
            last.end = now
            if (last.state, last.cut, last.term) == (state, cut, term):
                return
        spans.append(Span(now, now, state, cut, term))


class _Gaps:
    """Gaps that are seen look by look, the last of which may go on."""

    def __init__(self, gaps: list[Gap]) -> None:
        self._gaps = gaps
        self._open = False

    def see(self, now: Nanos, nodes: tuple[NodeId, ...] | None) -> None:
        """There is one now, of `nodes`; None: there is none."""
        if self._open:
            last = self._gaps[-1]
            last.end = now
            if last.nodes == nodes:
                return
        self._open = nodes is not None
        if nodes is not None:
            self._gaps.append(Gap(now, now, nodes))
