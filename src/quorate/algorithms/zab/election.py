"""Fast leader election (ZooKeeper's FastLeaderElection): everybody tells everybody whom it votes for, and takes over a better vote.

It may end wrongly: two that believe to be elected, one whom nobody follows, one that is behind. Safety is discovery's: without a quorum of
promises there is no epoch.
"""

from quorate.algorithms.zab.ballots import LEADING, LOOKING, Ballot, leader_ok, outranks, supporters
from quorate.algorithms.zab.discovery import begin_following, begin_leading
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Notification
from quorate.algorithms.zab.roles import (
    leave_leader,
    look_at_votes,
    look_for_leader,
    notify,
    notify_one,
    own_vote,
    record_own,
)
from quorate.algorithms.zab.state import Role, ZabState
from quorate.core.ids import MILLISECOND, NodeId


def handle_notification(zab: ZabState, sender: NodeId, message: Notification) -> None:
    """E3, E4, E5, E9: a vote, or what somebody decided."""
    zab.newest_known = max(zab.newest_known, message.config_version)
    if zab.role is not Role.LOOKING:
        _tell_who_leads(zab, sender, message)
    elif _shows_the_way(zab, sender, message):
        _follow_at_its_word(zab, message)
    elif zab.removed and message.config_version <= max(zab.configuration.index, zab.removed_at):
        return
    elif not _counts(zab, sender, message):
        if not message.reply and (sender not in zab.voters or not message.vote.sid):
            notify_one(zab, sender, reply=True)
    elif message.state == LOOKING:
        _hear_vote(zab, sender, message)
    else:
        _hear_decision(zab, sender, message)


def _counts(zab: ZabState, sender: NodeId, message: Notification) -> bool:
    """E3: a vote of a voter, for a voter. Once members have changed, servers may differ on who that is, and one that is on its way out, or
    not known here yet, may be the only one that can end the change: then every vote is heard, and each counts by its own log whose."""
    if max(message.config_version, zab.configuration.index) > 0:
        return bool(message.vote.sid)
    return sender in zab.voters and message.vote.sid in zab.voters


def _shows_the_way(zab: ZabState, sender: NodeId, message: Notification) -> bool:
    """Whether the sender says itself that it leads, and our own log cannot tell who would have to confirm that: it knows newer members
    than we do, or ours may be taken back. Nothing rests on it: who leads needs the promises of a quorum, by its own log, all the same."""
    if message.state != LEADING or message.vote.sid != sender:
        return False
    known = max(zab.configuration.index, zab.removed_at)
    return message.config_version > known or (zab.unsettled and not zab.removed)


def _follow_at_its_word(zab: ZabState, message: Notification) -> None:
    zab.explain("leader_found", leader=message.vote.sid, round=message.round)
    zab.round, zab.vote, zab.finalize_by = max(zab.round, message.round), message.vote, None
    begin_following(zab, message.vote.sid)


def _tell_who_leads(zab: ZabState, sender: NodeId, message: Notification) -> None:
    """E9, and nothing else, but for a leader that waits in vain for one who elected it and has changed its mind (ZOOKEEPER-3109)."""
    if message.state == LOOKING or sender not in zab.voters:
        if not message.reply:
            notify_one(zab, sender, reply=True)
        if zab.leading is not None and _waits_in_vain(zab, zab.leading, sender, message):
            zab.explain("elector_left", peer=sender)
            look_for_leader(zab, f"node {sender}, whose vote had elected this node, looks for another; electing anew")
        elif zab.learning is not None and _votes_for_another(zab, zab.learning, sender, message):
            text = f"node {sender}, for which this node had decided, votes for node {message.vote.sid}; electing anew"
            leave_leader(zab, "votes_for_another", text)


def _waits_in_vain(zab: ZabState, leading: Leading, sender: NodeId, message: Notification) -> bool:
    """One whose vote is still the same has only not heard enough of the others to decide: our answer tells it."""
    if message.state != LOOKING or (message.round == zab.round and message.vote.sid == zab.me):
        return False
    waited = zab.now - leading.began
    return zab.phase is Phase.DISCOVERY and sender in leading.electors and waited > zab.config.tick_ns


