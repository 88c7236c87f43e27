"""Handing leadership over. Both sides.

Theory of operation. An election by votes cannot be directed: of servers that have the same, the one with the highest id wins. But an
election promises nothing, so a leader may as well name who is to lead next: it ends all sessions with that name, and everybody turns to
that one as if it had been elected, in a new round. Discovery and synchronisation follow as ever, and all safety is theirs: if the successor
turns out to be behind, or is gone, or does not know, those who wait for it look for a leader by themselves, after the limit of silence at
the latest.
"""

from quorate.algorithms.logged.disk_watch import MOVE_PAUSE_NS
from quorate.algorithms.zab.discovery import begin_following, begin_leading
from quorate.algorithms.zab.learning import Learning
from quorate.algorithms.zab.messages import SessionEnd, Vote
from quorate.algorithms.zab.roles import leave_leader, leave_role, look_for_leader, own_vote
from quorate.algorithms.zab.state import Role, ZabState
from quorate.core.ids import NodeId


def hand_over(zab: ZabState, successor: NodeId) -> None:
    """The leader's side."""
    leave_role(zab, successor)
    if zab.removed:
        look_for_leader(zab, zab.why)
    else:
        _turn_to(zab, successor)


def _turn_to(zab: ZabState, successor: NodeId) -> None:
    zab.round += 1
    zab.vote = Vote(zab.current_epoch, zab.last, successor)
    zab.received, zab.outside, zab.finalize_by = {}, {}, None
    begin_following(zab, successor, handed_over=True)


def handle_hand_over(zab: ZabState, learning: Learning, message: SessionEnd) -> None:
    """The learner's side: our leader has ended our session, and names another. If that is us, lead."""
    if message.successor != zab.me:
        zab.explain("leader_left", leader=learning.leader, cause=message.reason)
        leave_role(zab)
        _turn_to(zab, message.successor)
    elif zab.role is Role.FOLLOWING and learning.serves and zab.may_lead:
        zab.explain("transfer_accepted", leader=learning.leader)
        zab.disk.move_at = zab.now + MOVE_PAUSE_NS
        leave_role(zab)
        zab.round += 1
        zab.vote = own_vote(zab)
        zab.received, zab.outside, zab.finalize_by = {}, {}, None
        begin_leading(zab, zab.voters - {zab.me})
    else:
        zab.explain("transfer_declined", sender=learning.leader, role=zab.role.value)
        why = f"node {learning.leader} wanted this node to lead, which cannot; electing"
        leave_leader(zab, message.reason, why, tell=False)
