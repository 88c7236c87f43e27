"""Before a claim, with the guard: would it be granted? Rules Q1 to Q4 of docs/bully.md.

Theory of operation. A node that is cut off and does not notice would claim again and again, each time with a higher counter, and when the
link is back that counter would unseat the leader whom everybody else follows. So it asks first. Answers promise nothing and questions raise
nothing, so whoever could not win leaves no trace. Safety does not rest on any of this: a claim needs its grants as ever.
"""

from quorate.algorithms.bully.messages import PreVote, PreVoteReply
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.bully.victory import answer_by_standing, claim
from quorate.algorithms.electing.guard import barred, refusal
from quorate.algorithms.electing.roles import block, enter
from quorate.algorithms.electing.state import Role
from quorate.core.ids import Nanos, NodeId


def stand(state: BullyState) -> None:
    """Q1: ask all others, and claim if a majority would grant it. Whoever is the only member, or has no guard, claims at once."""
    if not state.settings.asks_first or not state.others:
        claim(state)
        return
    if (bar := barred(state)) is not None:
        block(state, bar.why, bar.hold_ns)
        return
    enter(state, Role.PRE_CLAIMING)
    state.would_grant, state.would_refuse = {state.me}, {}
    state.send_all(PreVote(state.boot, state.eid, state.rank))
    state.deadlines.set("claim_by", state.now + state.settings.pre_vote_ns * state.stretch)
    state.explain("pre_vote_started", number=state.elections)
    state.why = f"it asks whether {state.majority - 1} of {len(state.others)} others would grant its claim"


def handle_pre_vote(state: BullyState, sender: NodeId, message: PreVote) -> None:
    """Q2: as a claim would be answered, whatever its counter: the claim will be above all that is `known` by the answers."""
    refused = refusal(state, sender, state.above_all(sender), message.rank)
    if refused is None:
        state.send(sender, PreVoteReply(state.boot, message.eid, granted=True, known=state.promised))
        return
    state.explain("pre_vote_refused", candidate=sender, why=refused.why)
    no = PreVoteReply(
        state.boot, message.eid, granted=False, known=state.promised, hold_ns=refused.hold_ns, why=refused.why
    )
    state.send(sender, no)
    answer_by_standing(state, refused)


def handle_pre_vote_reply(state: BullyState, sender: NodeId, message: PreVoteReply) -> None:
    """Q3: a majority would grant it: claim. So many would not that no majority is left: wait."""
    state.see(message.known)
    if state.role is not Role.PRE_CLAIMING or message.eid != state.eid:
        return
    if message.granted:
        state.would_grant.add(sender)
    elif sender not in state.would_grant:
        state.would_refuse[sender] = message.hold_ns
    if len(state.would_grant) >= state.majority:
        claim(state)
    elif len(state.members) - len(state.would_refuse) < state.majority:
        block(state, "would_be_refused", _until_enough(state))


def _until_enough(state: BullyState) -> Nanos:
    """When so many of those that refuse hold to nobody any more that a majority is left, if nothing else happens."""
    holds = sorted(state.would_refuse.values())
    return holds[len(holds) - (len(state.members) - state.majority) - 1]


def claim_over(state: BullyState) -> None:
    """Q4, and the guard: too few have answered in time, or granted."""
    block(state, "no_answers" if state.role is Role.PRE_CLAIMING else "no_majority")
