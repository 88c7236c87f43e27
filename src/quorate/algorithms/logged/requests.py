"""Requests of operators: the leader acts on them, others pass them on, one hop. Both sides. Knows no messages."""

from quorate.algorithms.logged.duties import Duties
from quorate.algorithms.logged.handing_over import begin_transfer
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.membership import begin_change, begin_leaving
from quorate.algorithms.logged.pending import Asker
from quorate.core.events import Requested
from quorate.core.ids import NodeId
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, Request, TransferLeadership


def take_request(duties: Duties, event: Requested, *, too_old: bool = False) -> None:
    """An operator on this node. `too_old`: the leader that is known does not understand it."""
    keeper = duties.keeper
    asker = Asker(None, keeper.identity.incarnation, event.id)
    if isinstance(event.request, ReportFreshness):
        keeper.answer(asker, "unsupported")  # the log says who is fresher
    elif duties.leads:
        _begin(duties, asker, event.request)
    elif keeper.removed:
        keeper.answer(asker, "removed")
    elif keeper.leader is None:
        keeper.answer(asker, "no_leader")
    elif too_old:
        keeper.answer(asker, "leader_too_old")
    else:
        if not isinstance(event.request, TransferLeadership):
            # Of a transfer the old leader still tells.
            keeper.asked[event.id] = None
        duties.pass_on(asker.incarnation, asker.id, event.request)


def take_question(duties: Duties, asker: Asker, request: Request) -> None:
    """An operator on another node."""
    if duties.leads:
        _begin(duties, asker, request)
    else:
        duties.keeper.answer(asker, "not_leader")


def take_answer(keeper: LogKeeper, asker: Asker, refused: str, hint: NodeId | None) -> None:
    """The leader's answer to a question of this process."""
    if asker.incarnation == keeper.identity.incarnation:
        keeper.asked.pop(asker.id, None)
        keeper.answer(asker, refused, hint)


def _begin(duties: Duties, asker: Asker, request: Request) -> None:
    match request:
        case TransferLeadership():
            begin_transfer(duties, asker, request)
        case ChangeMembers():
            begin_change(duties, asker, request)
        case LeaveJoint():
            begin_leaving(duties, asker)
        case ReportFreshness():
            duties.keeper.answer(asker, "unsupported")