def _votes_for_another(zab: ZabState, learning: Learning, sender: NodeId, message: Notification) -> bool:
    """Whether the one that was elected will not lead: it heard a better vote."""
    looks = learning.leader == sender and zab.phase is Phase.DISCOVERY and message.state == LOOKING
    return looks and message.round >= zab.round and message.vote.sid not in (0, sender)


def _hear_vote(zab: ZabState, sender: NodeId, message: Notification) -> None:
    """E4: a voter that looks for a leader. Without a vote of our own we only listen, and answer, because by the sender's log we may have
    one, though ours does not know it yet."""
    zab.outside.pop(sender, None)
    mine, newer = zab.vote, message.round > zab.round
    differ = message.config_version != zab.configuration.index
    if newer:
        zab.round = message.round
        zab.received = {}
        mine = own_vote(zab)
    elif message.round < zab.round:
        if not message.reply and (zab.votes or differ):
            notify_one(zab, sender, reply=True)
        return
    able = message.vote.sid != zab.me or zab.may_lead
    better = outranks(message.vote, mine, zab.quorums.weight(message.vote.sid) if able else 0)
    if better and zab.finalize_by is not None:
        zab.explain("outvoted", vote=mine.sid, better=message.vote.sid, round=zab.round)
    if better or newer:
        zab.vote = message.vote if better else mine
        zab.finalize_by = None
        record_own(zab)
        if zab.votes:
            notify(zab)
    if not message.reply and differ and not (zab.votes and sender in zab.voters):
        notify_one(zab, sender, reply=True)
    zab.received[sender] = Ballot(LOOKING, message.round, message.vote)
    look_at_votes(zab)


def _hear_decision(zab: ZabState, sender: NodeId, message: Notification) -> None:
    """E5: one that follows or leads. A quorum of those that name one leader, who says so itself, shows whom to join."""
    ballot = Ballot(message.state, message.round, message.vote)
    if message.round == zab.round:
        zab.received[sender] = ballot
        if _decided(zab, zab.received, ballot):
            _join(zab, ballot, zab.received)
            return
    zab.outside[sender] = ballot
    if _decided(zab, zab.outside, ballot):
        zab.round = ballot.round
        _join(zab, ballot, zab.outside)


def _decided(zab: ZabState, ballots: dict[NodeId, Ballot], ballot: Ballot) -> bool:
    if ballot.vote.sid == zab.me and not zab.may_lead:
        return False
    return zab.decides(supporters(ballots, ballot)) and leader_ok(ballots, ballot, zab.me, zab.round)


def _join(zab: ZabState, ballot: Ballot, ballots: dict[NodeId, Ballot]) -> None:
    """Others have decided, before us or without us."""
    zab.explain("leader_found", leader=ballot.vote.sid, round=ballot.round)
    _decide(zab, ballot, ballots)


def _decide(zab: ZabState, ballot: Ballot, ballots: dict[NodeId, Ballot]) -> None:
    """E8: lead, or follow."""
    electors = supporters(ballots, ballot) - {zab.me}
    zab.vote = ballot.vote
    zab.finalize_by = None
    if ballot.vote.sid == zab.me:
        begin_leading(zab, electors)
    else:
        begin_following(zab, ballot.vote.sid)


def look_on(zab: ZabState) -> None:
    """E2, E7: what is due for one that looks for a leader."""
    if zab.finalize_by is not None and zab.now >= zab.finalize_by:
        mine = Ballot(LOOKING, zab.round, zab.vote)
        if zab.decides(supporters(zab.received, mine)):
            _decide(zab, mine, zab.received)
            return
        zab.finalize_by = None
    if zab.now >= zab.notify_at:
        zab.notify_wait = min(2 * zab.notify_wait, zab.config.notification_max_ms * MILLISECOND)
        notify(zab)
