"""Linearizable reads. Both sides.

The leader notes what is committed and pings; when a quorum has answered that ping, it still led when the read came in: whoever leads a
later epoch needs one of those that answered, and none of them had left. The reader waits until it has applied that far. Reads that come in
while a round is out share the next one.
"""

from quorate.algorithms.logged.pending import ReadRequest, ReadRound
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Ping, ReadIndex, ReadIndexReply
from quorate.algorithms.zab.roles import refuse_read
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.state import ZabState
from quorate.core.consistency import Standing
from quorate.core.effects import ReadReady, ReadRefused
from quorate.core.events import ReadRequested
from quorate.core.ids import Index, Nanos, NodeId


def handle_read_requested(zab: ZabState, event: ReadRequested) -> None:
    """A local reader: at the leader it joins the next round, elsewhere the leader is asked."""
    learning = zab.learning
    if zab.leader is None:
        zab.out.append(ReadRefused(event.id, "no_leader"))
    elif learning is None:
        _admit(zab, ReadRequest(None, 0, event.id))
    else:
        if len(learning.reads) >= zab.config.waiting_reads:
            # The oldest is the likeliest to have lost its reader, who asks anew if there still is one.
            oldest = next(iter(learning.reads))
            del learning.reads[oldest]
            zab.out.append(ReadRefused(oldest, "given_up", zab.leader))
        learning.reads[event.id] = None
        zab.send(learning.leader, ReadIndex(learning.session or 0, event.id))


def handle_read_index(zab: ZabState, sender: NodeId, session: Session, message: ReadIndex) -> None:
    """A reader on another node."""
    _admit(zab, ReadRequest(sender, session.number, message.id))


def handle_read_index_reply(zab: ZabState, learning: Learning, message: ReadIndexReply) -> None:
    """The leader's answer to a question that is still open."""
    if message.id not in learning.reads:
        return
    del learning.reads[message.id]
    if message.refused:
        zab.out.append(ReadRefused(message.id, message.refused, message.hint))
    else:
        zab.out.append(ReadReady(message.id, message.index))


def _admit(zab: ZabState, request: ReadRequest) -> None:
    leading = zab.leading
    if leading is None:
        return
    if zab.phase is not Phase.BROADCAST:
        refuse_read(zab, leading, request, "no_leader")
    elif len(leading.reads_waiting) >= zab.config.waiting_reads:
        refuse_read(zab, leading, request, "busy")
    else:
        leading.reads_waiting.append(request)
        start_read_round(zab)


def start_read_round(zab: ZabState) -> None:
    """Ping for the reads that wait, unless a round is out."""
    leading = zab.leading
    if leading is None or not leading.reads_waiting or leading.read_rounds:
        return
    ping_all(zab, leading)
    leading.read_rounds.append(ReadRound(leading.round, zab.commit, leading.reads_waiting))
    leading.reads_waiting = []
    confirm_reads(zab)


def ping_all(zab: ZabState, leading: Leading) -> None:
    """A new round to everybody who follows, or is about to."""
    leading.round += 1
    zab.fresh.begun(leading.round, zab.now)
    for sid, session in leading.sessions.items():
        if session.stage not in (Stage.HELLO, Stage.PROMISED):
            session.pinged(leading.round)
            zab.send(sid, Ping(session.number, leading.round))


def confirm_reads(zab: ZabState) -> None:
    """Answer the reads whose ping, or a later one, a quorum has answered."""
    leading = zab.leading
    while leading is not None and leading.read_rounds and answered_round(zab, leading) >= leading.read_rounds[0].round:
        confirmed = leading.read_rounds.popleft()
        for request in confirmed.requests:
            _answer(zab, leading, request, confirmed.index)
        start_read_round(zab)


def answered_round(zab: ZabState, leading: Leading) -> int:
    """The newest ping that a quorum has answered; this leader answers its own."""
    answered = {sid: session.pong for sid, session in leading.sessions.items() if session.follower}
    answered[zab.me] = leading.round
    return zab.quorums.reached(zab.group.voter_sets, answered)


def _answer(zab: ZabState, leading: Leading, request: ReadRequest, index: Index) -> None:
    if request.asker is None:
        zab.out.append(ReadReady(request.id, index))
        return
    session = leading.sessions.get(request.asker)
    if session is not None and session.number == request.incarnation:
        zab.send(request.asker, ReadIndexReply(session.number, request.id, index))


def standing(zab: ZabState, applied: Index, now: Nanos) -> Standing:
    """What can be said of a state at `applied` without asking anybody."""
    fresh_at = zab.fresh.fresh_at(applied)
    leading = zab.leading
    if leading is not None and zab.phase is Phase.BROADCAST and applied >= zab.commit:
        alone = zab.voters == {zab.me}
        confirmed = now if alone else zab.fresh.sent_at(answered_round(zab, leading))
        fresh_at = max((at for at in (fresh_at, confirmed) if at is not None), default=None)
    return Standing(max(zab.commit, zab.fresh.commit), None, fresh_at)
