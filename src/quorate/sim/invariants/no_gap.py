"""No gap in a log."""

from quorate.core.entry import Entry
from quorate.core.ids import Term
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class NoGap(Invariant):
    title = "No gap: each entry is added right behind the one before it, and terms never fall along a log"
    source = "Ongaro and Ousterhout 2014, 5.3; ZOOKEEPER-2418 and 4925"

    def appended(self, view: NodeView, entry: Entry, previous_term: Term | None) -> None:
        if entry.index != view.log.last or previous_term is None or previous_term > entry.term:
            raise self.broken(
                f"node {view.node} adds index {entry.index}, term {entry.term}, behind an entry of term {previous_term}, as the "
                f"{view.log.last}. of its log"
            )
