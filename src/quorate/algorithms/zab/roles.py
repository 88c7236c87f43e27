"""Back to looking for a leader, from wherever a node is: what is given up on the way, and the first vote.

Whoever leads or follows stops at once; the callers that wait for it are told what can be said: what was proposed may yet be committed, a
read was not answered.
"""

from quorate.algorithms.logged.pending import ReadRequest
from quorate.algorithms.zab.ballots import LOOKING, Ballot, supporters
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import (
    LOWEST,
    Notification,
    ReadIndexReply,
    SessionEnd,
    Vote,
)
from quorate.algorithms.zab.state import Role, ZabState
from quorate.core.effects import ReadRefused, RequestRefused, Send, Unresolved
from quorate.core.ids import MILLISECOND, Nanos, NodeId

LEADERSHIP_LOST = "leadership_lost"
"""What became of a proposal is not known."""

NO_ROOM = -(1 << 31)
"""The priority of a full disk: below any that an operator gives."""


def look_for_leader(zab: ZabState, why: str, *, wait_ns: Nanos = 0) -> None:
    """E1: a new round, in which this node votes for itself; a node without a vote only asks. `wait_ns`: before it says anything."""
    leave_role(zab)
    zab.role, zab.phase, zab.why = Role.LOOKING, Phase.ELECTION, why
    zab.round = zab.round + 1 if zab.votes else 0
    zab.vote = own_vote(zab)
    zab.received, zab.outside = {}, {}
    zab.finalize_by = None
    zab.newest_known = 0
    record_own(zab)
    zab.notify_wait = zab.config.notification_ms * MILLISECOND
    zab.explain("looking", round=zab.round, epoch=zab.current_epoch, last_index=zab.log.last_index)
    if wait_ns:
        zab.notify_at = zab.now + wait_ns
    else:
        notify(zab)
    look_at_votes(zab)


def own_vote(zab: ZabState) -> Vote:
    """For itself; the lowest there is without a vote, or while the disk hangs. What it names is durable before it leaves, because `Persist`
    is a barrier. Of those that have the same, one whose disk is full comes last."""
    if not zab.may_lead:
        return LOWEST
    member = zab.configuration.member(zab.me)
    priority = NO_ROOM if zab.disk.short else member.priority if member is not None else 0
    return Vote(zab.current_epoch, zab.last, zab.me, priority)


def record_own(zab: ZabState) -> None:
    """Our own vote is one of those that were received."""
    zab.received[zab.me] = Ballot(LOOKING, zab.round, zab.vote)


def notify(zab: ZabState) -> None:
    """Tell all voters whom we vote for, and when we will again; as long as our members may be taken back, also those before: one of them
    may lead. Who was removed disturbs nobody."""
    zab.notify_at = zab.now + zab.notify_wait
    if zab.removed:
        return
    asked = zab.voters | set(zab.peers) if zab.unsettled else zab.voters
    for peer in sorted(asked - {zab.me}):
        notify_one(zab, peer)


def notify_one(zab: ZabState, peer: NodeId, *, reply: bool = False) -> None:
    """Tell one."""
    zab.send(peer, Notification(zab.role.value, zab.round, zab.vote, zab.configuration.index, reply))


def look_at_votes(zab: ZabState) -> None:
    """E6: from the moment at which a quorum stands for our vote, a better one may still come for a while. When everybody who has a process
    stands for it, none can."""
    agree = supporters(zab.received, Ballot(LOOKING, zab.round, zab.vote))
    if not zab.vote.sid or not zab.decides(agree):
        return
    if zab.finalize_by is None:
        zab.finalize_by = zab.now + zab.config.finalize_wait_ms * MILLISECOND
    if zab.newest_known > zab.configuration.index:
        return  # there may be voters that we do not know
    if zab.config.fast_failover and zab.voters <= agree | zab.unreachable:
        zab.finalize_by = zab.now


def leave_role(zab: ZabState, successor: NodeId = 0) -> None:
    """L15, F12: what only a leader or learner has is forgotten. `successor`: whom those that followed are to follow now; 0: whom they
    elect."""
    leading, zab.leading = zab.leading, None
    learning, zab.learning = zab.learning, None
    zab.announce_leader(None)
    if leading is not None:
        _end_leadership(zab, leading, successor)
    if learning is not None:
        _forget_leader(zab, learning)


def _end_leadership(zab: ZabState, leading: Leading, successor: NodeId) -> None:
    for request in [*(each for batch in leading.read_rounds for each in batch.requests), *leading.reads_waiting]:
        refuse_read(zab, leading, request, LEADERSHIP_LOST)
    for sequence in leading.own_proposals:
        zab.out.append(Unresolved(sequence, LEADERSHIP_LOST))
    change, zab.change = zab.change, None
    for asker in change.askers if change is not None else ():
        zab.answer(asker, LEADERSHIP_LOST)
    zab.departed = []
    # It promises nothing about the disk, which may be why the leadership ends.
    at_once = bool(successor) or zab.disk.hung
    for sid, session in leading.sessions.items():
        zab.out.append(Send(sid, SessionEnd(session.number, LEADERSHIP_LOST, successor), at_once))


def _forget_leader(zab: ZabState, learning: Learning) -> None:
    """Its answers will not come, or no longer count."""
    for sequence in learning.forwards:
        zab.out.append(Unresolved(sequence, "leader_changed"))
    for read_id in learning.reads:
        zab.out.append(ReadRefused(read_id, "leader_changed"))
    for request_id in zab.asked:
        zab.out.append(RequestRefused(request_id, LEADERSHIP_LOST))
    zab.asked = {}


def refuse_read(zab: ZabState, leading: Leading, request: ReadRequest, reason: str) -> None:
    """Tell whoever asked, here or on another node; `incarnation` is the session in which it asked."""
    if request.asker is None:
        zab.out.append(ReadRefused(request.id, reason, zab.leader))
        return
    session = leading.sessions.get(request.asker)
    if session is not None and session.number == request.incarnation:
        reply = ReadIndexReply(request.incarnation, request.id, refused=reason, hint=zab.leader)
        zab.send(request.asker, reply)


def leave_leader(zab: ZabState, reason: str, why: str, *, tell: bool = True) -> None:
    """F12: a learner leaves its leader. An observer waits a little, so that many do not fall on the next one at once."""
    learning = zab.learning
    if learning is None:
        return
    zab.explain("leader_left", leader=learning.leader, cause=reason)
    if tell and learning.session is not None:
        zab.send(learning.leader, SessionEnd(learning.session, reason))
    wait_ns = 0
    if zab.role is Role.OBSERVING and zab.config.observer_wait_ms:
        wait_ns = 1 + zab.random.randrange(zab.config.observer_wait_ms * MILLISECOND)
    look_for_leader(zab, why, wait_ns=wait_ns)


def end_session(zab: ZabState, sid: NodeId, reason: str) -> None:
    """A leader has done with a learner, until it comes anew."""
    session = zab.leading.drop(sid) if zab.leading is not None else None
    if session is not None:
        zab.explain("session_ended", peer=sid, cause=reason)
        zab.send(sid, SessionEnd(session.number, reason))
