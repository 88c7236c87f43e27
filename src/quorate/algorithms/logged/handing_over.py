"""Leadership transfer (Raft dissertation, section 3.10): the leader lets a chosen follower catch up, then tells it to take over at once.
Knows no messages.

Theory of operation. From the request to its end the leader takes no proposals, so that the target can reach the end of the log; those who
propose are told `transferring` and come again. When the target has everything, it is told. The transfer ends when this node learns who
leads next, or after an election timeout, when it goes on as if nothing had been asked.
"""

from quorate.algorithms.logged.duties import Duties
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.pending import Asker, Transfer
from quorate.core.ids import NodeId
from quorate.core.requests import TransferLeadership

MAX_ASKERS = 64
"""Who may wait for one transfer: more are told `busy`."""


def begin_transfer(duties: Duties, asker: Asker, request: TransferLeadership) -> None:
    """The same target again only adds to those who wait, and prolongs nothing; another one replaces it."""
    keeper = duties.keeper
    target = best_target(duties) if request.to is None else request.to
    refusal = "leads_not" if request.only_from not in (None, keeper.me) else _why_not(duties, target)
    if refusal or target is None:
        keeper.answer(asker, refusal)
        return
    present = keeper.transfer
    if present is not None and present.target == target:
        if len(present.askers) < MAX_ASKERS:
            present.askers.append(asker)
        else:
            keeper.answer(asker, "busy")
        return
    hand_to(duties, target, asker)


def hand_to(duties: Duties, target: NodeId, asker: Asker | None = None) -> None:
    """Transfer to one that can lead. Without an asker it is this node's own wish."""
    keeper = duties.keeper
    if keeper.transfer is not None:
        end_transfer(keeper, "replaced")
    keeper.transfer = Transfer(target, keeper.token, keeper.now + duties.rules.patience_ns, asker)
    keeper.explain(
        "transfer_started", target=target, match=max(0, duties.match(target)), last_index=keeper.log.last_index
    )
    hand_over_if_caught_up(duties)


def best_target(duties: Duties) -> NodeId | None:
    """Of the voters that answer: one that has the whole log rather than not, then the one of the highest priority, then the one that
    has most, then the biggest id; None: nobody answers."""
    keeper = duties.keeper

    def worth(peer: NodeId) -> tuple[bool, int, int, NodeId]:
        match = duties.match(peer)
        member = keeper.configuration.member(peer)
        return match == keeper.log.last_index, member.priority if member is not None else 0, match, peer

    return max((peer for peer in duties.successors() if duties.answers(peer)), key=worth, default=None)


def _why_not(duties: Duties, target: NodeId | None) -> str:
    """Why leadership cannot go to `target` now; empty if it can."""
    keeper = duties.keeper
    if not keeper.ready:
        return "not_ready"
    if target is None:
        answering = [peer for peer in keeper.peers if duties.answers(peer)]
        return next((unable for peer in answering if (unable := duties.unable(peer))), "nobody_answers")
    if target == keeper.me:
        return "leads_already"
    if target not in keeper.configuration.voters or target not in keeper.peers:
        return "not_a_voter"
    return duties.unable(target) or ("" if duties.answers(target) else "target_silent")


def hand_over_if_caught_up(duties: Duties) -> None:
    """The target has the whole log: tell it to take over. That promises nothing about our disk, which may be why we hand over."""
    keeper = duties.keeper
    transfer = keeper.transfer
    if transfer is None or transfer.ordered or not duties.leads:
        return
    if duties.match(transfer.target) == keeper.log.last_index:
        transfer.ordered = True
        duties.order(transfer.target)


def expire_transfer(keeper: LogKeeper) -> None:
    """Nobody took over within an election timeout: proposals are taken again."""
    if keeper.transfer is not None and keeper.now >= keeper.transfer.deadline:
        end_transfer(keeper, "timeout")


def note_new_leader(keeper: LogKeeper) -> None:
    """This node knows who leads now; if it was handing over, that is how it ended."""
    transfer = keeper.transfer
    if transfer is None or keeper.leader is None or (keeper.leader == keeper.me and keeper.token == transfer.term):
        return
    end_transfer(keeper, "" if keeper.leader == transfer.target else "another_was_elected")


def end_transfer(keeper: LogKeeper, refused: str = "") -> None:
    """Answer everybody who waits for it."""
    transfer, keeper.transfer = keeper.transfer, None
    if transfer is None:
        return
    keeper.explain("transfer_ended", target=transfer.target, outcome=refused or "done")
    for asker in transfer.askers:
        keeper.answer(asker, refused)
