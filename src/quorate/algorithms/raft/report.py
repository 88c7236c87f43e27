"""What a Raft node says of itself: for people, and for tests."""

from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.algorithm import EntryView, Inspection, PeerStatus, Status
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
        "" if raft.leader is not None else raft.why,
    )


def _peers(raft: RaftState, now: Nanos) -> dict[NodeId, PeerStatus]:
    return {
        peer: PeerStatus(progress.match, progress.mode, now - progress.contact_at if progress.round else None)
        for peer, progress in raft.progress.items()
    }


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
        details={
            "ready": raft.ready,
            "leads": raft.role is Role.LEADER,
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
