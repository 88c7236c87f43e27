"""The one door: every event comes in here, messages are matched with their session here, and the effects go out."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from quorate.algorithms.logged.disk_leadership import handle_space_changed as take_space_change
from quorate.algorithms.logged.disk_leadership import leave_a_bad_disk, look_at_disk, note_recovered
from quorate.algorithms.logged.handing_over import expire_transfer, hand_over_if_caught_up, note_new_leader
from quorate.algorithms.logged.membership import remove_dead
from quorate.algorithms.zab.broadcast import commit_and_tell, handle_ack, try_to_establish
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.discovery import handle_ack_epoch, handle_info, handle_leader_info
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.election import handle_notification, look_on
from quorate.algorithms.zab.leading import Phase
from quorate.algorithms.zab.learner import (
    ask_for_the_rest,
    handle_commit,
    handle_inform,
    handle_ping,
    handle_propose,
)
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.liveness import (
    handle_peer_connected,
    handle_peer_disconnected,
    handle_peer_unreachable,
    handle_pong,
    lead_on,
    learn_on,
    silence_limit,
)
from quorate.algorithms.zab.members import go_on_with_members, handle_removed, turn_away
from quorate.algorithms.zab.messages import (
    SINCE,
    Ack,
    AckEpoch,
    AckNewLeader,
    Ask,
    AskReply,
    Commit,
    Diff,
    FollowerInfo,
    Inform,
    LeaderInfo,
    NewLeader,
    Notification,
    ObserverInfo,
    Ping,
    Pong,
    Propose,
    ReadIndex,
    ReadIndexReply,
    Removed,
    Request,
    RequestReply,
    SessionEnd,
    Snap,
    SnapChunk,
    SnapReply,
    Trunc,
    UpToDate,
    ZabHardState,
    ZabMessage,
)
from quorate.algorithms.zab.proposals import handle_proposed, handle_request, handle_request_reply
from quorate.algorithms.zab.reads import handle_read_index, handle_read_index_reply, handle_read_requested, standing
from quorate.algorithms.zab.reasons import ALARMS, REASONS, WARNINGS
from quorate.algorithms.zab.report import inspect, status
from quorate.algorithms.zab.requests import handle_ask, handle_ask_reply, handle_requested
from quorate.algorithms.zab.roles import leave_leader, look_for_leader
from quorate.algorithms.zab.session import Session
from quorate.algorithms.zab.settings import handle_settings_changed, reloadable
from quorate.algorithms.zab.snapshot_sending import handle_snapshot_read, next_chunk
from quorate.algorithms.zab.snapshots import (
    handle_snap,
    handle_snap_chunk,
    handle_snapshot_taken,
    handle_snapshot_written,
)
from quorate.algorithms.zab.state import Role, ZabState
from quorate.algorithms.zab.storms import HISTORIES, decides, draw_options
from quorate.algorithms.zab.succession import handle_hand_over
from quorate.algorithms.zab.synchronisation import handle_ack_new_leader, handle_snap_reply
from quorate.algorithms.zab.taking_over import handle_diff, handle_new_leader, handle_trunc, handle_up_to_date
from quorate.algorithms.zab.why import why
from quorate.core.algorithm import AlgorithmSpec, Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect
from quorate.core.events import (
    Event,
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    Requested,
    SettingsChanged,
    SnapshotRead,
    SnapshotTaken,
    SnapshotWritten,
    SpaceChanged,
    TimePassed,
)
from quorate.core.finding import Explained, Finding
from quorate.core.ids import Index, Nanos, NodeId


class Zab:
    """One server of one ensemble. Satisfies `quorate.core.algorithm.Algorithm`."""

    def __init__(self, identity: Identity, config: ZabConfig, durable: Durable, random: Random) -> None:
        self._zab = ZabState(identity, config, durable, random)

    def start(self, now: Nanos) -> list[Effect]:
        """Every server starts by looking for a leader. What is known to be committed is applied."""
        zab = self._zab
        zab.now = now
        if zab.configuration != zab.identity.first_configuration:
            zab.tell_configuration()
        zab.apply_committed()
        if zab.current_epoch < zab.log.last_term:
            zab.explain("epoch_unfinished", epoch=zab.current_epoch, log_epoch=zab.log.last_term)
        look_for_leader(zab, zab.why)
        return self._take_effects()

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        """One event, to its end."""
        zab = self._zab
        zab.now = max(zab.now, now)
        if zab.disk.age(zab.now) >= zab.config.disk_stall_ns and not zab.disk.hung:
            look_at_disk(ZabDuties(zab), zab.role.value, self.deadline())
        HANDLERS[type(event)](zab, event)
        if zab.regrouped or zab.group.wanting:
            go_on_with_members(zab)
        if zab.transfer is not None:
            note_new_leader(zab)
            hand_over_if_caught_up(ZabDuties(zab))
        return self._take_effects()

    def deadline(self) -> Nanos | None:
        """The smallest of what is waited for."""
        zab = self._zab
        leading, learning = zab.leading, zab.learning
        times = [zab.transfer.deadline] if zab.transfer is not None else []
        if learning is not None:
            times.append(learning.silent_by)
        elif leading is None:
            times.append(zab.notify_at if zab.finalize_by is None else min(zab.finalize_by, zab.notify_at))
        else:
            stall = zab.disk.deadline(zab.config.disk_stall_ns)
            times += [at for at in (leading.tick_at, next_chunk(zab), stall) if at is not None]
            if zab.phase is not Phase.BROADCAST:
                times.append(leading.init_by)
        return min(times)

    def status(self, now: Nanos) -> Status:
        """For people and metrics."""
        return status(self._zab, now)

    def why(self, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
        """In words, for people."""
        return why(self._zab, now, recent)

    def standing(self, applied: Index, now: Nanos) -> Standing:
        """What can be said of a state at `applied` without asking anybody."""
        return standing(self._zab, applied, now)

    def inspect(self) -> Inspection:
        """For tests and the simulator."""
        return inspect(self._zab)

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        self._zab.check()

    def _take_effects(self) -> list[Effect]:
        effects, self._zab.out = self._zab.out, []
        return effects


def handle_received(zab: ZabState, event: Received) -> None:
    """To the election, or to the session that the message belongs to. What belongs to none is dropped: its sender was told, or will be."""
    sender, message = event.sender, event.message
    if sender == zab.me:
        zab.explain("not_a_member", sender=sender)
        return
    if turn_away(zab, sender, message):
        return
    zab.heard_at[sender] = zab.now
    kind = type(message)
    if isinstance(message, Notification):
        handle_notification(zab, sender, message)
    elif isinstance(message, FollowerInfo | ObserverInfo):
        handle_info(zab, sender, message)
    elif isinstance(message, SessionEnd):
        handle_session_end(zab, sender, message)
    elif kind in OF_NO_SESSION:
        OF_NO_SESSION[kind](zab, sender, message)
    elif kind in FROM_LEARNERS:
        _from_learner(zab, sender, message, FROM_LEARNERS[kind])
    else:
        _from_leader(zab, sender, message, FROM_LEADER[kind])


def _from_learner(zab: ZabState, sender: NodeId, message: Any, handler: "LearnerHandler") -> None:
    session = zab.leading.sessions.get(sender) if zab.leading is not None else None
    if session is not None and session.number == message.session:
        session.heard_at = zab.now
        handler(zab, sender, session, message)


def _from_leader(zab: ZabState, sender: NodeId, message: Any, handler: "LeaderHandler") -> None:
    learning = zab.learning
    if learning is None or learning.leader != sender or learning.session != message.session:
        return
    handler(zab, learning, message)
    learning.silent_by = zab.now + silence_limit(zab, learning)


def handle_session_end(zab: ZabState, sender: NodeId, message: SessionEnd) -> None:
    """L13, F12: the other side is done with this session."""
    caller = zab.callers.get(sender)
    if caller is not None and caller.session == message.session:
        del zab.callers[sender]
    session = zab.leading.sessions.get(sender) if zab.leading is not None else None
    if zab.leading is not None and session is not None and session.number == message.session:
        zab.leading.drop(sender)
    learning = zab.learning
    if learning is None or learning.leader != sender or learning.session != message.session:
        return
    if message.successor:
        handle_hand_over(zab, learning, message)
    else:
        text = f"node {sender}, which this node followed, ended that ({message.reason}); electing anew"
        leave_leader(zab, message.reason, text, tell=False)


def handle_time_passed(zab: ZabState, _event: TimePassed) -> None:
    """Whatever is due; also what became due by that, as a decision when nobody is left whose vote could be waited for."""
    expire_transfer(zab)
    if zab.leading is not None:
        lead_on(zab, zab.leading)
        if zab.leading is not None:
            duties = ZabDuties(zab)
            remove_dead(duties)
            leave_a_bad_disk(duties)
    elif zab.learning is not None and zab.now >= zab.learning.silent_by:
        learn_on(zab, zab.learning)
    if zab.leading is None and zab.learning is None:
        look_on(zab)


def handle_persisted(zab: ZabState, event: Persisted) -> None:
    """Our disk has caught up: a leader counts itself, and what is committed can be applied."""
    if zab.written(event.position):
        note_recovered(zab)
        if zab.role is Role.LOOKING:
            look_for_leader(zab, zab.why)
    elif zab.disk.hung and zab.disk.idle:
        zab.write_probe()
    try_to_establish(zab)
    commit_and_tell(zab)
    zab.apply_committed()


def handle_space_changed(zab: ZabState, event: SpaceChanged) -> None:
    """The disk is full, or is no more. What is under way still has room; nothing new is taken."""
    take_space_change(ZabDuties(zab), event, zab.role.value)
    if not event.short and zab.learning is not None:
        ask_for_the_rest(zab, zab.learning)


Handler = Callable[[ZabState, Any], None]
MessageHandler = Callable[[ZabState, NodeId, Any], None]
LearnerHandler = Callable[[ZabState, NodeId, Session, Any], None]
LeaderHandler = Callable[[ZabState, Learning, Any], None]

FROM_LEARNERS: dict[type, LearnerHandler] = {
    AckEpoch: handle_ack_epoch,
    AckNewLeader: handle_ack_new_leader,
    Ack: handle_ack,
    Pong: handle_pong,
    SnapReply: handle_snap_reply,
    Request: handle_request,
    ReadIndex: handle_read_index,
}

OF_NO_SESSION: dict[type, MessageHandler] = {
    Ask: handle_ask,
    AskReply: handle_ask_reply,
    Removed: handle_removed,
}

FROM_LEADER: dict[type, LeaderHandler] = {
    LeaderInfo: handle_leader_info,
    Diff: handle_diff,
    Trunc: handle_trunc,
    Snap: handle_snap,
    SnapChunk: handle_snap_chunk,
    Propose: handle_propose,
    NewLeader: handle_new_leader,
    UpToDate: handle_up_to_date,
    Commit: handle_commit,
    Inform: handle_inform,
    Ping: handle_ping,
    RequestReply: handle_request_reply,
    ReadIndexReply: handle_read_index_reply,
}

HANDLERS: dict[type, Handler] = {
    Received: handle_received,
    TimePassed: handle_time_passed,
    Persisted: handle_persisted,
    SpaceChanged: handle_space_changed,
    Proposed: handle_proposed,
    Requested: handle_requested,
    SettingsChanged: handle_settings_changed,
    ReadRequested: handle_read_requested,
    PeerConnected: handle_peer_connected,
    PeerDisconnected: handle_peer_disconnected,
    PeerUnreachable: handle_peer_unreachable,
    SnapshotTaken: handle_snapshot_taken,
    SnapshotRead: handle_snapshot_read,
    SnapshotWritten: handle_snapshot_written,
}

SPEC = AlgorithmSpec(
    name="zab",
    messages=ZabMessage,
    since=SINCE,
    hard_state=ZabHardState,
    config=ZabConfig,
    build=Zab,
    survives_datagrams=False,
    reasons=REASONS,
    alarms=ALARMS,
    warnings=WARNINGS,
    reloadable=reloadable,
    histories=HISTORIES,
    quorum=decides,
    storms=draw_options,
    unstormed=frozenset({"no_common_entry"}),
    features=frozenset({"tokens", "follower_reads", "membership", "transfer", "disk_watch"}),
)
