"""B1 to B10: an election, from its beginning to the claim. Both sides of Election and Alive."""

from quorate.algorithms.bully.messages import Alive, Election, Victory
from quorate.algorithms.bully.pre_vote import stand
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.bully.successors import take_place_in_line
from quorate.algorithms.bully.victory import claim
from quorate.algorithms.electing.detector import greet, listen
from quorate.algorithms.electing.flapping import outranks, preempts, stands_back
from quorate.algorithms.electing.messages import Resign
from quorate.algorithms.electing.roles import enter, follow_nobody, put_off
from quorate.algorithms.electing.state import Role
from quorate.core.ids import NodeId
from quorate.core.words import nodes

MOST_STRETCH = 8
"""Answers that take longer than so many times the assumed delay: then the assumption is wrong, and the churn is to be seen."""


def on_start(state: BullyState) -> None:
    """B1: whoever may preempt holds an election at once; everybody else listens first, and adopts a leader that lives."""
    if preempts(state) and not state.settings.guarded:
        begin(state)
    else:
        listen(state)


def to_ask(state: BullyState) -> list[NodeId]:
    """Whom an election asks. By `rank` = `id` those that are higher; nobody knows beforehand who is fresher, so there all are asked. With
    the guard, under which a mistake is harmless, a process that is known to be dead is not waited for."""
    nodes = state.others
    if state.settings.direct_victory == "live_view":
        nodes = tuple(state.live.live(nodes, state.now))
    elif state.settings.guarded and state.settings.fast_failover:
        nodes = tuple(node for node in nodes if node not in state.dead)
    return [node for node in nodes if state.settings.rank == "fresh" or node > state.me]


def begin(state: BullyState) -> None:
    """B2: whoever has nobody to ask claims. B3: everybody else asks, and waits."""
    if put_off(state):
        return
    state.next_election()
    if take_place_in_line(state):
        return
    asked = to_ask(state)
    if not asked:
        stand(state)
        return
    enter(state, Role.ELECTING)
    question = Election(state.boot, state.eid, state.rank, state.max_seen)
    for node in asked:
        state.send(node, question)
    state.deadlines.set("alive_by", state.now + state.settings.alive_ns * state.stretch)
    state.explain("election_started", number=state.elections, stretch=state.stretch)
    state.why = f"it asks {nodes(asked)}, and waits for an answer"


def handle_election(state: BullyState, sender: NodeId, message: Election) -> None:
    """B4: who ranks lower is told that somebody bigger lives. B5: who ranks higher is not."""
    state.see(message.max_seen)
    if not outranks(state, message.rank):
        state.explain("election_from_higher", sender=sender)
        return
    if stands_back(state):
        state.explain("standing_back", losses=state.losses)
        return
    hears = state.hears_leader or state.role is Role.LEADER
    state.send(sender, Alive(state.boot, message.eid, state.rank, state.max_seen, state.leader if hears else None))
    if state.role is Role.LEADER:
        _say_who_leads(state, sender)
    elif state.role is Role.FOLLOWER and not (hears and state.settings.answers):
        begin(state)


def _say_who_leads(state: BullyState, asker: NodeId) -> None:
    """An economy: the asker need not wait for the next heartbeat."""
    if state.settings.guarded:
        greet(state, asker)
    elif state.settings.resend_victory:
        state.send(asker, Victory(state.boot, state.epoch, state.eid, state.rank))


def handle_alive(state: BullyState, sender: NodeId, message: Alive) -> None:
    """B6: the first answer ends the question. B7: later ones change nothing. B8: one that comes after the claim."""
    state.see(message.max_seen)
    if message.rank <= state.rank:
        return
    if state.role in (Role.ELECTING, Role.PRE_CLAIMING) and message.eid == state.eid:
        if state.role is Role.PRE_CLAIMING:
            state.explain("late_alive", sender=sender, stretch=state.stretch)
            if state.settings.late_alive == "ignore":
                return
            state.stretch = min(2 * state.stretch, MOST_STRETCH)
        enter(state, Role.WAITING)
        state.in_line = False
        state.deadlines.set("victory_by", state.now + state.settings.victory_ns)
        state.why = f"node {sender}, which ranks higher, lives and should win"
    elif state.role in (Role.LEADER, Role.CLAIMING) and (message.eid.node, message.eid.boot) == (state.me, state.boot):
        _handle_late_alive(state, sender)


def _handle_late_alive(state: BullyState, sender: NodeId) -> None:
    """B8: a bigger one lived all the while. Each time that this happens the next wait is longer, or an answer that is always slow would
    keep the cluster from ever settling. A leader that a majority has granted, or whom nobody takes over from, does not make way for
    that: the bigger one follows it, and takes over as the settings say, if at all."""
    state.explain("late_alive", sender=sender, stretch=state.stretch)
    if state.settings.late_alive == "ignore" or (state.role is Role.LEADER and state.settings.settles):
        return
    epoch = state.epoch
    follow_nobody(state)
    state.send_all(Resign(state.boot, epoch, None))
    state.stretch = min(2 * state.stretch, MOST_STRETCH)
    begin(state)


def alive_over(state: BullyState) -> None:
    """B9: nobody bigger has answered in time."""
    for node in to_ask(state):
        if state.settings.rank == "id":
            state.live.suspect(node, state.now + state.settings.suspicion_ns)
    stand(state)


def victory_over(state: BullyState) -> None:
    """B10: whoever answered has not won: it has died meanwhile. Or it is this node's turn among the successors."""
    if state.in_line:
        state.in_line = False
        stand(state)
        return
    state.explain("bigger_silent")
    begin(state)


def outbid(state: BullyState) -> None:
    """B18: a leader has learnt of a higher epoch. Without the guard the highest node claims again, above it."""
    if not state.settings.guarded and not to_ask(state):
        claim(state)
        return
    follow_nobody(state)
    begin(state)
