"""InstallSnapshot, the leader's side (paper, section 7): chunks in a window, within a rate, to few peers at once.

Theory of operation. An offer makes the peer say where to go on: it may hold a part, from an earlier leader or from before a restart.
From there chunks are asked of the disk, sent as they come, and counted as held when the peer says that they are on its disk. Whatever
breaks, the next offer's answer says where to go on. The bytes never pass through here but in messages.
"""

from collections.abc import Iterator

from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.raft.messages import SnapshotChunk, SnapshotReply
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.sending import offer_snapshot, send_entries
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.checksum import crc32
from quorate.core.effects import ReadSnapshot
from quorate.core.events import SnapshotRead
from quorate.core.ids import SECOND, Nanos, NodeId


def handle_snapshot_reply(raft: RaftState, sender: NodeId, message: SnapshotReply) -> None:
    """What the peer says to an offer or a chunk."""
    progress = raft.progress.get(sender)
    if raft.role is not Role.LEADER or progress is None or message.joined_at != progress.joined_at:
        return
    progress.contact_at = raft.now
    progress.round = max(progress.round, message.round)
    outgoing = progress.outgoing
    if progress.mode is not Mode.SNAPSHOT or outgoing is None or outgoing.meta.digest != message.digest:
        return
    if message.status == "continue":
        outgoing.go_on(message.offset)
    elif message.status == "held":
        config = raft.config
        outgoing.arrived(message.offset, raft.now, config.heartbeat_ns, config.snapshot_window_chunks)
    elif message.status == "done":
        progress.advance(min(message.match, raft.log.last_index), raft.round)
        progress.become_probe(progress.match + 1)
        send_entries(raft, sender)
    else:
        # No new offer before the next heartbeat is answered: should our copy be the damaged one, this would go round and round.
        raft.explain("snapshot_damaged", peer=sender, digest=message.digest)
        progress.become_probe(progress.match + 1)
    send_chunks(raft)


def handle_snapshot_read(raft: RaftState, event: SnapshotRead) -> None:
    """Bytes for a peer came from our disk."""
    progress = raft.progress.get(event.to)
    if raft.role is not Role.LEADER or progress is None or progress.outgoing is None or progress.offered != event.meta:
        return
    if event.failed:
        raft.explain("snapshot_gone", peer=event.to, digest=event.meta.digest)
        progress.become_probe(progress.match + 1)
        if raft.snapshot != event.meta:
            offer_snapshot(raft, event.to)
    elif progress.outgoing.was_read(event.offset, raft.now):
        crc = crc32(event.data)
        raft.send(
            event.to,
            SnapshotChunk(raft.term, raft.round, event.meta, event.offset, event.data, crc, progress.joined_at),
        )


def send_chunks(raft: RaftState) -> None:
    """Ask our disk for what the places, the windows and the rate allow. Who waits longest goes first."""
    if raft.role is not Role.LEADER or not any(progress.outgoing for progress in raft.progress.values()):
        return
    _give_places(raft)
    size = raft.config.snapshot_chunk_bytes
    while raft.now >= raft.snapshot_paid_at:
        waiting = [(outgoing.asked_at, peer, outgoing) for peer, outgoing in _served(raft) if outgoing.wants_chunk]
        if not waiting:
            return
        _, peer, outgoing = min(waiting, key=lambda each: each[:2])
        flight = outgoing.ask(size, raft.now)
        _pay(raft, flight.end - flight.offset)
        raft.out.append(ReadSnapshot(peer, outgoing.meta, flight.offset, size))


def next_chunk(raft: RaftState) -> Nanos | None:
    """When the rate allows the next chunk; None: nothing waits for that."""
    waits = raft.now < raft.snapshot_paid_at and any(outgoing.wants_chunk for _, outgoing in _served(raft))
    return raft.snapshot_paid_at if waits else None


def _pay(raft: RaftState, size: int) -> None:
    """Take `size` bytes off what may be sent: all transfers share one rate."""
    rate = raft.config.snapshot_bytes_per_s
    if rate:
        raft.snapshot_paid_at = max(raft.now, raft.snapshot_paid_at) + size * SECOND // rate


def _served(raft: RaftState) -> Iterator[tuple[NodeId, Outgoing]]:
    for peer, progress in raft.progress.items():
        if progress.outgoing is not None and progress.outgoing.served:
            yield peer, progress.outgoing


def _give_places(raft: RaftState) -> None:
    """Whoever has a place keeps it, unless it has fallen silent: a dead peer must not keep the others waiting."""
    timeout = raft.config.election_timeout_ns
    free = raft.config.snapshot_transfers
    others: list[Outgoing] = []
    for progress in raft.progress.values():
        outgoing = progress.outgoing
        if outgoing is None:
            continue
        silent = raft.now - progress.contact_at >= timeout
        outgoing.served = outgoing.served and not silent
        free -= outgoing.served
        if not outgoing.served and not silent and outgoing.held is not None:
            others.append(outgoing)
    for outgoing in others[: max(0, free)]:
        outgoing.served = True
