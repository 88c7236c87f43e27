"""Broadcast (paper, phase 3): entries in the order of their names, committed by a quorum of disks. The leader's side.

The commit rule: an entry is committed when it and all before it are durable on a quorum, in the epoch of an established leader, which
counts itself like any other and only after its own disk. Entries of earlier epochs are committed as one block, by the quorum that took the
history over.
"""

from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.messages import Ack, Commit, Inform, Propose, UpToDate, Vote, Zxid
from quorate.algorithms.zab.reads import start_read_round
from quorate.algorithms.zab.roles import end_session, look_for_leader
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.state import ZabState
from quorate.core.entry import Entry
from quorate.core.ids import Index, NodeId


def try_to_establish(zab: ZabState) -> None:
    """L7, L8: a quorum, this leader included and only by its own disk, has taken the history over: all of it is committed."""
    leading = zab.leading
    if leading is None or leading.epoch is None or leading.epoch_position is None or zab.phase is Phase.BROADCAST:
        return
    if zab.written_to < leading.epoch_position or zab.durable < zab.log.last_index:
        return
    taken = {sid for sid, session in leading.sessions.items() if session.follower and session.stage is Stage.ACTIVE}
    if not zab.decides(taken | {zab.me}):
        return
    zab.phase, zab.why = Phase.BROADCAST, ""
    zab.commit = leading.base = zab.log.last_index
    zab.vote = Vote(leading.epoch, zab.vote.zxid, zab.vote.sid)
    zab.fresh.heard(zab.commit, zab.now, current=True)
    zab.explain("leader_established", epoch=leading.epoch, last_index=zab.commit)
    zab.apply_committed()
    zab.announce_leader(zab.me, ready=True)
    zab.regrouped = True
    inform_observers(zab, leading)
    for sid, session in leading.sessions.items():
        if session.stage is Stage.ACTIVE:
            send_up_to_date(zab, sid, session)


def send_up_to_date(zab: ZabState, sid: NodeId, session: Session) -> None:
    """Tell a learner that has taken the history over up to where all is committed."""
    zab.send(sid, UpToDate(session.number, committed(zab)))


def committed(zab: ZabState) -> Zxid:
    """Name of the newest committed entry."""
    return Zxid(zab.log.term_at(zab.commit) or 0, zab.commit)


def roll_over(zab: ZabState, leading: Leading) -> bool:
    """Whether the epoch has as many entries as its counter can name: then this leader has stepped down, and the next epoch counts from 1
    (ZOOKEEPER-1277)."""
    if zab.log.last_index + 1 - leading.base < zab.config.last_counter:
        return False
    zab.explain("epoch_full", epoch=leading.epoch, entries=zab.log.last_index - leading.base)
    look_for_leader(zab, f"epoch {leading.epoch} has as many entries as it can name; electing anew")
    return True


def propose_as_leader(zab: ZabState, leading: Leading, kind: int, data: bytes, crc: int) -> Index:
    """L9: the next entry of the epoch, sent and then written: the disk here works while the followers' do."""
    entry = Entry(zab.log.last_index + 1, zab.current_epoch, kind, data, crc)
    zab.append((entry,))
    leading.uncommitted_bytes += len(data)
    for sid, session in leading.sessions.items():
        if not session.streams or session.full:
            continue
        if session.follower:
            zab.send(sid, Propose(session.number, entry))
            session.sent(entry.index, zab.now)
        elif sid in zab.voters:
            _show_all(zab, sid, session)
    zab.persist(entries=(entry,))
    return entry.index


def _show_all(zab: ZabState, sid: NodeId, session: Session) -> None:
    """An observer that votes from now on learns it from the log, and calls again as a follower: nothing may be committed without it."""
    for entry in zab.log.between(session.sent_to + 1, zab.log.last_index):
        zab.send(sid, Propose(session.number, entry))
    session.sent_to = zab.log.last_index


def handle_ack(zab: ZabState, sender: NodeId, session: Session, message: Ack) -> None:
    """L10: everything up to there is on the follower's disk."""
    if not session.follower or session.stage is not Stage.ACTIVE:
        return
    if message.zxid.index > session.sent_to:
        zab.explain("ack_beyond_log", peer=sender, index=message.zxid.index, last_index=session.sent_to)
        return
    session.acknowledged(message.zxid.index, zab.now)
    if message.full:
        session.has_no_room()
    elif session.full:
        _send_again(zab, sender, session)
    commit_and_tell(zab)


def _send_again(zab: ZabState, sid: NodeId, session: Session) -> None:
    """There is room again: go on behind what it has."""
    session.full = False
    if session.sent_to < zab.log.start.index:
        end_session(zab, sid, "compacted")
        return
    for entry in zab.log.between(session.sent_to + 1, zab.log.last_index):
        zab.send(sid, Propose(session.number, entry))
        session.sent(entry.index, zab.now)


def commit_and_tell(zab: ZabState) -> None:
    """L11: see whether a quorum has more, and tell everybody. In order by construction."""
    leading = zab.leading
    if leading is None or zab.phase is not Phase.BROADCAST:
        return
    held = {
        sid: session.acked_to
        for sid, session in leading.sessions.items()
        if session.follower and session.stage is Stage.ACTIVE
    }
    held[zab.me] = zab.durable
    index = zab.quorums.reached(zab.group.voter_sets, held)
    if index <= zab.commit:
        return
    leading.uncommitted_bytes -= sum(len(entry.data) for entry in zab.log.between(zab.commit + 1, index))
    zab.commit = index
    zab.fresh.heard(index, zab.now, current=True)
    zxid = committed(zab)
    for sid, session in leading.sessions.items():
        if session.follower and session.streams:
            zab.send(sid, Commit(session.number, zxid))
    inform_observers(zab, leading)
    zab.apply_committed()
    start_read_round(zab)


def inform_observers(zab: ZabState, leading: Leading) -> None:
    """Who does not vote is told of entries once they are committed, one message each."""
    for sid, session in leading.sessions.items():
        if session.follower or not session.streams:
            continue
        if session.sent_to >= zab.commit:
            # It voted once, and has more than is committed.
            zab.send(sid, Commit(session.number, committed(zab)))
        for index in range(session.sent_to + 1, zab.commit + 1):
            zab.send(sid, Inform(session.number, zab.log.entry(index)))
        session.sent_to = max(session.sent_to, zab.commit)
