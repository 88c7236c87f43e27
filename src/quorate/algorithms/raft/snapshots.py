"""Snapshots: compaction of the own log, and InstallSnapshot in chunks (paper, section 7). Both sides.

The bytes never pass through here but in messages: the driver reads and writes them.
"""

from zlib import crc32

from quorate.algorithms.raft.messages import AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.roles import note_leader_alive
from quorate.algorithms.raft.sending import offer_snapshot, send_entries
from quorate.algorithms.raft.state import Incoming, RaftState, Role
from quorate.core.durable import LogPoint
from quorate.core.effects import LoadSnapshot, ReadSnapshot, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotRead, SnapshotTaken, SnapshotWritten
from quorate.core.ids import Index, NodeId
from quorate.core.snapshot import SnapshotMeta


def handle_snapshot_taken(raft: RaftState, event: SnapshotTaken) -> None:
    """Our own snapshot is durable: the log behind it may go, but for a tail."""
    if event.meta.index <= raft.snapshot_index:
        return
    raft.snapshot = event.meta
    cut = _tail_start(raft, event.meta.index)
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


# The leader's side


def handle_snapshot_reply(raft: RaftState, sender: NodeId, message: SnapshotReply) -> None:
    """What the peer says to an offer or a chunk."""
    progress = raft.progress.get(sender)
    if raft.role is not Role.LEADER or progress is None:
        return
    progress.contact_at = raft.now
    progress.round = max(progress.round, message.round)
    if progress.mode is not Mode.SNAPSHOT or progress.offered is None or progress.offered.digest != message.digest:
        return
    progress.offer_at = raft.now
    if message.status == "continue":
        size = raft.config.snapshot_chunk_bytes
        raft.out.append(ReadSnapshot(sender, progress.offered, message.offset, size))
    elif message.status == "done":
        progress.advance(min(message.match, raft.log.last_index), raft.round)
        progress.become_probe(progress.match + 1)
        send_entries(raft, sender)
    else:
        # No new offer before the next heartbeat is answered: should our copy be the damaged one, this would go round and round.
        raft.explain("snapshot_damaged", peer=sender, digest=message.digest)
        progress.become_probe(progress.match + 1)


def handle_snapshot_read(raft: RaftState, event: SnapshotRead) -> None:
    """Bytes for a peer came from our disk."""
    progress = raft.progress.get(event.to)
    if raft.role is not Role.LEADER or progress is None or progress.offered != event.meta:
        return
    if event.failed:
        raft.explain("snapshot_gone", peer=event.to, digest=event.meta.digest)
        progress.become_probe(progress.match + 1)
        if raft.snapshot != event.meta:
            offer_snapshot(raft, event.to)
        return
    progress.offer_at = raft.now
    chunk = SnapshotChunk(raft.term, raft.round, event.meta, event.offset, event.data, crc32(event.data))
    raft.send(event.to, chunk)


# The follower's side


def handle_snapshot_offer(raft: RaftState, sender: NodeId, message: SnapshotOffer) -> None:
    """Take it, unless what it holds is here already."""
    note_leader_alive(raft, sender)
    if not_needed(raft, message.meta):
        _reply(raft, sender, message, "done", match=raft.commit)
        return
    if raft.incoming is None or raft.incoming.meta != message.meta:
        raft.incoming = Incoming(message.meta)
        raft.explain("snapshot_incoming", index=message.meta.index, size=message.meta.size)
        # Writing nothing, past the start: the answer says what the disk still holds of it, from before a restart perhaps.
        raft.incoming.writing = True
        raft.out.append(WriteSnapshot(message.meta, 1, b""))
    elif not raft.incoming.writing:
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
    if incoming.writing or message.offset < incoming.offset:
        # A copy: what it brought has been answered, or will be when it is on disk.
        return
    sound = crc32(message.data) == message.crc
    if not sound or message.offset != incoming.offset or not (message.data or message.offset == message.meta.size):
        _reply(raft, sender, message, "continue", offset=incoming.offset)
        return
    incoming.writing = True
    raft.out.append(WriteSnapshot(message.meta, message.offset, message.data))


def handle_snapshot_written(raft: RaftState, event: SnapshotWritten) -> None:
    """What was received is on disk; if it is all, it replaces the log."""
    incoming = raft.incoming
    if incoming is None or incoming.meta != event.meta:
        return
    incoming.writing = False
    incoming.offset = event.offset
    leader = raft.leader
    if event.damaged:
        raft.incoming = None
        status, match = "damaged", 0
    elif not event.complete:
        status, match = "continue", 0
    else:
        _install(raft, event.meta)
        status, match = "done", raft.commit
    if leader is not None:
        reply = SnapshotReply(raft.term, 0, event.meta.digest, status, event.offset, match)
        raft.send(leader, reply)


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
    raft.send(sender, SnapshotReply(raft.term, message.round, message.meta.digest, status, offset, match))


def refuse_old_leader(raft: RaftState, sender: NodeId) -> None:
    """An Append or snapshot of an earlier term: the answer shows our term, so that its sender steps down."""
    raft.send(sender, AppendReply(raft.term, 0, ok=False))
