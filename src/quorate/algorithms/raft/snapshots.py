"""Snapshots: compaction of the own log, and InstallSnapshot in chunks, the follower's side (paper, section 7).

The bytes never pass through here but in messages: the driver reads and writes them.
"""

from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.raft.messages import AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.roles import note_leader_alive
from quorate.algorithms.raft.state import RaftState
from quorate.algorithms.raft.versions import acknowledged
from quorate.core.checksum import crc32
from quorate.core.durable import LogPoint
from quorate.core.effects import LoadSnapshot, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotTaken, SnapshotWritten
from quorate.core.ids import Index, NodeId
from quorate.core.snapshot import SnapshotMeta


def handle_snapshot_taken(raft: RaftState, event: SnapshotTaken) -> None:
    """Our own snapshot is durable: the log behind it may go, but for a tail."""
    if event.meta.index <= raft.snapshot_index:
        return
    raft.snapshot = event.meta
    cut = _kept_for_transfers(raft, _tail_start(raft, event.meta.index))
    if cut > raft.log.start.index:
        raft.log.compact(cut)
        raft.persist(compact=raft.log.start)


def _tail_start(raft: RaftState, index: Index) -> Index:
    """Up to where to compact: `log_tail_entries` behind `index`, or fewer if they are more than `log_tail_bytes`."""
    lowest = max(raft.log.start.index, index - raft.config.log_tail_entries)
    size = 0
    for entry in reversed(raft.log.between(lowest + 1, index)):
        size += len(entry.data)
        if size > raft.config.log_tail_bytes:
            return entry.index
    return lowest


def _kept_for_transfers(raft: RaftState, cut: Index) -> Index:
    """Where to compact instead: who is being sent a snapshot needs what follows it, or it would need another one, and so on for ever.
    Up to a limit, and not for a peer that has fallen silent."""
    for progress in raft.progress.values():
        base = progress.offered.index if progress.offered is not None else cut
        if base >= cut or raft.now - progress.contact_at >= raft.config.election_timeout_ns:
            continue
        behind = raft.log.between(max(base, raft.log.start.index) + 1, cut)
        if sum(len(entry.data) for entry in behind) <= raft.config.snapshot_hold_bytes:
            cut = base
    return cut


# The follower's side


def handle_snapshot_offer(raft: RaftState, sender: NodeId, message: SnapshotOffer) -> None:
    """Take it, unless what it holds is here already."""
    note_leader_alive(raft, sender)
    if not_needed(raft, message.meta):
        _reply(raft, sender, message, "done", match=raft.commit)
        return
    if raft.incoming is None or raft.incoming.meta != message.meta:
        raft.incoming = Incoming(message.meta)
        raft.incoming.joined_at = message.joined_at
        raft.explain("snapshot_incoming", index=message.meta.index, size=message.meta.size)
        # Writing nothing, past the start: the answer says what the disk still holds of it, from before a restart perhaps.
        raft.out.append(WriteSnapshot(message.meta, 1, b""))
        return
    raft.incoming.joined_at = message.joined_at
    if raft.incoming.writes:
        raft.incoming.owes_answer = True
    else:
        raft.incoming.go_on()
        _explain_resumption(raft, raft.incoming)
        _reply(raft, sender, message, "continue", offset=raft.incoming.offset)


def not_needed(raft: RaftState, meta: SnapshotMeta) -> bool:
    """Whether the log has all that the snapshot covers; if so, it is known to be committed."""
    term = raft.log.term_at(meta.index)
    if meta.index <= raft.commit:
        if term is not None and term != meta.term:
            raise InvariantError(
                f"node {raft.me}: offered a snapshot at ({meta.index}, term {meta.term}), but committed there is term {term}"
            )
        raft.incoming = None
        return True
    if term == meta.term:
        raft.incoming = None
        raft.commit = meta.index
        raft.apply_committed()
        return True
    return False


def handle_snapshot_chunk(raft: RaftState, sender: NodeId, message: SnapshotChunk) -> None:
    """Bytes of the snapshot being received; what does not continue it is answered with where we are."""
    note_leader_alive(raft, sender)
    incoming = raft.incoming
    if incoming is None or incoming.meta != message.meta:
        if not_needed(raft, message.meta):
            _reply(raft, sender, message, "done", match=raft.commit)
        return
    if incoming.expected is None or incoming.full:
        # The disk is being asked, or has enough to do. The sender offers again if it hears nothing.
        return
    if message.offset < incoming.expected:
        # A copy: what it brought has been answered, or will be when it is on disk. The answer may have been lost, though.
        if not incoming.writes:
            _reply(raft, sender, message, acknowledged(raft, sender), offset=incoming.offset)
        return
    size = len(message.data)
    if crc32(message.data) != message.crc or not incoming.continues(message.offset, size):
        # Once: whatever else was on its way will not fit either.
        if not incoming.complained:
            incoming.complained = True
            _reply(raft, sender, message, "continue", offset=incoming.expected)
        return
    incoming.take(size)
    raft.out.append(WriteSnapshot(message.meta, message.offset, message.data))


def handle_snapshot_written(raft: RaftState, event: SnapshotWritten) -> None:
    """What was received is on disk; if it is all, it replaces the log."""
    incoming = raft.incoming
    if incoming is None or incoming.meta != event.meta:
        return
    leader = raft.leader
    if event.no_room:
        # Not answered: it is offered again when its sender has waited for an election timeout.
        raft.incoming = None
        raft.explain("snapshot_no_room", index=event.meta.index, size=event.meta.size)
        return
    if event.damaged:
        raft.incoming = None
        status, match = "damaged", 0
    elif not event.complete:
        status, match = acknowledged(raft, leader), 0
        if incoming.written(event.offset):
            status = "continue"
            _explain_resumption(raft, incoming)
    else:
        _install(raft, event.meta)
        status, match = "done", raft.commit
    if leader is not None:
        reply = SnapshotReply(
            raft.term, 0, event.meta.digest, status, event.offset, match, joined_at=incoming.joined_at
        )
        raft.send(leader, reply)


def _explain_resumption(raft: RaftState, incoming: Incoming) -> None:
    if incoming.offset:
        raft.explain("snapshot_resumed", index=incoming.meta.index, offset=incoming.offset, size=incoming.meta.size)


def _install(raft: RaftState, meta: SnapshotMeta) -> None:
    """Replace log and state (paper, Figure 13). Looked at again, because entries may have come meanwhile."""
    raft.incoming = None
    if not_needed(raft, meta):
        return
    raft.explain("snapshot_installed", index=meta.index, term=meta.term)
    raft.snapshot = meta
    point = LogPoint(meta.index, meta.term)
    raft.reset_log(point)
    raft.persist(reset=point)
    raft.out.append(LoadSnapshot(meta))


def _reply(
    raft: RaftState,
    sender: NodeId,
    message: SnapshotOffer | SnapshotChunk,
    status: str,
    *,
    offset: int = 0,
    match: Index = 0,
) -> None:
    reply = SnapshotReply(raft.term, message.round, message.meta.digest, status, offset, match, message.joined_at)
    raft.send(sender, reply)


def refuse_old_leader(raft: RaftState, sender: NodeId) -> None:
    """An Append or snapshot of an earlier term: the answer shows our term, so that its sender steps down."""
    raft.send(sender, AppendReply(raft.term, 0, ok=False))
