"""Proposals: at the leader they become entries, elsewhere they are forwarded to it, one hop. Both sides.

Sessions are FIFO and end with the link. So a request is sent once in a session, and a refusal in it is final; when the session ends, what
became of it is not known.
"""

from quorate.algorithms.logged.disk_leadership import DISK_FULL, no_room_for_quorum
from quorate.algorithms.zab.broadcast import propose_as_leader, roll_over
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.leading import Leading, Phase
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import Request, RequestReply
from quorate.algorithms.zab.session import Session
from quorate.algorithms.zab.state import ZabState
from quorate.core.checksum import crc32
from quorate.core.effects import Rejected
from quorate.core.entry import EntryKind
from quorate.core.events import Proposed
from quorate.core.ids import NodeId


def handle_proposed(zab: ZabState, event: Proposed) -> None:
    """F13, L9: a batch that this node took."""
    leading, learning = zab.leading, zab.learning
    pending: dict[int, int] | dict[int, None] | None = None
    if zab.leader is not None:
        pending = leading.own_proposals if leading is not None else learning.forwards if learning is not None else None
    if pending is None:
        zab.out.append(Rejected(event.sequence, "no_leader"))
        return
    for sequence in [sequence for sequence in pending if sequence <= event.floor]:
        del pending[sequence]
    if event.sequence in pending:
        # It is in the log of this leadership, or on its way there: it will be decided, or this session ends.
        return
    refusal = _refusal(zab, leading, len(event.data))
    if refusal:
        zab.out.append(Rejected(event.sequence, refusal, zab.leader))
    elif leading is not None:
        index = propose_as_leader(zab, leading, EntryKind.BATCH, event.data, crc32(event.data))
        leading.own_proposals[event.sequence] = index
    elif learning is not None:
        learning.forwards[event.sequence] = None
        request = Request(learning.session or 0, event.sequence, event.data, crc32(event.data))
        zab.send(learning.leader, request)


def _refusal(zab: ZabState, leading: Leading | None, size: int) -> str:
    """Why so many bytes more cannot be taken now; empty if they can. On an empty tail anything of legal size goes."""
    config = zab.config
    if size > config.entry_bytes:
        return "too_large"
    if leading is None:
        return DISK_FULL if zab.disk.short else ""
    if zab.transfer is not None:
        return "transferring"
    if zab.disk.short or no_room_for_quorum(ZabDuties(zab)):
        return DISK_FULL
    unwritten, uncommitted = zab.disk.waiting_bytes, leading.uncommitted_bytes
    if unwritten and unwritten + size > config.unwritten_bytes:
        return "busy"
    if uncommitted and uncommitted + size > config.uncommitted_bytes:
        return "busy"
    return "no_leader" if roll_over(zab, leading) else ""


def handle_request(zab: ZabState, sender: NodeId, session: Session, message: Request) -> None:
    """A batch that a learner took. It answers its caller itself, when it has applied the entry."""
    leading = zab.leading
    if leading is None:
        return
    if zab.phase is not Phase.BROADCAST:
        refusal = "no_leader"
    elif crc32(message.data) != message.crc:
        refusal = "damaged"
    else:
        refusal = _refusal(zab, leading, len(message.data))
    if refusal:
        zab.send(sender, RequestReply(session.number, message.sequence, refusal, zab.leader))
    else:
        propose_as_leader(zab, leading, EntryKind.BATCH, message.data, message.crc)


def handle_request_reply(zab: ZabState, learning: Learning, message: RequestReply) -> None:
    """The leader has refused it, for good."""
    if message.sequence in learning.forwards:
        del learning.forwards[message.sequence]
        zab.out.append(Rejected(message.sequence, message.refused, message.hint))
