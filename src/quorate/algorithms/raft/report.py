"""What a Raft node says of itself: for people, and for tests."""

from quorate.algorithms.logged.disk_watch import WHY_HUNG
from quorate.algorithms.logged.incoming import Incoming
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.algorithm import EntryView, Inspection, PeerStatus, SnapshotWork, Status
from quorate.core.ids import Nanos, NodeId


def status(raft: RaftState, now: Nanos) -> Status:
    """Plain data for people and metrics."""
    # Asked for after every step of a simulation: in the order of its fields, because names cost more than the rest.
    return Status(
        "raft",
        raft.me,
        raft.role,
        raft.term,
        raft.leader,
        raft.ready,
        raft.commit,
        raft.applied,
        raft.log.last_index,
        raft.snapshot_index,
        _peers(raft, now) if raft.progress else {},
        _why(raft),
        raft.configuration,
        not raft.unsettled,
        _receiving(raft.incoming) if raft.incoming is not None else None,
        raft.disk.word,
    )


def _why(raft: RaftState) -> str:
    if raft.removed:
        at = max(raft.removed_at, raft.configuration.index)
        return f"this node was removed from the group by the configuration at {at}; stop it, or let it join again"
    return "" if raft.leader is not None else WHY_HUNG if raft.disk.hung else raft.why


def _peers(raft: RaftState, now: Nanos) -> dict[NodeId, PeerStatus]:
    return {
        peer: PeerStatus(
            progress.match,
            "full" if progress.full else progress.mode,
            now - progress.contact_at if progress.round else None,
            _sending(progress.outgoing) if progress.outgoing is not None else None,
        )
        for peer, progress in raft.progress.items()
    }


def _sending(outgoing: Outgoing) -> SnapshotWork:
    return SnapshotWork("sending", outgoing.meta.index, outgoing.held or 0, outgoing.meta.size)


def _receiving(incoming: Incoming) -> SnapshotWork:
    return SnapshotWork("receiving", incoming.meta.index, incoming.offset, incoming.meta.size)


def inspect(raft: RaftState) -> Inspection:
    """Everything, for tests and the simulator."""
    log = raft.log
    return Inspection(
        node=raft.me,
        role=raft.role.value,
        term=raft.term,
        voted_for=raft.voted_for,
        leader=raft.leader,
        commit=raft.commit,
        applied=raft.applied,
        durable=raft.durable,
        start_index=log.start.index,
        start_term=log.start.term,
        snapshot_index=raft.snapshot_index,
        log=tuple(
            [
                EntryView(entry.index, entry.term, entry.kind, entry.crc)
                for entry in log.between(log.start.index + 1, log.last_index)
            ]
        ),
        configurations=tuple(raft.group.configurations),
        details={
            "ready": raft.ready,
            "leads": raft.role is Role.LEADER,
            "campaigning": raft.role in (Role.PRE_CANDIDATE, Role.CANDIDATE),
            "disk_stall_ns": raft.config.disk_stall_ns,
            "late_ns": raft.config.election_timeout_ns // 4,
            "suspect": raft.suspect,
            "votes": dict(raft.votes),
            "election_deadline": raft.election_deadline,
            "match": {peer: progress.match for peer, progress in raft.progress.items()},
            "next": {peer: progress.next for peer, progress in raft.progress.items()},
            "mode": {peer: progress.mode.value for peer, progress in raft.progress.items()},
            "installing": raft.incoming is not None,
            "loading": [peer for peer, progress in raft.progress.items() if progress.mode is Mode.SNAPSHOT],
        },
    )
