"""Requests of operators as ZAB's messages carry them. What becomes of them is in `logged/requests.py`."""

from quorate.algorithms.logged.pending import Asker
from quorate.algorithms.logged.requests import take_answer, take_question, take_request
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.messages import Ask, AskReply
from quorate.algorithms.zab.state import ZabState
from quorate.core.events import Requested
from quorate.core.ids import NodeId


def handle_requested(zab: ZabState, event: Requested) -> None:
    """An operator on this node."""
    take_request(ZabDuties(zab), event)


def handle_ask(zab: ZabState, sender: NodeId, message: Ask) -> None:
    """An operator on another node."""
    take_question(ZabDuties(zab), Asker(sender, message.incarnation, message.id), message.request)


def handle_ask_reply(zab: ZabState, _sender: NodeId, message: AskReply) -> None:
    """The leader's answer to a question of this process."""
    take_answer(zab, Asker(None, message.incarnation, message.id), message.refused, message.hint)
