"""Who is alive: pings, the leader's look at its quorum, and everybody's limits. Clocks serve progress only; nothing here is unsafe if they
lie."""

from quorate.algorithms.logged.disk_leadership import note_hung
from quorate.algorithms.logged.handing_over import end_transfer
from quorate.algorithms.zab.discovery import say_hello, tell_members
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Pong
from quorate.algorithms.zab.reads import confirm_reads, ping_all
from quorate.algorithms.zab.roles import end_session, leave_leader, look_at_votes, look_for_leader, notify_one
from quorate.algorithms.zab.session import Session, Stage
from quorate.algorithms.zab.snapshot_sending import send_chunks
from quorate.algorithms.zab.state import Role, ZabState
from quorate.algorithms.zab.synchronisation import send_history
from quorate.core.events import PeerConnected, PeerDisconnected, PeerUnreachable
from quorate.core.ids import MILLISECOND, Nanos, NodeId

# Time


def lead_on(zab: ZabState, leading: Leading) -> None:
    """L12, L14: what is due for a leader."""
    if zab.phase is not Phase.BROADCAST and zab.now >= leading.init_by:
        zab.explain("leadership_abandoned", phase=zab.phase.value)
        look_for_leader(
            zab, f"gave up in {zab.phase.value}: too few nodes answered in time; check the other nodes and the network"
        )
        return
    send_chunks(zab)
    if leading.tick_at is None or zab.now < leading.tick_at:
        return
    leading.ticks += 1
    leading.tick_at = zab.now + zab.config.heartbeat_ns
    if leading.ticks % 2 == 0:
        if zab.phase is Phase.BROADCAST and not has_quorum(zab, leading):
            if 2 * zab.disk.age(zab.now) >= zab.config.sync_ns:
                # Nobody can answer what this node's own disk holds back.
                note_hung(ZabDuties(zab), zab.role.value)
                return
            zab.explain("quorum_lost", epoch=leading.epoch)
            look_for_leader(
                zab, "stopped leading: no quorum of nodes has answered in time; check the other nodes and the network"
            )
            return
        _end_slow_sessions(zab, leading)
        tell_members(zab, leading)
    ping_all(zab, leading)


def has_quorum(zab: ZabState, leading: Leading) -> bool:
    """Whether a quorum was heard within the sync limit, this leader included. Who votes only since then may not know yet."""
    limit = zab.config.sync_ns
    heard = {sid for sid, session in leading.sessions.items() if zab.now - session.heard_at < limit}
    if zab.now < leading.newcomers_until:
        heard |= leading.newcomers
    return zab.decides(heard | {zab.me})


def _end_slow_sessions(zab: ZabState, leading: Leading) -> None:
    """Who is not heard, or owes an acknowledgement, for longer than the sync limit comes anew."""
    for sid, session in list(leading.sessions.items()):
        limit = zab.config.sync_ns + (0 if session.stage is Stage.ACTIVE else zab.config.init_ns)
        owes_since = session.owes_since() if session.stage is Stage.ACTIVE else None
        if zab.now - session.heard_at >= limit:
            end_session(zab, sid, "silent")
        elif owes_since is not None and zab.now - owes_since >= zab.config.sync_ns:
            end_session(zab, sid, "no_ack")


def learn_on(zab: ZabState, learning: Learning) -> None:
    """F12: the leader has said nothing for too long. If this process was not running, its silence proves nothing."""
    late_ns = zab.now - learning.silent_by
    if late_ns > zab.config.sync_ns // 4:
        zab.explain("overslept", late_ns=late_ns)
        learning.silent_by = zab.now + silence_limit(zab, learning)
        return
    leave_leader(zab, "silent", f"node {learning.leader}, which was elected, has fallen silent; electing anew")


def silence_limit(zab: ZabState, learning: Learning) -> Nanos:
    """How long a leader may be silent: longer while it is taking us in."""
    return zab.config.sync_ns if learning.synced else zab.config.init_ns


# Messages


def handle_pong(zab: ZabState, sender: NodeId, session: Session, message: Pong) -> None:
    """A learner follows us still, and has received what was sent before the ping."""
    session.answered(message.round)
    if session.gate and session.pong >= session.gate:
        session.gate = 0
        send_history(zab, sender, session)
    confirm_reads(zab)


# Links


def handle_peer_connected(zab: ZabState, event: PeerConnected) -> None:
    """A new link. What was sent on the old one may be lost, and a session ends with its link."""
    peer = event.peer
    _link_broke(zab, peer)
    zab.connected.add(peer)
    zab.unreachable.discard(peer)
    zab.heard_at[peer] = zab.now
    learning = zab.learning
    if zab.role is Role.LOOKING and peer in zab.voters:
        zab.notify_wait = zab.config.notification_ms * MILLISECOND
        notify_one(zab, peer)
    elif learning is not None and learning.leader == peer and learning.session is None:
        say_hello(zab, learning)
    elif zab.leading is not None:
        tell_members(zab, zab.leading)


def handle_peer_disconnected(zab: ZabState, event: PeerDisconnected) -> None:
    """The link broke."""
    _link_broke(zab, event.peer)


def _link_broke(zab: ZabState, peer: NodeId) -> None:
    """L13, F12: no session outlives its link."""
    zab.connected.discard(peer)
    zab.callers.pop(peer, None)
    zab.outside.pop(peer, None)
    if zab.leading is not None:
        zab.leading.drop(peer)
    learning = zab.learning
    if learning is not None and learning.leader == peer and learning.session is not None:
        leave_leader(zab, "connection_lost", f"the connection to node {peer}, the leader, broke", tell=False)


def handle_peer_unreachable(zab: ZabState, event: PeerUnreachable) -> None:
    """The peer's process is gone: nobody waits for its vote, or follows it."""
    peer = event.peer
    zab.unreachable.add(peer)
    if zab.transfer is not None and zab.transfer.target == peer:
        end_transfer(zab, "target_silent")
    learning = zab.learning
    if learning is not None and learning.leader == peer:
        leave_leader(zab, "process_gone", f"node {peer}, the leader, has no process any more", tell=False)
    elif zab.role is Role.LOOKING and zab.config.fast_failover:
        _vote_without(zab, peer)


def _vote_without(zab: ZabState, peer: NodeId) -> None:
    """A vote for a dead process leads nowhere."""
    if zab.vote.sid == peer:
        look_for_leader(zab, f"node {peer}, for which this node voted, has no process any more; electing another")
    else:
        zab.received.pop(peer, None)
        look_at_votes(zab)
