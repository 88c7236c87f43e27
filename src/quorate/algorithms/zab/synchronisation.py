"""Synchronisation (paper, phase 2), the leader's side: its history becomes the learner's.

The learner says where it ends, the leader where to go on: behind that place (DIFF), from an earlier one on (TRUNC), or from a snapshot on
(SNAP). Then comes the history, an entry a message, and NEWLEADER; from then on the learner is sent everything new.
"""

from quorate.algorithms.logged.log import Log
from quorate.algorithms.zab.broadcast import commit_and_tell, send_up_to_date, try_to_establish
from quorate.algorithms.zab.leading import Phase
from quorate.algorithms.zab.messages import AckNewLeader, Diff, NewLeader, Ping, Propose, SnapReply, Trunc, Zxid
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.snapshot_sending import offer_snapshot, send_chunks
from quorate.algorithms.zab.state import ZabState
from quorate.core.ids import Index, NodeId


def place_to_begin(log: Log, last: Zxid, committed: Index, *, want_snapshot: bool = False) -> tuple[type, Zxid] | None:
    """`Diff` or `Trunc`, and the entry behind which the history begins for a learner that ends at `last`; None: it needs a snapshot.

    `committed`: up to there the learner knows its log to be committed, so it is ours there too. `want_snapshot`: matching by `last` has
    failed. All of our log counts, committed or not: to cut what the learner has acknowledged would make this leader count what is gone.
    """
    ours = Zxid(log.last_term, log.last_index)
    if not want_snapshot and last >= Zxid(log.start.term, log.start.index):
        if log.term_at(last.index) == last.epoch:
            return Diff, last
        if last > ours:
            return Trunc, ours
        before = log.last_index_with_term_at_most(last.epoch, log.last_index)
        if log.term_at(before) == last.epoch:
            # Counters have no gaps: who has a later entry of the epoch has this one.
            return Trunc, Zxid(last.epoch, before)
    # What it has of epochs that we know nothing of begins somewhere behind what it knows to be committed.
    epoch = log.term_at(committed)
    return None if epoch is None else (Trunc, Zxid(epoch, committed))


def synchronise(zab: ZabState, sid: NodeId, session: Session) -> None:
    """L5: bring a learner in line."""
    place = place_to_begin(zab.log, session.last, session.committed, want_snapshot=session.want_snapshot)
    if place is None:
        offer_snapshot(zab, sid, session)
        send_chunks(zab)
        return
    kind, zxid = place
    message = Diff(session.number, zxid) if kind is Diff else Trunc(session.number, zxid)
    zab.explain("synchronising", peer=sid, by=kind.__name__.lower(), first=zxid.index, last=zab.log.last_index)
    zab.send(sid, message)
    session.sent_to = zxid.index
    session.stage = Stage.HISTORY
    send_history(zab, sid, session)


def send_history(zab: ZabState, sid: NodeId, session: Session) -> None:
    """What lies behind the place, up to a window of it at once; then NEWLEADER. An observer is shown what is committed, the rest it gets
    when it is; but all of it if it votes since it called, because it learns that from the log."""
    leading = zab.leading
    if leading is None or leading.epoch is None or session.gate:
        return
    if session.sent_to < zab.log.start.index:
        # Compacted meanwhile.
        offer_snapshot(zab, sid, session)
        return
    shown_all = session.follower or sid in zab.voters
    last = zab.log.last_index if shown_all else max(zab.commit, session.sent_to)
    size = 0
    while session.sent_to < last:
        entry = zab.log.entry(session.sent_to + 1)
        size += len(entry.data)
        if size > zab.config.inflight_bytes and len(entry.data) < size:
            leading.round += 1
            session.gate = leading.round
            zab.send(sid, Ping(session.number, leading.round))
            return
        zab.send(sid, Propose(session.number, entry))
        session.sent_to = entry.index
    session.synced_to = session.sent_to
    session.stage = Stage.TAKING
    zab.send(sid, NewLeader(session.number, leading.epoch))


def handle_ack_new_leader(zab: ZabState, sender: NodeId, session: Session, message: AckNewLeader) -> None:
    """L7: the learner has taken the history over, durably."""
    leading = zab.leading
    if leading is None or session.stage is not Stage.TAKING or message.epoch != leading.epoch:
        return
    session.is_active(zab.now)
    if session.follower:
        session.acknowledged(session.synced_to)
    if zab.phase is Phase.BROADCAST:
        send_up_to_date(zab, sender, session)
        commit_and_tell(zab)
    else:
        try_to_establish(zab)


def handle_snap_reply(zab: ZabState, sender: NodeId, session: Session, message: SnapReply) -> None:
    """What a learner says to a snapshot that it was offered, or to a piece of it."""
    outgoing = session.outgoing
    if zab.leading is None or outgoing is None or outgoing.meta.digest != message.digest:
        return
    zab.leading.init_by = max(zab.leading.init_by, zab.now + zab.config.init_ns)
    if message.status == "continue":
        outgoing.go_on(message.offset)
    elif message.status == "held":
        config = zab.config
        outgoing.arrived(message.offset, zab.now, config.heartbeat_ns, config.snapshot_window_chunks)
    elif message.status == "done":
        session.outgoing, session.stage, session.sent_to = None, Stage.HISTORY, outgoing.meta.index
        send_history(zab, sender, session)
    else:
        zab.explain("snapshot_damaged", peer=sender, digest=message.digest)
        offer_snapshot(zab, sender, session)
    send_chunks(zab)
