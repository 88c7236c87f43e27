"""Requests of operators as Raft's messages carry them. What becomes of them is in `logged/requests.py`."""

from quorate.algorithms.logged.pending import Asker
from quorate.algorithms.logged.requests import take_answer, take_question, take_request
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.messages import Ask, AskReply
from quorate.algorithms.raft.state import RaftState
from quorate.algorithms.raft.versions import understands
from quorate.core.events import Requested
from quorate.core.ids import NodeId


def handle_requested(raft: RaftState, event: Requested) -> None:
    """An operator on this node."""
    too_old = raft.leader is not None and not understands(raft, raft.leader, type(event.request))
    take_request(RaftDuties(raft), event, too_old=too_old)


def handle_ask(raft: RaftState, sender: NodeId, message: Ask) -> None:
    """An operator on another node."""
    take_question(RaftDuties(raft), Asker(sender, message.incarnation, message.id), message.request)


def handle_ask_reply(raft: RaftState, _sender: NodeId, message: AskReply) -> None:
    """The leader's answer to a question of this process."""
    take_answer(raft, Asker(None, message.incarnation, message.id), message.refused, message.hint)
