"""Epochs only rise."""

from quorate.core.algorithm import AlgorithmSpec
from quorate.core.durable import Durable, HardState
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.core.ids import NodeId, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class EpochOrder(Invariant):
    """What a node asks to write, and what a new process begins with: a process begins again with what its disk has, which is no less than
    what was durable."""

    title = "Epoch order: neither the promised epoch nor the one taken over ever falls, and no node is ahead of what it has promised"
    source = "Junqueira, Reed and Serafini 2011, discovery"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.asked_for: dict[NodeId, tuple[Term, Term]] = {}

    @classmethod
    def applies(cls, spec: AlgorithmSpec) -> bool:
        return spec.histories is not None

    def recovered(self, view: NodeView, durable: Durable) -> None:
        was, now = self._epochs(view.hard_state), self._epochs(durable.hard_state)
        if now[0] < was[0] or now[1] < was[1]:
            raise self.broken(f"node {view.node} comes back with epochs {now}, and its disk had {was}")
        self.asked_for[view.node] = now
        self._require(view, durable.entries[-1].term if durable.entries else durable.start.term)

    def asked(self, view: NodeView, persist: Persist) -> None:
        if persist.hard_state is None:
            return
        before, now = self.asked_for.get(view.node, (0, 0)), self._epochs(persist.hard_state)
        self.asked_for[view.node] = now
        if now[0] < before[0] or now[1] < before[1]:
            raise self.broken(f"node {view.node} goes from epochs {before} to {now}")
        self._require(view, now[1])

    def appended(self, view: NodeView, entry: Entry, _previous_term: Term | None) -> None:
        self._require(view, entry.term)

    def _require(self, view: NodeView, term: Term) -> None:
        promised = self.asked_for.get(view.node, (0, 0))[0]
        if term > promised:
            raise self.broken(f"node {view.node} is in epoch {term}, and has promised {promised}")

    def _epochs(self, hard: HardState | None) -> tuple[Term, Term]:
        histories = self.chronicle.histories
        return histories.epochs(hard) if histories is not None and hard is not None else (0, 0)
