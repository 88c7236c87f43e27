"""Snapshots to learners whose place in the log is compacted, the leader's side: in a window, within a rate, to few at once.

An offer makes the learner say where to go on: it may hold a part, from an earlier leader or from before a restart. From there chunks are
asked of the disk, sent as they come, and counted as held when the learner says that they are on its disk.
"""

from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.logged.transfers import Candidate
from quorate.algorithms.zab.messages import Snap, SnapChunk
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.state import ZabState
from quorate.core.checksum import crc32
from quorate.core.effects import ReadSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotRead
from quorate.core.ids import Nanos, NodeId


def offer_snapshot(zab: ZabState, sid: NodeId, session: Session) -> None:
    """What the learner needs is compacted: offer our newest snapshot instead."""
    meta = zab.snapshot
    if meta is None:
        raise InvariantError(f"node {zab.me}: its log starts behind {zab.log.start.index}, and it has no snapshot")
    session.outgoing, session.stage = Outgoing(meta, zab.now), Stage.SNAPSHOT
    zab.explain("snapshot_offered", peer=sid, index=meta.index, size=meta.size)
    zab.send(sid, Snap(session.number, meta))


def handle_snapshot_read(zab: ZabState, event: SnapshotRead) -> None:
    """Bytes for a learner came from our disk."""
    session = zab.leading.sessions.get(event.to) if zab.leading is not None else None
    if session is None or session.outgoing is None or session.outgoing.meta != event.meta:
        return
    if event.failed:
        zab.explain("snapshot_gone", peer=event.to, digest=event.meta.digest)
        offer_snapshot(zab, event.to, session)
    elif session.outgoing.was_read(event.offset, zab.now):
        chunk = SnapChunk(session.number, event.meta.digest, event.offset, event.data, crc32(event.data))
        zab.send(event.to, chunk)


def send_chunks(zab: ZabState) -> None:
    """Ask our disk for what the places, the windows and the rate allow."""
    leading = zab.leading
    if leading is None:
        return
    peers = [
        Candidate(sid, session.outgoing, silent=zab.now - session.heard_at >= zab.config.sync_ns)
        for sid, session in leading.sessions.items()
        if session.outgoing is not None
    ]
    config = zab.config
    for chunk in leading.transfers.next_chunks(
        peers,
        zab.now,
        places=config.snapshot_transfers,
        chunk_bytes=config.snapshot_chunk_bytes,
        bytes_per_s=config.snapshot_bytes_per_s,
    ):
        zab.out.append(ReadSnapshot(chunk.peer, chunk.outgoing.meta, chunk.offset, config.snapshot_chunk_bytes))


def next_chunk(zab: ZabState) -> Nanos | None:
    """When the rate allows the next chunk; None: nothing waits for that."""
    leading = zab.leading
    if leading is None:
        return None
    under_way = [session.outgoing for session in leading.sessions.values() if session.outgoing is not None]
    return leading.transfers.due(under_way, zab.now) if under_way else None
