"""`variant` = `ranked_successors`: the leader's heartbeats name its successors, best first.

When it falls silent, the first of them that is left claims at once, and the k-th after k times the wait for an answer, unless it has
heard of a claim by then: at best one round of Victory and no Election at all. A node without a list holds an election as in the textbook.
"""

from quorate.algorithms.bully.pre_vote import stand
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.electing.roles import enter
from quorate.algorithms.electing.state import Role
from quorate.core.ids import NodeId


def list_successors(state: BullyState) -> tuple[NodeId, ...]:
    """What the leader says: the others that seem to live, the highest first."""
    if state.settings.variant != "ranked_successors":
        return ()
    live = [node for node in state.live.live(state.others, state.now) if node not in state.cut]
    return tuple(sorted(live, reverse=True))


def take_place_in_line(state: BullyState) -> bool:
    """Whether this node is in a list that has not been used yet: then it waits for its turn, or claims if that has come."""
    listed, state.successors = state.successors, ()
    state.in_line = False
    if state.me not in listed:
        return False
    place = listed.index(state.me)
    if place == 0:
        stand(state)
        return True
    enter(state, Role.WAITING)
    state.in_line = True
    state.deadlines.set("victory_by", state.now + place * state.settings.alive_ns)
    state.explain("in_line", place=place)
    state.why = f"it is number {place + 1} among the successors that the leader has named"
    return True
