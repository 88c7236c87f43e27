"""The claim, and what the others say to it: B11, B12, and rules 1 and 2 of the guard. Both sides of Victory and VictoryAck."""

from quorate.algorithms.bully.messages import Halt, Victory, VictoryAck
from quorate.algorithms.bully.state import BullyState
from quorate.algorithms.electing.detector import beat, hear_leader
from quorate.algorithms.electing.epoch import token
from quorate.algorithms.electing.guard import Refusal, grant, has_won, note_grant, open_claim, refusal
from quorate.algorithms.electing.roles import become_leader, block, enter
from quorate.algorithms.electing.state import Role
from quorate.core.ids import NodeId


def claim(state: BullyState) -> None:
    """Promise a new epoch to oneself, durably, and say so to all. Without the guard that is all: Victory is unilateral."""
    if not open_claim(state):
        return
    state.explain("claimed", term=token(state.epoch))
    if state.settings.variant == "two_phase":
        state.send_all(Halt(state.boot, state.epoch, state.rank))
        enter(state, Role.CLAIMING)
        state.deadlines.set("claim_by", state.now + state.settings.delay_ns + state.settings.processing_ns)
        state.why = "it has halted the others, and leads as soon as they have heard it"
        return
    state.send_all(Victory(state.boot, state.epoch, state.eid, state.rank))
    if not state.settings.guarded:
        become_leader(state)
        return
    enter(state, Role.CLAIMING)
    state.deadlines.set("claim_by", state.now + state.settings.claim_ns)
    state.why = f"it waits for the grants of {state.majority - 1} of {len(state.others)} others"
    _look_whether_won(state)


def _look_whether_won(state: BullyState) -> None:
    if has_won(state):
        become_leader(state)
        beat(state)


def handle_victory(state: BullyState, sender: NodeId, message: Victory) -> None:
    """B11, B12, and with the guard: grant, or refuse and say why."""
    if not state.settings.guarded:
        hear_leader(state, sender, message.epoch, message.boot, message.rank)
        return
    refused = refusal(state, sender, message.epoch, message.rank)
    state.see(message.epoch)
    if refused is None:
        grant(state, sender, message.epoch)
        state.send(sender, VictoryAck(state.boot, message.epoch, granted=True, promised=state.promised))
        return
    state.explain("claim_refused", claimant=sender, why=refused.why)
    no = VictoryAck(
        state.boot, message.epoch, granted=False, promised=state.promised, hold_ns=refused.hold_ns, why=refused.why
    )
    state.send(sender, no)
    answer_by_standing(state, refused)


def answer_by_standing(state: BullyState, refused: Refusal) -> None:
    """Whoever refuses a claim because it should rather lead itself holds an election, unless there is a leader, or one under way."""
    if refused.why in ("outranked", "fresher") and state.role is Role.FOLLOWER and state.leader is None:
        state.begin()


def handle_victory_ack(state: BullyState, sender: NodeId, message: VictoryAck) -> None:
    """The guard counts grants. A refusal by whoever has promised a later claim ends this one; others may yet suffice."""
    state.see(message.promised)
    if state.role is not Role.CLAIMING or message.epoch != state.epoch:
        return
    if message.granted:
        note_grant(state, sender)
        _look_whether_won(state)
    elif message.promised.counter > state.epoch.counter:
        block(state, "refused")
