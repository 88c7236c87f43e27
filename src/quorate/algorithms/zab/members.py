"""Who belongs to the group, as far as ZAB is concerned: what a server does when that has changed, and what those are told who do not belong
to it. The rest is in `logged/membership.py`."""

from quorate.algorithms.logged.membership import go_on, note_removed
from quorate.algorithms.zab.ballots import LOOKING
from quorate.algorithms.zab.discovery import begin_following, tell_members
from quorate.algorithms.zab.duties import ZabDuties
from quorate.algorithms.zab.messages import Ask, FollowerInfo, Notification, ObserverInfo, Removed
from quorate.algorithms.zab.reads import confirm_reads
from quorate.algorithms.zab.roles import leave_role, look_for_leader
from quorate.algorithms.zab.state import Role, ZabState
from quorate.core.ids import NodeId
from quorate.core.message import Message


def go_on_with_members(zab: ZabState) -> None:
    """After a step in which configurations have changed, or more was committed of them, or while a learner waits to vote."""
    zab.regrouped = False
    if zab.leader == zab.me:
        go_on(ZabDuties(zab))
        if zab.leading is not None:
            # Those whose answer a read awaited may not be asked any more.
            confirm_reads(zab)
            tell_members(zab, zab.leading)
    elif zab.removed or zab.learning is None or not zab.learning.synced:
        return
    elif (zab.role is Role.FOLLOWING) != zab.votes:
        # With a vote it owes promises and acknowledgements, without one it owes nothing: another session, with the same leader, which still
        # answers what operators asked.
        leader, asked, zab.asked = zab.learning.leader, zab.asked, {}
        leave_role(zab)
        begin_following(zab, leader)
        zab.asked = asked


def turn_away(zab: ZabState, sender: NodeId, message: Message) -> bool:
    """Whether the leader has told the sender that it does not belong to the group any more. Where members have never been changed,
    strangers may observe."""
    if zab.leader != zab.me or zab.unsettled or not zab.configuration.index or sender in zab.peers:
        return False
    asks = isinstance(message, Notification) and message.state == LOOKING and not message.reply
    if not asks and not isinstance(message, FollowerInfo | ObserverInfo | Ask):
        return False
    zab.explain("not_a_member", sender=sender, asked=type(message).__name__)
    ZabDuties(zab).dismiss(sender)
    return True


def handle_removed(zab: ZabState, sender: NodeId, message: Removed) -> None:
    """The group goes on without this node."""
    if note_removed(zab, sender, message.index):
        look_for_leader(zab, zab.why)
