"""Snapshots: compaction of the own log, and what a leader sends in place of a history that it has compacted, the learner's side.

A snapshot is committed state, whoever took it. So it replaces log and state as soon as it is whole, before the rest of the history is
there: what the log had beyond it and does not share with the leader was never committed.
"""

from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Snap, SnapChunk, SnapReply
from quorate.algorithms.zab.roles import leave_leader
from quorate.algorithms.zab.state import ZabState
from quorate.algorithms.zab.taking_over import begin_staging, confused, may_begin
from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.effects import LoadSnapshot, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotTaken, SnapshotWritten
from quorate.core.ids import Index
from quorate.core.snapshot import SnapshotMeta


def handle_snapshot_taken(zab: ZabState, event: SnapshotTaken) -> None:
    """Our own snapshot is durable: the log behind it may go, but for a tail."""
    if event.meta.index <= zab.snapshot_index:
        return
    zab.snapshot = event.meta
    cut = _kept_for_transfers(zab, _tail_start(zab, event.meta.index))
    if cut > zab.log.start.index:
        zab.log.compact(cut)
        zab.persist(compact=zab.log.start)


def _tail_start(zab: ZabState, index: Index) -> Index:
    """Up to where to compact: `log_tail_entries` behind `index`, or fewer if they are more than `log_tail_bytes`."""
    lowest = max(zab.log.start.index, index - zab.config.log_tail_entries)
    size = 0
    for entry in reversed(zab.log.between(lowest + 1, index)):
        size += len(entry.data)
        if size > zab.config.log_tail_bytes:
            return entry.index
    return lowest


def _kept_for_transfers(zab: ZabState, cut: Index) -> Index:
    """Where to compact instead: who is being sent a snapshot, or the history, needs what follows it. Up to a limit."""
    for session in zab.leading.sessions.values() if zab.leading is not None else ():
        base = session.outgoing.meta.index if session.outgoing is not None else session.sent_to
        if session.streams or base >= cut or base < zab.log.start.index:
            continue
        if sum(len(entry.data) for entry in zab.log.between(base + 1, cut)) <= zab.config.snapshot_hold_bytes:
            cut = base
    return cut


# The learner's side


def handle_snap(zab: ZabState, learning: Learning, message: Snap) -> None:
    """F6: take it, unless what it holds is here already."""
    if not may_begin(learning) and (learning.incoming is None or learning.staged is not None):
        leave_leader(zab, "out_of_order", confused(learning))
    elif not _not_needed(zab, learning, message.meta):
        learning.incoming = Incoming(message.meta)
        zab.explain("snapshot_incoming", index=message.meta.index, size=message.meta.size)
        # Writing nothing, past the start: the answer says what the disk still holds of it, from before a restart perhaps.
        zab.out.append(WriteSnapshot(message.meta, 1, b""))


def _not_needed(zab: ZabState, learning: Learning, meta: SnapshotMeta) -> bool:
    """Whether the log has all that the snapshot covers: then the history goes on from its end, and what else the log has may agree."""
    term = zab.log.term_at(meta.index)
    compacted = term is None and meta.index <= zab.commit
    if term != meta.term and not compacted:
        if meta.index <= zab.commit:
            raise InvariantError(
                f"node {zab.me}: offered a snapshot at ({meta.index}, epoch {meta.term}), but committed there is epoch {term}: "
                "keep the data directories of all nodes for inspection"
            )
        return False
    learning.incoming = None
    learning.told = max(learning.told, meta.index)
    begin_staging(zab, learning, zab.commit if compacted else meta.index)
    _reply(zab, learning, meta, "done")
    return True


def handle_snap_chunk(zab: ZabState, learning: Learning, message: SnapChunk) -> None:
    """Bytes of the snapshot being received; what does not continue it is answered with where we are."""
    incoming = learning.incoming
    if incoming is None or incoming.meta.digest != message.digest or incoming.expected is None or incoming.full:
        return
    size = len(message.data)
    if crc32(message.data) != message.crc or not incoming.continues(message.offset, size):
        # Once: whatever else was on its way will not fit either.
        if not incoming.complained:
            incoming.complained = True
            _reply(zab, learning, incoming.meta, "continue", incoming.expected)
        return
    incoming.take(size)
    zab.out.append(WriteSnapshot(incoming.meta, message.offset, message.data))


def handle_snapshot_written(zab: ZabState, event: SnapshotWritten) -> None:
    """What was received is on disk; if it is all, it replaces the log."""
    learning = zab.learning
    incoming = learning.incoming if learning is not None else None
    if learning is None or incoming is None or incoming.meta != event.meta:
        return
    if event.no_room:
        zab.explain("snapshot_no_room", index=event.meta.index, size=event.meta.size)
        leave_leader(zab, "snapshot_no_room", "there is no room on its disk for the snapshot that it needs; make room")
    elif event.damaged:
        learning.incoming = None
        _reply(zab, learning, event.meta, "damaged")
    elif event.complete:
        _install(zab, learning, event.meta)
    elif incoming.written(event.offset):
        if event.offset:
            zab.explain("snapshot_resumed", index=event.meta.index, offset=event.offset, size=event.meta.size)
        _reply(zab, learning, event.meta, "continue", event.offset)
    else:
        _reply(zab, learning, event.meta, "held", event.offset)


def _install(zab: ZabState, learning: Learning, meta: SnapshotMeta) -> None:
    """Replace log and state."""
    zab.explain("snapshot_installed", index=meta.index, term=meta.term)
    zab.snapshot = meta
    point = LogPoint(meta.index, meta.term)
    zab.reset_log(point)
    zab.persist(reset=point)
    zab.out.append(LoadSnapshot(meta))
    learning.incoming = None
    learning.told = max(learning.told, meta.index)
    begin_staging(zab, learning, meta.index)
    _reply(zab, learning, meta, "done")


def _reply(zab: ZabState, learning: Learning, meta: SnapshotMeta, status: str, offset: int = 0) -> None:
    zab.send(learning.leader, SnapReply(learning.session or 0, meta.digest, status, offset))
