"""Requests of operators: the leader acts on them, others pass them on, one hop. Both sides."""

from quorate.algorithms.raft.membership import begin_change, begin_leaving
from quorate.algorithms.raft.messages import Ask, AskReply
from quorate.algorithms.raft.pending import Asker
from quorate.algorithms.raft.roles import answer
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.transfer import begin_transfer
from quorate.algorithms.raft.versions import understands
from quorate.core.events import Requested
from quorate.core.ids import NodeId
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness, Request, TransferLeadership


def handle_requested(raft: RaftState, event: Requested) -> None:
    """An operator on this node."""
    asker = Asker(None, raft.identity.incarnation, event.id)
    if isinstance(event.request, ReportFreshness):
        answer(raft, asker, "unsupported")  # the log says who is fresher
    elif raft.role is Role.LEADER:
        _begin(raft, asker, event.request)
    elif raft.removed:
        answer(raft, asker, "removed")
    elif raft.leader is None:
        answer(raft, asker, "no_leader")
    elif not understands(raft, raft.leader, type(event.request)):
        answer(raft, asker, "leader_too_old")
    else:
        if not isinstance(event.request, TransferLeadership):
            # Of a transfer the old leader still tells.
            raft.asked[event.id] = None
        raft.send(raft.leader, Ask(raft.term, asker.incarnation, asker.id, event.request))


def handle_ask(raft: RaftState, sender: NodeId, message: Ask) -> None:
    """An operator on another node."""
    asker = Asker(sender, message.incarnation, message.id)
    if raft.role is Role.LEADER:
        _begin(raft, asker, message.request)
    else:
        answer(raft, asker, "not_leader")


def handle_ask_reply(raft: RaftState, _sender: NodeId, message: AskReply) -> None:
    """The leader's answer to a question of this process."""
    if message.incarnation == raft.identity.incarnation:
        raft.asked.pop(message.id, None)
        answer(raft, Asker(None, message.incarnation, message.id), message.refused, message.hint)


def _begin(raft: RaftState, asker: Asker, request: Request) -> None:
    match request:
        case TransferLeadership():
            begin_transfer(raft, asker, request)
        case ChangeMembers():
            begin_change(raft, asker, request)
        case LeaveJoint():
            begin_leaving(raft, asker)
        case ReportFreshness():
            answer(raft, asker, "unsupported")
