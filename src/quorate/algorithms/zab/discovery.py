"""Discovery (paper, phase 1): who was elected asks a quorum for an epoch of its own. Both sides.

Election promises nothing; this does. A prospective leader needs a quorum of voters that promise to follow nobody of an earlier epoch, each
durably and each epoch to one leader only, and none of them may be ahead of it.
"""

from collections.abc import Iterable

from quorate.algorithms.zab.broadcast import try_to_establish
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import (
    NO_ACK,
    AckEpoch,
    FollowerInfo,
    LeaderInfo,
    ObserverInfo,
    SessionEnd,
    Zxid,
)
from quorate.algorithms.zab.roles import leave_leader, look_for_leader, notify_one
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.state import Role, ZabState
from quorate.algorithms.zab.synchronisation import synchronise
from quorate.core.errors import InvariantError
from quorate.core.ids import NodeId

LAST_EPOCH = (1 << 32) - 1
"""ZooKeeper packs a zxid into 64 bits, half of them for the epoch."""


# The leader's side


def begin_leading(zab: ZabState, electors: Iterable[NodeId]) -> None:
    """L1: elected. Those who called before are answered now."""
    zab.role, zab.phase = Role.LEADING, Phase.DISCOVERY
    initial = (zab.current_epoch, zab.last)
    zab.leading = Leading(zab.accepted_epoch + 1, initial, electors, zab.now, zab.now + zab.config.init_ns)
    zab.why = "elected; waiting for a quorum of nodes to promise an epoch"
    zab.explain("elected", round=zab.round, candidate=zab.accepted_epoch + 1)
    callers, zab.callers = zab.callers, {}
    _choose_epoch(zab, zab.leading)
    for sid in sorted(callers):
        handle_info(zab, sid, callers[sid])
    if zab.leading is not None:
        tell_members(zab, zab.leading)


def tell_members(zab: ZabState, leading: Leading) -> None:
    """Once members have changed, one that does not know of that may ask the wrong nodes: tell those who do not follow yet that we lead."""
    for peer in zab.peers if zab.configuration.index else ():
        if peer in zab.connected and peer not in leading.sessions:
            notify_one(zab, peer, reply=True)


def handle_info(zab: ZabState, sender: NodeId, message: FollowerInfo | ObserverInfo) -> None:
    """F1, L2, L3: somebody wants to follow. Its older session is over, and what it acknowledged in it counts no more. Whether it votes, our
    log says: its own may not know yet. One whom our own leader has sent on may come before its word to us."""
    if zab.role is Role.LOOKING or (message.handed_over and zab.role is Role.FOLLOWING):
        zab.callers[sender] = message
        return
    leading = zab.leading
    if leading is None:
        zab.send(sender, SessionEnd(message.session, "not_leading"))
        return
    leading.drop(sender)
    voter = sender in zab.voters
    if leading.epoch is not None and voter and message.accepted_epoch > leading.epoch:
        # It can never promise this epoch: the next one will be above what it has promised.
        zab.explain("epoch_too_low", peer=sender, accepted=message.accepted_epoch, epoch=leading.epoch)
        look_for_leader(
            zab, f"node {sender} had promised epoch {message.accepted_epoch}, above this node's own; electing anew"
        )
        return
    follower = voter or isinstance(message, FollowerInfo)
    session = Session(message.session, message.accepted_epoch, zab.now, follower=follower)
    session.unaware = voter and not isinstance(message, FollowerInfo)
    leading.sessions[sender] = session
    if leading.epoch is not None:
        zab.send(sender, LeaderInfo(session.number, leading.epoch, session.unaware))
        return
    if voter:
        leading.candidate = max(leading.candidate, message.accepted_epoch + 1)
        leading.connected.add(sender)
    _choose_epoch(zab, leading)


def _choose_epoch(zab: ZabState, leading: Leading) -> None:
    """L2: with a quorum connected the epoch is one that none of them has promised to anybody. Ours is durable before anyone hears it."""
    if leading.epoch is not None or not zab.decides(leading.connected | {zab.me}):
        return
    if leading.candidate > LAST_EPOCH:
        raise InvariantError(
            f"epoch {LAST_EPOCH} was the last one there is: this group cannot elect another leader; "
            "restore a backup of it into a new cluster"
        )
    leading.epoch = leading.candidate
    leading.init_by = zab.now + zab.config.init_ns
    zab.promise(leading.epoch)
    for sid, session in leading.sessions.items():
        zab.send(sid, LeaderInfo(session.number, leading.epoch, session.unaware))
    _count_promises(zab, leading)


