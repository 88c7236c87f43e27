"""Log Matching."""

from quorate.core.entry import Entry
from quorate.core.ids import Index, Term
from quorate.sim.invariants.base import Chronicle, Invariant
from quorate.sim.view import NodeView


class LogMatching(Invariant):
    """By induction: if every (index, term) has one content and one term before it, then logs that share an (index, term) are equal
    up to there. So it is enough to look at each entry as it is appended."""

    title = "Log Matching: logs that have an entry of the same index and term are equal up to it"
    source = "Ongaro and Ousterhout 2014, Figure 3"

    def __init__(self, chronicle: Chronicle) -> None:
        super().__init__(chronicle)
        self.seen: dict[tuple[Index, Term], tuple[int, int, Term | None]] = {}

    def appended(self, view: NodeView, entry: Entry, previous_term: Term | None) -> None:
        now = (entry.crc, entry.kind, previous_term)
        first = self.seen.setdefault((entry.index, entry.term), now)
        if first != now:
            raise self.broken(
                f"node {view.node} has at index {entry.index}, term {entry.term} (digest, kind, term before) {now}, "
                f"where another node has {first}"
            )
