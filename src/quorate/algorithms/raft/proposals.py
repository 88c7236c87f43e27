"""Proposals: at the leader they become entries, elsewhere they are forwarded to it, one hop. Both sides."""

from quorate.algorithms.logged.disk_leadership import DISK_FULL, no_room_for_quorum
from quorate.algorithms.logged.pending import ForwardedProposal
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.messages import Forward, ForwardReply
from quorate.algorithms.raft.roles import NOT_LEADER, note_leader_resigned
from quorate.algorithms.raft.sending import append_as_leader
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.checksum import crc32
from quorate.core.effects import Rejected, Unresolved
from quorate.core.entry import EntryKind
from quorate.core.events import Proposed
from quorate.core.ids import NodeId

LATE_COPY = "late_copy"
"""Refusal of a Forward whose number was passed: the copy that came first may have been appended."""


def handle_proposed(raft: RaftState, event: Proposed) -> None:
    """A batch that this node took."""
    _forget_settled(raft, event.floor)
    if event.sequence in raft.own_proposals:
        # Already in the log of this leadership: it will be decided, a second copy would only be skipped.
        return
    refusal = DISK_FULL if raft.disk.short else ""
    if raft.role is Role.LEADER:
        refusal = _refusal(raft, len(event.data))
    if len(event.data) > raft.config.entry_bytes:
        refusal = "too_large"
    if raft.role is not Role.LEADER and raft.leader is None:
        refusal = refusal or ("removed" if raft.removed else "no_leader")
    if refusal:
        raft.out.append(Rejected(event.sequence, refusal, raft.leader))
    elif raft.role is Role.LEADER:
        index = append_as_leader(raft, EntryKind.BATCH, event.data, crc32(event.data))
        raft.own_proposals[event.sequence] = index
    else:
        _forward(raft, event)


def _forget_settled(raft: RaftState, floor: int) -> None:
    """Every sequence up to `floor` is answered: nobody waits for news of it. Sequences were added in rising order, but for repeats."""
    for pending in (raft.own_proposals, raft.forwards):
        for sequence in [s for s in pending if s <= floor]:
            del pending[sequence]


def _refusal(raft: RaftState, size: int) -> str:
    """Why a leader cannot take `size` more bytes now; empty if it can. On an empty tail anything of legal size goes."""
    if size > raft.config.entry_bytes:
        return "too_large"
    if raft.transfer is not None:
        return "transferring"
    if raft.disk.short or no_room_for_quorum(RaftDuties(raft)):
        return DISK_FULL
    if raft.disk.waiting_bytes and raft.disk.waiting_bytes + size > raft.config.unwritten_bytes:
        return "busy"
    if raft.uncommitted_bytes and raft.uncommitted_bytes + size > raft.config.uncommitted_bytes:
        return "busy"
    return ""


def _forward(raft: RaftState, event: Proposed) -> None:
    leader = raft.leader
    if leader is None:
        return
    raft.forward_number += 1
    again = event.sequence in raft.forwards
    raft.forwards[event.sequence] = ForwardedProposal(raft.forward_number, leader, again=again)
    incarnation = raft.identity.incarnation
    message = Forward(raft.term, incarnation, raft.forward_number, event.sequence, event.data, crc32(event.data))
    raft.send(leader, message)


def handle_forward(raft: RaftState, sender: NodeId, message: Forward) -> None:
    """A batch that another node took. A number not above the last one seen is a late copy: refusing it makes every earlier
    refusal final, that of a damaged one too. A leader that has stepped down in this term still knows what it saw."""
    if (message.incarnation, message.number) <= raft.forward_seen.get(sender, (0, 0)):
        refusal = LATE_COPY
    elif raft.role is not Role.LEADER:
        refusal = NOT_LEADER
    else:
        raft.forward_seen[sender] = (message.incarnation, message.number)
        refusal = _refusal(raft, len(message.data)) if crc32(message.data) == message.crc else "damaged"
    index = 0 if refusal else append_as_leader(raft, EntryKind.BATCH, message.data, message.crc)
    if index:
        raft.forwarded[sender] = index
    reply = ForwardReply(
        raft.term, message.incarnation, message.number, message.sequence, index, refused=refusal, hint=raft.leader
    )
    raft.send(sender, reply)


def handle_forward_reply(raft: RaftState, sender: NodeId, message: ForwardReply) -> None:
    """The leader's answer. Appended is not applied: the caller is answered when this node applies it."""
    pending = raft.forwards.get(message.sequence)
    ours = message.incarnation == raft.identity.incarnation
    if pending is None or not ours or pending.number != message.number or pending.leader != sender:
        return
    if not message.refused:
        return
    del raft.forwards[message.sequence]
    if message.refused == LATE_COPY or pending.again:
        # An earlier copy may be in the log: only this one is surely not.
        raft.out.append(Unresolved(message.sequence, message.refused))
    else:
        raft.out.append(Rejected(message.sequence, message.refused, message.hint))
    if message.refused == NOT_LEADER:
        note_leader_resigned(raft, sender)