def handle_ack_epoch(zab: ZabState, sender: NodeId, session: Session, message: AckEpoch) -> None:
    """L4, L6: a learner has answered to the epoch."""
    leading = zab.leading
    if leading is None or session.stage is not Stage.HELLO or leading.epoch is None:
        return
    session.stage = Stage.PROMISED
    session.last, session.committed = message.last, message.committed
    session.want_snapshot = message.want_snapshot
    if zab.phase is not Phase.DISCOVERY:
        synchronise(zab, sender, session)
        return
    if not session.follower or sender not in zab.voters or message.current_epoch == NO_ACK:
        return
    if (message.current_epoch, message.last) > leading.initial:
        zab.explain("follower_ahead", peer=sender, epoch=message.current_epoch, last_index=message.last.index)
        look_for_leader(zab, f"node {sender} is ahead of this node, which was elected all the same; electing anew")
        return
    leading.promised.add(sender)
    _count_promises(zab, leading)


def _count_promises(zab: ZabState, leading: Leading) -> None:
    """L4: a quorum follows nobody of an earlier epoch any more. From here on this history is the epoch's."""
    if leading.epoch is None or not zab.decides(leading.promised | {zab.me}):
        return
    leading.epoch_position = zab.take_over(leading.epoch)
    zab.phase = Phase.SYNCHRONISATION
    leading.init_by = zab.now + zab.config.init_ns
    leading.tick_at = zab.now + zab.config.heartbeat_ns
    zab.why = f"elected for epoch {leading.epoch}; waiting for a quorum of nodes to take over its history"
    zab.explain("epoch_promised", epoch=leading.epoch)
    for sid, session in leading.sessions.items():
        if session.stage is Stage.PROMISED:
            synchronise(zab, sid, session)
    try_to_establish(zab)


# The learner's side


def begin_following(zab: ZabState, leader: NodeId, *, handed_over: bool = False) -> None:
    """F2: follow it, as soon as it is connected. `handed_over`: the leader before it has named it; if it does not take over soon, it may
    not even know."""
    zab.role = Role.FOLLOWING if zab.votes else Role.OBSERVING
    zab.phase = Phase.DISCOVERY
    patience_ns = zab.config.sync_ns if handed_over else zab.config.init_ns
    zab.learning = Learning(leader, zab.now + patience_ns, handed_over=handed_over)
    zab.callers, callers = {}, zab.callers
    zab.why = f"node {leader} was elected; waiting for it to propose an epoch"
    if zab.role is Role.FOLLOWING:
        zab.explain("following", leader=leader, round=zab.round)
    else:
        zab.explain("observing", leader=leader, round=zab.round)
    for sid in sorted(callers):
        zab.send(sid, SessionEnd(callers[sid].session, "not_leading"))
    if leader in zab.connected:
        say_hello(zab, zab.learning)


def say_hello(zab: ZabState, learning: Learning) -> None:
    """F2: open a session of its own number with the leader."""
    zab.session_number += 1
    learning.session = zab.session_number
    hello = FollowerInfo if zab.role is Role.FOLLOWING else ObserverInfo
    version = zab.configuration.index
    zab.send(learning.leader, hello(zab.session_number, zab.accepted_epoch, version, learning.handed_over))


def handle_leader_info(zab: ZabState, learning: Learning, message: LeaderInfo) -> None:
    """F3: the epoch that the leader proposes. Each is promised once; an observer's promise is not asked for, and counts nowhere. By the
    leader's log it may be a voter."""
    if message.voter:
        zab.role = Role.FOLLOWING
    least = zab.accepted_epoch if zab.role is Role.FOLLOWING else zab.current_epoch
    if message.epoch < least:
        leave_leader(
            zab, "epoch_too_low", f"node {learning.leader} proposed epoch {message.epoch}, below the {least} promised"
        )
        return
    current = zab.current_epoch
    if message.epoch > zab.accepted_epoch:
        # An observer's too, though it promises nothing: no entry on a disk may be of a later epoch than is accepted there.
        zab.promise(message.epoch)
    elif zab.role is Role.FOLLOWING:
        current = NO_ACK
        zab.explain("promised_before", leader=learning.leader, epoch=message.epoch)
    learning.epoch = message.epoch
    zab.why = f"following node {learning.leader} into epoch {message.epoch}"
    last: Zxid = zab.last
    zab.send(
        learning.leader, AckEpoch(learning.session or 0, current, last, zab.commit, want_snapshot=zab.want_snapshot)
    )
