"""What a ZAB node says of itself: for people, and for tests."""

from quorate.algorithms.logged.disk_watch import WHY_HUNG
from quorate.algorithms.zab.leading import Phase
from quorate.algorithms.zab.session import Session
from quorate.algorithms.zab.state import ZabState
from quorate.core.algorithm import EntryView, Inspection, PeerStatus, SnapshotWork, Status
from quorate.core.ids import Nanos, NodeId, Term


def status(zab: ZabState, now: Nanos) -> Status:
    """Plain data for people and metrics. The term is the epoch whose history this node has taken over; a leader is one whose epoch is
    established, as far as this node knows."""
    leading = zab.leading
    return Status(
        "zab",
        zab.me,
        zab.role,
        zab.current_epoch,
        zab.leader,
        zab.ready,
        zab.commit,
        zab.applied,
        zab.log.last_index,
        zab.snapshot_index,
        _peers(leading.sessions, now) if leading is not None and leading.sessions else {},
        _why(zab),
        zab.configuration,
        not zab.unsettled,
        _receiving(zab),
        zab.disk.word,
    )


def _why(zab: ZabState) -> str:
    if zab.removed:
        at = max(zab.removed_at, zab.configuration.index)
        return f"this node was removed from the group by the configuration at {at}; stop it, or let it join again"
    return "" if zab.leader is not None else WHY_HUNG if zab.disk.hung else zab.why


def _peers(sessions: dict[NodeId, Session], now: Nanos) -> dict[NodeId, PeerStatus]:
    return {
        sid: PeerStatus(
            session.acked_to, "full" if session.full else session.stage.value, now - session.heard_at, _sending(session)
        )
        for sid, session in sessions.items()
    }


def _sending(session: Session) -> SnapshotWork | None:
    outgoing = session.outgoing
    if outgoing is None:
        return None
    return SnapshotWork("sending", outgoing.meta.index, outgoing.held or 0, outgoing.meta.size)


def _receiving(zab: ZabState) -> SnapshotWork | None:
    incoming = zab.learning.incoming if zab.learning is not None else None
    if incoming is None:
        return None
    return SnapshotWork("receiving", incoming.meta.index, incoming.offset, incoming.meta.size)


def inspect(zab: ZabState) -> Inspection:
    """Everything, for tests and the simulator."""
    log, leading, learning = zab.log, zab.leading, zab.learning
    sessions = leading.sessions if leading is not None else {}
    return Inspection(
        node=zab.me,
        role=zab.role.value,
        term=zab.current_epoch,
        voted_for=None,
        leader=zab.leader,
        commit=zab.commit,
        applied=zab.applied,
        durable=zab.durable,
        start_index=log.start.index,
        start_term=log.start.term,
        snapshot_index=zab.snapshot_index,
        log=tuple(
            [
                EntryView(entry.index, entry.term, entry.kind, entry.crc)
                for entry in log.between(log.start.index + 1, log.last_index)
            ]
        ),
        configurations=tuple(zab.group.configurations),
        spreads=_spreads(zab),
        details={
            "ready": zab.ready,
            "leads": zab.leader == zab.me,
            "campaigning": leading is not None and zab.leader != zab.me,
            "disk_stall_ns": zab.config.disk_stall_ns,
            "late_ns": zab.config.sync_ns // 4,
            "phase": zab.phase.value,
            "accepted_epoch": zab.accepted_epoch,
            "round": zab.round,
            "vote": (zab.vote.epoch, zab.vote.zxid.index, zab.vote.sid),
            "match": {sid: session.acked_to for sid, session in sessions.items()},
            "mode": {sid: session.stage.value for sid, session in sessions.items()},
            "installing": learning is not None and learning.incoming is not None,
            "loading": [sid for sid, session in sessions.items() if session.outgoing is not None],
        },
    )


def _spreads(zab: ZabState) -> Term:
    """The epoch for which a leader brings others in line, from the quorum of promises on."""
    leading = zab.leading
    if leading is None or leading.epoch is None or zab.phase is Phase.DISCOVERY:
        return 0
    return leading.epoch
