"""What operators and applications ask: to hand over, and how fresh the data is. There is no log: no proposals, no reads, no new members."""

from quorate.algorithms.electing.flapping import best_other
from quorate.algorithms.electing.messages import Ask, AskReply
from quorate.algorithms.electing.roles import resign
from quorate.algorithms.electing.state import Electing, Role
from quorate.algorithms.electing.transfer import Asker, Transfer
from quorate.algorithms.electing.transfer_end import answer, end_transfer
from quorate.core.effects import ReadRefused, Rejected
from quorate.core.events import Proposed, ReadRequested, Requested
from quorate.core.ids import NodeId
from quorate.core.requests import ReportFreshness, Request, TransferLeadership

UNSUPPORTED = "unsupported"


def handle_proposed(state: Electing, event: Proposed) -> None:
    """There is no log to put it in."""
    state.out.append(Rejected(event.sequence, UNSUPPORTED, state.leader))


def handle_read_requested(state: Electing, event: ReadRequested) -> None:
    """There is no log to read up to."""
    state.out.append(ReadRefused(event.id, UNSUPPORTED, state.leader))


def handle_requested(state: Electing, event: Requested) -> None:
    """An operator, or the application, on this node."""
    asker = Asker(None, state.boot, event.id)
    request = event.request
    if isinstance(request, ReportFreshness):
        state.freshness = request.freshness
        answer(state, asker)
    elif not isinstance(request, TransferLeadership):
        answer(state, asker, UNSUPPORTED)
    elif state.role is Role.LEADER:
        _transfer(state, asker, request)
    elif state.leader is None:
        answer(state, asker, "no_leader")
    else:
        state.asked.add(event.id)
        state.send(state.leader, Ask(state.boot, event.id, request))


def handle_ask(state: Electing, sender: NodeId, message: Ask) -> None:
    """An operator on another node."""
    asker = Asker(sender, message.boot, message.id)
    if state.role is not Role.LEADER:
        answer(state, asker, "not_leader")
    elif isinstance(message.request, TransferLeadership):
        _transfer(state, asker, message.request)
    else:
        answer(state, asker, UNSUPPORTED)


def handle_ask_reply(state: Electing, _sender: NodeId, message: AskReply) -> None:
    """The leader's answer to a question of this process."""
    if message.asked_by == state.boot and message.id in state.asked:
        state.asked.discard(message.id)
        answer(state, Asker(None, state.boot, message.id), message.refused)


def _transfer(state: Electing, asker: Asker, request: TransferLeadership) -> None:
    """B23: resign in favour of the target, and tell the asker when it leads."""
    target = best_other(state) if request.to is None else request.to
    refused = _why_not(state, request, target)
    if refused or target is None:
        answer(state, asker, refused)
        return
    resign(state, target)
    state.transfer = Transfer(asker, target)
    state.deadlines.set("transfer_by", state.now + state.win_ns + state.settings.claim_ns)


def _why_not(state: Electing, request: Request, target: NodeId | None) -> str:
    """Why leadership cannot go to `target`; empty: it can."""
    if isinstance(request, TransferLeadership) and request.only_from not in (None, state.me):
        return "leads_not"
    if target is None:
        return "nobody_answers"
    if target == state.me:
        return "leads_already"
    if target not in state.members:
        return "not_a_voter"
    if target in state.cut or state.live.suspects(target, state.now):
        return "target_silent"
    return "outranked" if _would_be_bullied(state, target) else ""


def _would_be_bullied(state: Electing, target: NodeId) -> bool:
    """Whether somebody of higher rank would take leadership from `target` again at once. Whoever is fresh is only known when asked. With
    the guard members grant whoever a leader has named, and `min_tenure_ms` says how long that one may stay."""
    settings = state.settings
    if not settings.preempt or (settings.guarded and settings.min_tenure_ms):
        return False
    return state.settings.rank == "fresh" or target < max(best_other(state) or target, state.me)


def expire_transfer(state: Electing) -> None:
    """Nobody has taken over in time."""
    end_transfer(state, "timeout")
