"""`variant` = `two_phase`: Garcia-Molina's way to install a leader, so that at every instant all nodes that are in normal operation agree.

The winner first halts the others: they leave their elections and their leader, and watch the halter. One delay later it says that it leads,
and who has been halted by it follows. From then on every heartbeat asks whether the member is still normal; if one is not, because it
missed the halt or has restarted, the election is held anew. That all have heard the halt by then rests on the assumed delay.
"""

from quorate.algorithms.bully.messages import Halt, Normal, Victory
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.electing.detector import tell_stale
from quorate.algorithms.electing.flapping import may_take_over
from quorate.algorithms.electing.messages import Heartbeat
from quorate.algorithms.electing.roles import accept_leader, become_leader, enter, hear
from quorate.algorithms.electing.state import Role
from quorate.core.ids import NodeId


def install(state: BullyState) -> None:
    """The second phase: all that live have been halted."""
    state.send_all(Victory(state.boot, state.epoch, state.eid, state.rank))
    become_leader(state)


def handle_halt(state: BullyState, sender: NodeId, message: Halt) -> None:
    """The first phase, at a member."""
    if message.epoch < state.known:
        tell_stale(state, sender, message.epoch)
        return
    state.see(message.epoch)
    if may_take_over(state, message.rank):
        if not state.campaigning:
            state.begin()
        return
    state.halted_by = (sender, message.epoch)
    enter(state, Role.WAITING)
    state.in_line = False
    state.deadlines.set("victory_by", state.now + state.settings.victory_ns)
    state.why = f"node {sender} has halted it, and should lead"


def handle_victory_in_two_phases(state: BullyState, sender: NodeId, message: Victory) -> None:
    """The second phase, at a member: who was halted for it follows; who was not says so."""
    if state.halted_by == (sender, message.epoch) and state.role is Role.WAITING:
        accept_leader(state, sender, message.epoch, message.boot, message.rank)
    _answer(state, sender, message)


def handle_heartbeat_in_two_phases(state: BullyState, sender: NodeId, message: Heartbeat) -> None:
    """Are you normal?"""
    follows = state.leader == sender and state.epoch == message.epoch
    if follows and not may_take_over(state, message.rank):
        hear(state, sender)
    elif message.epoch < state.known:
        tell_stale(state, sender, message.epoch)
        return
    elif may_take_over(state, message.rank) and not state.campaigning:
        state.see(message.epoch)
        state.begin()
        return
    _answer(state, sender, message)


def _answer(state: BullyState, sender: NodeId, message: Victory | Heartbeat) -> None:
    follows = state.leader == sender and state.epoch == message.epoch
    state.send(sender, Normal(state.boot, message.epoch, follows))


def handle_normal(state: BullyState, sender: NodeId, message: Normal) -> None:
    """A member that is not normal must be halted and installed with all the others."""
    if state.role is Role.LEADER and message.epoch == state.epoch and not message.normal:
        state.explain("member_not_normal", sender=sender)
        state.begin()
