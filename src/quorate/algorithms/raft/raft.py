"""The one door: every event comes in here, terms are compared here, and the effects go out."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from quorate.algorithms.logged.disk_leadership import handle_space_changed, leave_a_bad_disk, look_at_disk
from quorate.algorithms.logged.handing_over import (
    end_transfer,
    expire_transfer,
    hand_over_if_caught_up,
    note_new_leader,
)
from quorate.algorithms.logged.membership import remove_dead
from quorate.algorithms.raft.commit import apply_and_announce
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.disk_leadership import check_quorum, note_write_finished
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.election import (
    ask_again,
    campaign_when_met,
    count_own_vote,
    expect_to_meet_others,
    handle_election_timeout,
    handle_peer_unreachable,
    handle_pre_vote_reply,
    handle_pre_vote_request,
    handle_vote_reply,
    handle_vote_request,
    wait_for_next_campaign,
    why_sticky,
)
from quorate.algorithms.raft.lease import note_oversleep, promise_after_start, standing
from quorate.algorithms.raft.membership import FROM_STRANGERS, handle_removed, turn_away
from quorate.algorithms.raft.messages import (
    SINCE,
    Append,
    AppendReply,
    Ask,
    AskReply,
    Forward,
    ForwardReply,
    PreVoteReply,
    PreVoteRequest,
    RaftHardState,
    RaftMessage,
    ReadIndexReply,
    ReadIndexRequest,
    Removed,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.proposals import handle_forward, handle_forward_reply, handle_proposed
from quorate.algorithms.raft.reads import handle_read_index_reply, handle_read_index_request, handle_read_requested
from quorate.algorithms.raft.reasons import ALARMS, REASONS, WARNINGS
from quorate.algorithms.raft.replication import commit_and_tell, handle_append, handle_append_reply
from quorate.algorithms.raft.report import inspect, status
from quorate.algorithms.raft.requests import handle_ask, handle_ask_reply, handle_requested
from quorate.algorithms.raft.roles import become_follower, forget_what_the_leader_owes
from quorate.algorithms.raft.sending import greet, handle_heartbeat_timeout, next_heartbeat
from quorate.algorithms.raft.settings import handle_settings_changed, reloadable
from quorate.algorithms.raft.snapshot_sending import (
    handle_snapshot_read,
    handle_snapshot_reply,
    next_chunk,
    send_chunks,
)
from quorate.algorithms.raft.snapshots import (
    handle_snapshot_chunk,
    handle_snapshot_offer,
    handle_snapshot_taken,
    handle_snapshot_written,
    refuse_old_leader,
)
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.takeover import take_over
from quorate.algorithms.raft.transfer import handle_timeout_now
from quorate.algorithms.raft.why import why
from quorate.core.algorithm import AlgorithmSpec, Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.durable import Durable, Identity
from quorate.core.effects import Effect
from quorate.core.errors import InvariantError
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

FROM_LEADER = (Append, SnapshotOffer, SnapshotChunk)


class Raft:
    """One node of one Raft group. Satisfies `quorate.core.algorithm.Algorithm`."""

    def __init__(self, identity: Identity, config: RaftConfig, durable: Durable, random: Random) -> None:
        self._raft = RaftState(identity, config, durable, random)

    def start(self, now: Nanos) -> list[Effect]:
        """Servers start as followers, restarted leaders too (paper, section 5.2). What is known to be committed is applied."""
        raft = self._raft
        raft.now = now
        promise_after_start(raft)
        raft.reset_election_deadline()
        expect_to_meet_others(raft)
        if raft.configuration != raft.identity.first_configuration:
            raft.tell_configuration()
        raft.apply_committed()
        return self._take_effects()

    def step(self, event: Event, now: Nanos) -> list[Effect]:
        """One event, to its end."""
        raft = self._raft
        raft.now = max(raft.now, now)
        if raft.config.lease_reads:
            note_oversleep(raft, self.deadline())
        if raft.disk.age(raft.now) >= raft.config.disk_stall_ns and not raft.disk.hung:
            look_at_disk(RaftDuties(raft), raft.role.value, self.deadline())
        HANDLERS[type(event)](raft, event)
        if raft.transfer is not None:
            note_new_leader(raft)
            hand_over_if_caught_up(RaftDuties(raft))
        raft.flush_hard_state()
        return self._take_effects()

    def deadline(self) -> Nanos | None:
        """A leader's next heartbeat, quorum check or chunk of a snapshot; everyone else's election timeout."""
        raft = self._raft
        if raft.role is not Role.LEADER:
            deadline = raft.election_deadline
        else:
            deadline = next_heartbeat(raft)
            if raft.now < raft.snapshot_paid_at and (chunk := next_chunk(raft)) is not None:
                deadline = min(deadline, chunk)
            if (stall := raft.disk.deadline(raft.config.disk_stall_ns)) is not None and stall < deadline:
                deadline = stall
        return deadline if raft.transfer is None else min(deadline, raft.transfer.deadline)

    def status(self, now: Nanos) -> Status:
        """For people and metrics."""
        return status(self._raft, now)

    def why(self, now: Nanos, recent: Sequence[Explained]) -> list[Finding]:
        """In words, for people."""
        return why(self._raft, now, recent)

    def standing(self, applied: Index, now: Nanos) -> Standing:
        """What can be said of a state at `applied` without asking anybody."""
        return standing(self._raft, applied, now, self.deadline())

    def inspect(self) -> Inspection:
        """For tests and the simulator."""
        return inspect(self._raft)

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        self._raft.check()

    def _take_effects(self) -> list[Effect]:
        effects, self._raft.out = self._raft.out, []
        return effects


def handle_received(raft: RaftState, event: Received) -> None:
    """Compare terms, then hand to the concern. The order of the comparisons is that of docs/raft.md, 'Terms'."""
    sender: NodeId = event.sender
    message: Any = event.message
    kind = type(message)
    if sender == raft.me:
        raft.explain("not_a_member", sender=sender)
        return
    if kind in FROM_STRANGERS and turn_away(raft, sender, message):
        return
    if sender in raft.voters:
        raft.heard_at[sender] = raft.now
    if message.term > raft.term:
        if _keeps_term(raft, sender, message):
            MESSAGE_HANDLERS[kind](raft, sender, message)
            return
        _adopt_newer_term(raft, sender, message)
    elif message.term < raft.term:
        _handle_older_term(raft, sender, message)
        return
    if kind in FROM_LEADER and raft.leader not in (None, sender):
        raise InvariantError(f"nodes {raft.leader} and {sender} both lead term {raft.term}: election safety is broken")
    MESSAGE_HANDLERS[kind](raft, sender, message)


def _keeps_term(raft: RaftState, sender: NodeId, message: RaftMessage) -> bool:
    """Messages of a higher term that do not raise ours: a pre-vote changes nothing, and while a leader is heard no candidate does."""
    if isinstance(message, PreVoteRequest):
        return True
    if isinstance(message, PreVoteReply):
        return message.granted
    return isinstance(message, VoteRequest) and not message.transfer and bool(why_sticky(raft, sender))


def _adopt_newer_term(raft: RaftState, sender: NodeId, message: RaftMessage) -> None:
    """A newer term in any message, request or reply, makes every role a follower (paper, section 5.1)."""
    was = raft.role
    raft.explain("term_adopted", term=message.term, sender=sender)
    raft.adopt_term(message.term)
    leader = sender if isinstance(message, FROM_LEADER) else None
    raft.leader = leader  # the hint of the refusals that follow
    forget_what_the_leader_owes(raft, "term_changed")
    become_follower(raft, leader)
    if leader is None:
        raft.why = f"node {sender} was in the newer term {message.term}; no leader of that term heard yet"
        if was is not Role.FOLLOWER:
            wait_for_next_campaign(raft)


def _handle_older_term(raft: RaftState, sender: NodeId, message: RaftMessage) -> None:
    """Requests are refused with our term, never dropped in silence, so that their sender is freed; late replies are dropped, but for
    those to a campaign, which are matched by the term they were asked for."""
    if isinstance(message, FROM_LEADER):
        refuse_old_leader(raft, sender)
    elif isinstance(message, (VoteRequest, PreVoteRequest, VoteReply, PreVoteReply)):
        MESSAGE_HANDLERS[type(message)](raft, sender, message)
    elif isinstance(message, Forward):
        reply = ForwardReply(
            raft.term, message.incarnation, message.number, message.sequence, refused="stale_term", hint=raft.leader
        )
        raft.send(sender, reply)
    elif isinstance(message, ReadIndexRequest):
        refusal = ReadIndexReply(raft.term, message.incarnation, message.id, refused="stale_term", hint=raft.leader)
        raft.send(sender, refusal)
    elif isinstance(message, Ask):
        raft.send(sender, AskReply(raft.term, message.incarnation, message.id, "stale_term", raft.leader))
    elif isinstance(message, (AskReply, Removed)):
        MESSAGE_HANDLERS[type(message)](raft, sender, message)


def handle_time_passed(raft: RaftState, _event: TimePassed) -> None:
    """Whatever is due. A leader that lost its quorum gives up before it sends another heartbeat."""
    expire_transfer(raft)
    if raft.role is Role.LEADER:
        if raft.now >= raft.quorum_check_at:
            check_quorum(raft)
        if raft.role is Role.LEADER:
            handle_heartbeat_timeout(raft)
            send_chunks(raft)
            duties = RaftDuties(raft)
            remove_dead(duties)
            leave_a_bad_disk(duties)
    elif raft.now >= raft.election_deadline:
        handle_election_timeout(raft)


def handle_persisted(raft: RaftState, event: Persisted) -> None:
    """Our disk has caught up: a candidate's own vote counts, a leader counts itself, and what is committed can be applied."""
    recovered = raft.written(event.position)
    if recovered or raft.disk.hung:
        note_write_finished(raft, recovered=recovered)
    if raft.role is Role.CANDIDATE and event.position >= raft.own_vote_position and raft.me not in raft.votes:
        count_own_vote(raft)
    if raft.role is Role.LEADER and raft.durable > raft.commit:
        commit_and_tell(raft)
    apply_and_announce(raft)


