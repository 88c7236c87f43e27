"""A deadline that has passed makes way."""

from quorate.core.ids import Nanos
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class Deadlines(Invariant):
    """A node whose deadline stays in the past is woken again and again at the same instant: in the real world it uses all of a processor
    and does nothing."""

    title = "Deadlines: a step at a deadline moves it into the future, or there is none any more"
    source = "the contract of Algorithm.deadline: when it wants TimePassed"
    needs_log = False

    def waited(self, view: NodeView, deadline: Nanos | None, now: Nanos) -> None:
        if deadline is not None and deadline <= now:
            raise self.broken(
                f"node {view.node}, {view.role}, made its step at {now} ns of its clock, and still waits for {deadline} ns"
            )
