"""Positions of writes rise."""

from quorate.core.effects import Persist
from quorate.core.ids import Position
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class Positions(Invariant):
    title = "Positions: each Persist of a process has a higher position than the one before, and Persisted names one that was asked for"
    source = "the contract of effects: Persisted(position) stands for every Persist up to it"

    def asked(self, view: NodeView, persist: Persist) -> None:
        if persist.position <= view.position:
            raise self.broken(f"node {view.node} asks for position {persist.position} after {view.position}")

    def answered(self, view: NodeView, position: Position) -> None:
        if position > view.position or not view.pending:
            raise self.broken(
                f"node {view.node} is told that position {position} is durable; it last asked for {view.position}, "
                f"and {len(view.pending)} writes are under way"
            )