def handle_peer_connected(raft: RaftState, event: PeerConnected) -> None:
    """A new link. What was sent on the old one may be lost."""
    raft.versions[event.peer] = event.version
    _link_broke(raft, event.peer)
    raft.heard_at[event.peer] = raft.now
    raft.unreachable.discard(event.peer)
    if raft.suspect == event.peer:
        raft.suspect = None
        raft.reset_election_deadline()
    if raft.role is Role.LEADER and event.peer in raft.progress:
        greet(raft, event.peer)
    ask_again(raft, event.peer)
    campaign_when_met(raft)


def handle_peer_disconnected(raft: RaftState, event: PeerDisconnected) -> None:
    """The link broke."""
    _link_broke(raft, event.peer)


def _link_broke(raft: RaftState, peer: NodeId) -> None:
    """No entry counts as sent, and no answer is still to come."""
    progress = raft.progress.get(peer)
    if progress is not None and progress.mode is not Mode.SNAPSHOT:
        progress.become_probe(progress.match + 1)
    if raft.transfer is not None and raft.transfer.target == peer:
        raft.transfer.ordered = False
    if raft.leader == peer and raft.role is not Role.LEADER:
        forget_what_the_leader_owes(raft, "connection_lost")


def handle_unreachable(raft: RaftState, event: PeerUnreachable) -> None:
    """The peer's process is gone: whoever was to follow us as leader cannot."""
    if raft.transfer is not None and raft.transfer.target == event.peer:
        end_transfer(raft, "target_silent")
    handle_peer_unreachable(raft, event.peer)


