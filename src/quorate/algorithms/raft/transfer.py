"""Leadership transfer (dissertation, section 3.10): the leader lets a chosen follower catch up, then tells it to campaign at once.

Theory of operation. From the request to its end the leader takes no proposals, so that the target can reach the end of the log;
those who propose are told `transferring` and come again. When the target has everything, `TimeoutNow` lets it skip the wait and
the pre-vote, and its requests for votes say why, so that nobody refuses them for hearing the old leader. The transfer ends when
this node learns who leads next, or after an election timeout, when it goes on as if nothing had been asked.
"""

from quorate.algorithms.raft.disk_watch import MOVE_PAUSE_NS
from quorate.algorithms.raft.election import become_candidate
from quorate.algorithms.raft.lease import note_hand_over
from quorate.algorithms.raft.messages import TimeoutNow
from quorate.algorithms.raft.pending import Asker, Transfer
from quorate.algorithms.raft.roles import answer, become_follower
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.versions import understands
from quorate.core.effects import Send
from quorate.core.ids import NodeId
from quorate.core.requests import TransferLeadership

MAX_ASKERS = 64
"""Who may wait for one transfer: more are told `busy`."""


def begin_transfer(raft: RaftState, asker: Asker, request: TransferLeadership) -> None:
    """The same target again only adds to those who wait, and prolongs nothing; another one replaces it."""
    target = best_target(raft) if request.to is None else request.to
    refusal = "leads_not" if request.only_from not in (None, raft.me) else _why_not(raft, target)
    if refusal or target is None:
        answer(raft, asker, refusal)
        return
    present = raft.transfer
    if present is not None and present.target == target:
        if len(present.askers) < MAX_ASKERS:
            present.askers.append(asker)
        else:
            answer(raft, asker, "busy")
        return
    hand_to(raft, target, asker)


def hand_to(raft: RaftState, target: NodeId, asker: Asker | None = None) -> None:
    """Transfer to one that can lead. Without an asker it is this node's own wish."""
    if raft.transfer is not None:
        end_transfer(raft, "replaced")
    raft.transfer = Transfer(target, raft.term, raft.now + raft.config.election_timeout_ns, asker)
    raft.explain("transfer_started", target=target, match=raft.progress[target].match, last_index=raft.log.last_index)
    hand_over_if_caught_up(raft)


def best_target(raft: RaftState) -> NodeId | None:
    """Of the voters that answer: one that has the whole log rather than not, then the one of the highest priority, then the one that
    has most, then the biggest id; None: nobody answers."""
    last = raft.log.last_index

    def worth(peer: NodeId) -> tuple[bool, int, int, NodeId]:
        match = raft.progress[peer].match
        member = raft.configuration.member(peer)
        return match == last, member.priority if member is not None else 0, match, peer

    voters = raft.configuration.voters
    return max(
        (peer for peer in raft.peers if peer in voters and answers(raft, peer) and understands(raft, peer, TimeoutNow)),
        key=worth,
        default=None,
    )


def answers(raft: RaftState, peer: NodeId) -> bool:
    """As far as is known: from its election on, a leader counts everybody's silence."""
    silence = raft.now - raft.progress[peer].contact_at
    return peer not in raft.unreachable and silence < raft.config.election_timeout_ns


def _why_not(raft: RaftState, target: NodeId | None) -> str:
    """Why leadership cannot go to `target` now; empty if it can."""
    if not raft.ready:
        return "not_ready"
    if target is None:
        return "target_too_old" if any(answers(raft, peer) for peer in raft.peers) else "nobody_answers"
    if target == raft.me:
        return "leads_already"
    if target not in raft.configuration.voters or target not in raft.progress:
        return "not_a_voter"
    if not understands(raft, target, TimeoutNow):
        return "target_too_old"
    return "" if answers(raft, target) else "target_silent"


def hand_over_if_caught_up(raft: RaftState) -> None:
    """The target has the whole log: tell it to campaign. That promises nothing about our disk, which may be why we hand over."""
    transfer = raft.transfer
    if transfer is None or transfer.ordered or raft.role is not Role.LEADER:
        return
    if raft.progress[transfer.target].match == raft.log.last_index:
        transfer.ordered = True
        note_hand_over(raft)
        raft.out.append(Send(transfer.target, TimeoutNow(raft.term), at_once=True))


def handle_timeout_now(raft: RaftState, sender: NodeId, _message: TimeoutNow) -> None:
    """The leader wants this node to lead: campaign without pre-vote and without waiting."""
    if raft.leader != sender or raft.role is not Role.FOLLOWER or not raft.may_campaign:
        raft.explain("transfer_declined", sender=sender, role=raft.role.value)
        return
    raft.explain("transfer_accepted", leader=sender)
    raft.disk.move_at = raft.now + MOVE_PAUSE_NS
    become_follower(raft, None)
    become_candidate(raft, transfer=True)


def expire_transfer(raft: RaftState) -> None:
    """Nobody took over within an election timeout: proposals are taken again."""
    if raft.transfer is not None and raft.now >= raft.transfer.deadline:
        end_transfer(raft, "timeout")


def note_new_leader(raft: RaftState) -> None:
    """This node knows who leads now; if it was handing over, that is how it ended."""
    transfer = raft.transfer
    if transfer is None or raft.leader is None or (raft.leader == raft.me and raft.term == transfer.term):
        return
    end_transfer(raft, "" if raft.leader == transfer.target else "another_was_elected")


def end_transfer(raft: RaftState, refused: str = "") -> None:
    """Answer everybody who waits for it."""
    transfer, raft.transfer = raft.transfer, None
    if transfer is None:
        return
    raft.explain("transfer_ended", target=transfer.target, outcome=refused or "done")
    for asker in transfer.askers:
        answer(raft, asker, refused)
