"""`variant` = `mongodb_v0`: the rules of MongoDB's first protocol, faults included (mongodb/mongo, src/mongo/db/repl/consensus.cpp at
0646c05).

Who hears no primary asks all whether it is fresh enough (Fresh), and then for their votes (Elect). A vote binds for 30 s, but only in
memory: a voter that restarts within that time votes twice, and two primaries are elected (`v0_double_vote`). MongoDB 4.0 dropped it.
The members are fixed here, so versions of the configuration and unknown members do not occur. Both sides of voting are in
`mongodb_votes.py`; this is the candidate.
"""

from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Freshness, Ping
from quorate.algorithms.bully.mongodb_state import Seen
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.electing.detector import listen, tell_stale
from quorate.algorithms.electing.epoch import Epoch, token
from quorate.algorithms.electing.guard import open_claim
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.electing.rank import Rank
from quorate.algorithms.electing.roles import accept_leader, become_leader, enter, follow_nobody, hear, put_off
from quorate.algorithms.electing.state import Role
from quorate.core.ids import MILLISECOND, NodeId

TIE_WAIT_MS = (50, 1050)
"""Whoever is as fresh as another waits a random time between these, once."""


def on_start(state: BullyState) -> None:
    """Listen, and say that this node lives."""
    listen(state)
    ping(state)


# Who lives, and who leads


def ping(state: BullyState) -> None:
    """To all, all the time. A primary that does not see a majority any more steps down."""
    if state.role is Role.LEADER and not _sees_majority(state):
        state.explain("majority_lost", term=token(state.epoch))
        follow_nobody(state)
        state.why = "it led, and does not see a majority any more"
    leads = state.role is Role.LEADER
    state.send_all(Ping(state.boot, state.freshness, state.settings.priority, leads, state.epoch))
    state.deadlines.set("ping_at", state.now + state.settings.heartbeat_ns)


def _sees_majority(state: BullyState) -> bool:
    """A new primary has had no time yet to see anybody."""
    since = state.now - state.settings.failure_ns
    heard = [node for node, seen in state.mongo.seen.items() if seen.at > since]
    return state.led_since > since or 1 + len(heard) >= state.majority


def beat(state: BullyState) -> None:
    """A primary's pings say that it leads; there is no other heartbeat."""
    state.deadlines.set("heartbeat_at", state.now + state.settings.heartbeat_ns)


def handle_ping(state: BullyState, sender: NodeId, message: Ping) -> None:
    """A member lives, and may be primary."""
    state.mongo.seen[sender] = Seen(state.now, message.op_time, message.priority)
    if message.primary:
        rank = Rank(message.priority, message.op_time, sender)
        _follow(state, sender, message.epoch, message.boot, rank)
    elif state.role is Role.FOLLOWER and state.leader == sender:
        follow_nobody(state)
        state.why = f"node {sender} is primary no more"


def handle_heartbeat(state: BullyState, sender: NodeId, message: Heartbeat) -> None:
    """A primary greets who has connected."""
    _follow(state, sender, message.epoch, message.boot, message.rank)


def _follow(state: BullyState, sender: NodeId, epoch: Epoch, boot: int, rank: Rank) -> None:
    """Of two primaries the one that was elected last stays. An earlier one is told, for it would veto everybody else, and nobody would
    follow it."""
    if state.leader == sender and state.epoch == epoch:
        hear(state, sender)
    elif epoch >= state.known:
        state.see(epoch)
        accept_leader(state, sender, epoch, boot, rank)
    else:
        tell_stale(state, sender, epoch)


# The candidate


def begin(state: BullyState) -> None:
    """First phase: may I stand?"""
    if put_off(state):
        return
    mongo = state.mongo
    mongo.number += 1
    mongo.began_at = state.now
    mongo.answers, mongo.votes = {}, {}
    enter(state, Role.ELECTING)
    state.send_all(Fresh(state.boot, mongo.number, state.freshness, state.settings.priority))
    state.deadlines.set("alive_by", state.now + state.settings.alive_ns)
    state.explain("election_started", number=mongo.number, stretch=1)
    state.why = "it asks the others whether it is fresh enough to lead"
    if not state.others:
        ask_for_votes(state)


def handle_freshness(state: BullyState, sender: NodeId, message: Freshness) -> None:
    """An answer to the first phase."""
    mongo = state.mongo
    if state.role is not Role.ELECTING or message.number != mongo.number:
        return
    if message.fresher or message.veto:
        give_up(state, f"node {sender} is fresher, or knows somebody who should lead")
        return
    mongo.answers[sender] = message
    if len(mongo.answers) == len(state.others):
        fresh_over(state)


def fresh_over(state: BullyState) -> None:
    """The first phase is over. A node that has started lately stands only when it has heard all; one that ties waits once."""
    mongo, settings = state.mongo, state.settings
    young = state.now - state.started_at < settings.grace_ms * MILLISECOND
    if young and len(mongo.answers) < len(state.others):
        give_up(state, "not all members have answered, and this node has started lately")
        return
    tied = any(answer.op_time == state.freshness for answer in mongo.answers.values())
    if tied and not mongo.waited and state.me != state.members[0]:
        mongo.waited = True
        enter(state, Role.FOLLOWER)
        wait = TIE_WAIT_MS[0] + state.random.randrange(TIE_WAIT_MS[1] - TIE_WAIT_MS[0])
        state.deadlines.set("retry_at", state.now + wait * MILLISECOND)
        state.why = "another member is as fresh; it waits a moment, once"
        return
    ask_for_votes(state)


def ask_for_votes(state: BullyState) -> None:
    """Second phase."""
    mongo = state.mongo
    if mongo.voted_for_another(state.me, state.now, state.settings.vote_lease_ms * MILLISECOND):
        give_up(state, f"its vote is given to node {mongo.voted_for}")
        return
    mongo.vote(state.me, state.now)
    mongo.votes = {state.me: 1}
    enter(state, Role.CLAIMING)
    state.send_all(Elect(state.boot, mongo.number, state.freshness, state.settings.priority))
    state.deadlines.set("claim_by", state.now + state.settings.claim_ns)
    state.why = "it has asked the others for their votes"
    if not state.others:
        votes_over(state)


def handle_ballot(state: BullyState, sender: NodeId, message: Ballot) -> None:
    """A vote, or a veto."""
    mongo = state.mongo
    if state.role is Role.CLAIMING and message.number == mongo.number:
        mongo.votes[sender] = message.vote
        if len(mongo.votes) == len(state.members):
            votes_over(state)


def votes_over(state: BullyState) -> None:
    """Count. More than half of all votes, soon enough for them to bind still, make a primary."""
    mongo = state.mongo
    in_time = state.now - mongo.began_at < state.settings.vote_lease_ms * MILLISECOND
    if not in_time or 2 * sum(mongo.votes.values()) <= len(state.members):
        mongo.voted_for = None
        give_up(state, "it did not get more than half of the votes")
        return
    mongo.waited = False
    if open_claim(state):
        become_leader(state)
        ping(state)


def give_up(state: BullyState, why: str) -> None:
    """This attempt has failed; another follows if there is no primary by then."""
    follow_nobody(state)
    unit = state.settings.alive_ns
    state.deadlines.set("retry_at", state.now + unit + state.random.randrange(unit))
    state.explain("vetoed", why=why)
    state.why = why
