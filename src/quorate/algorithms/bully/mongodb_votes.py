"""How a member answers a candidate by the rules of MongoDB's first protocol."""

from quorate.algorithms.bully.mongodb_messages import Ballot, Elect, Fresh, Freshness
from quorate.algorithms.bully.mongodb_state import Seen
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.electing.roles import follow_nobody
from quorate.algorithms.electing.state import Role
from quorate.core.ids import MILLISECOND, NodeId

VETO = -10_000
"""No number of votes outweighs it."""


def handle_fresh(state: BullyState, sender: NodeId, message: Fresh) -> None:
    """First phase: is anybody fresher, of this member and all that it reaches? One that is gone, with what only it had, holds up nobody."""
    newest = max([state.freshness, *[seen.op_time for seen in _reached(state, sender).values()]])
    vetoed = _veto(state, sender, message.op_time, message.priority)
    state.send(sender, Freshness(state.boot, message.number, newest > message.op_time, bool(vetoed), state.freshness))


def _reached(state: BullyState, but: NodeId) -> dict[NodeId, Seen]:
    """What others have said of themselves within the election timeout."""
    since = state.now - state.settings.failure_ns
    return {node: said for node, said in state.mongo.seen.items() if node != but and said.at > since}


def handle_elect(state: BullyState, sender: NodeId, message: Elect) -> None:
    """Second phase: one vote, which binds for a while. Whoever votes yes leads no more."""
    mongo = state.mongo
    why = _veto(state, sender, message.op_time, message.priority)
    if why:
        state.explain("claim_refused", claimant=sender, why=why)
        state.send(sender, Ballot(state.boot, message.number, VETO))
        return
    if mongo.voted_for_another(sender, state.now, state.settings.vote_lease_ms * MILLISECOND):
        state.explain("claim_refused", claimant=sender, why="promised")
        state.send(sender, Ballot(state.boot, message.number, 0))
        return
    mongo.vote(sender, state.now)
    state.explain("vote_given", candidate=sender)
    state.send(sender, Ballot(state.boot, message.number, 1))
    if state.role is Role.LEADER:
        follow_nobody(state)
        state.why = f"it has voted for node {sender}, and leads no more"


def _veto(state: BullyState, candidate: NodeId, op_time: int, priority: int) -> str:
    """Why the candidate must not lead; empty: nothing speaks against it."""
    if state.role is Role.LEADER and state.freshness >= op_time:
        return "leads"
    seen = _reached(state, candidate)
    primary = seen.get(state.leader) if state.leader is not None else None
    if primary is not None and primary.op_time >= op_time:
        return "held"
    mine = state.settings.priority > priority and state.freshness >= op_time
    if mine or any(said.priority > priority and said.op_time >= op_time for said in seen.values()):
        return "outranked"
    return ""
