"""The end of a transfer: whoever asked for it is told."""

from quorate.algorithms.electing.messages import AskReply
from quorate.algorithms.electing.state import Electing
from quorate.algorithms.electing.transfer import Asker
from quorate.core.effects import RequestDone, RequestRefused


def end_transfer(state: Electing, refused: str = "") -> None:
    """If one is under way it is over: done, or refused for that reason."""
    transfer, state.transfer = state.transfer, None
    if transfer is not None:
        state.deadlines.clear("transfer_by")
        answer(state, transfer.asker, refused)


def answer(state: Electing, asker: Asker, refused: str = "") -> None:
    """Tell whoever asked how it went. The hint is the leader."""
    if asker.node is not None:
        state.send(asker.node, AskReply(state.boot, asker.boot, asker.id, refused, state.leader))
    elif asker.boot == state.boot:
        done = RequestRefused(asker.id, refused, state.leader) if refused else RequestDone(asker.id)
        state.out.append(done)