Handler = Callable[[RaftState, Any], None]
MessageHandler = Callable[[RaftState, NodeId, Any], None]

MESSAGE_HANDLERS: dict[type, MessageHandler] = {
    PreVoteRequest: handle_pre_vote_request,
    PreVoteReply: handle_pre_vote_reply,
    VoteRequest: handle_vote_request,
    VoteReply: handle_vote_reply,
    Append: handle_append,
    AppendReply: handle_append_reply,
    SnapshotOffer: handle_snapshot_offer,
    SnapshotChunk: handle_snapshot_chunk,
    SnapshotReply: handle_snapshot_reply,
    ReadIndexRequest: handle_read_index_request,
    ReadIndexReply: handle_read_index_reply,
    Forward: handle_forward,
    ForwardReply: handle_forward_reply,
    TimeoutNow: handle_timeout_now,
    Ask: handle_ask,
    AskReply: handle_ask_reply,
    Removed: handle_removed,
}

HANDLERS: dict[type, Handler] = {
    Received: handle_received,
    TimePassed: handle_time_passed,
    Persisted: handle_persisted,
    SpaceChanged: lambda raft, event: handle_space_changed(RaftDuties(raft), event, raft.role.value),
    Proposed: handle_proposed,
    Requested: handle_requested,
    SettingsChanged: handle_settings_changed,
    ReadRequested: lambda raft, event: handle_read_requested(raft, event.id),
    PeerConnected: handle_peer_connected,
    PeerDisconnected: handle_peer_disconnected,
    PeerUnreachable: handle_unreachable,
    SnapshotTaken: handle_snapshot_taken,
    SnapshotRead: handle_snapshot_read,
    SnapshotWritten: handle_snapshot_written,
}

SPEC = AlgorithmSpec(
    name="raft",
    messages=RaftMessage,
    since=SINCE,
    hard_state=RaftHardState,
    config=RaftConfig,
    take_over=take_over,
    build=Raft,
    reasons=REASONS,
    alarms=ALARMS,
    warnings=WARNINGS,
    reloadable=reloadable,
    features=frozenset(
        {"tokens", "durable_votes", "older_terms", "follower_reads", "leases", "membership", "transfer", "disk_watch"}
    ),
    leases=lambda config: bool(config.lease_reads),
)
