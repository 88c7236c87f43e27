"""Recovery equals the durable past."""

from quorate.core.durable import Durable
from quorate.core.ids import Index, Term
from quorate.sim.invariants.base import Invariant
from quorate.sim.view import NodeView


class Recovery(Invariant):
    """What was reported durable is there again. What was on its way may be there or not, but nothing else may.

    Commit may fall at a restart: it is a hint, written along with other things. But what the node had applied is still on its disk, so
    that commit can only come back to the same place.
    """

    title = "Recovery: a restarted node has what was durable, and nothing that it never wrote"
    source = "Ongaro and Ousterhout 2014, Figure 2 (persistent state)"
    needs_log = False

    def recovered(self, view: NodeView, durable: Durable) -> None:
        states = [view.hard_state, *(p.hard_state for p in view.pending if p.hard_state is not None)]
        if durable.hard_state not in states:
            raise self.broken(
                f"node {view.node} came back with {durable.hard_state}; durable or under way were {states}"
            )
        self._check_kept(view, durable)
        self._check_origin(view, durable)
        if durable.commit > durable.start.index + len(durable.entries):
            raise self.broken(f"node {view.node} came back with commit hint {durable.commit} above its log")
        last = max(durable.start.index + len(durable.entries), durable.snapshot.index if durable.snapshot else 0)
        if (view.handed_over or 0) > last:
            raise self.broken(
                f"node {view.node} had applied index {view.handed_over}, and came back with {last} as its last"
            )

    def _check_kept(self, view: NodeView, durable: Durable) -> None:
        """Durable entries that nothing under way could have dropped are there."""
        disk = view.disk
        kept = disk.last
        for persist in view.pending:
            if persist.reset is not None:
                kept = min(kept, disk.start)
            if persist.truncate_from is not None:
                kept = min(kept, persist.truncate_from - 1)
        start = durable.start.index
        snapshot = durable.snapshot.index if durable.snapshot is not None else 0
        if durable.snapshot is not None and disk.term_at(snapshot) not in (None, durable.snapshot.term):
            # It was received whole, and the process died before it was told. It is committed, and the log differs: from there on, and
            # from somewhere before, what the log had was not.
            kept = min(kept, disk.start)
        last = start + len(durable.entries)
        if last < kept and snapshot < kept:
            raise self.broken(f"node {view.node} lost durable entries {last + 1} to {kept}")
        for index in range(max(start, disk.start) + 1, min(kept, last) + 1):
            entry = durable.entries[index - start - 1]
            if (entry.term, entry.crc) != (disk.term_at(index), disk.digest_at(index)):
                raise self.broken(f"node {view.node} came back with another entry at durable index {index}")

    def _check_origin(self, view: NodeView, durable: Durable) -> None:
        written: set[tuple[Index, Term, int]] = {
            (entry.index, entry.term, entry.crc) for persist in view.pending for entry in persist.entries
        }
        disk = view.disk
        for entry in durable.entries:
            known = (disk.term_at(entry.index), disk.digest_at(entry.index)) == (entry.term, entry.crc)
            if not known and (entry.index, entry.term, entry.crc) not in written:
                raise self.broken(f"node {view.node} came back with an entry it never wrote: index {entry.index}")
