"""What the target of a transfer does (dissertation, section 3.10): `TimeoutNow` lets it skip the wait and the pre-vote, and its requests
for votes say why, so that nobody refuses them for hearing the old leader. The leader's side is in `logged/handing_over.py`."""

from quorate.algorithms.logged.disk_watch import MOVE_PAUSE_NS
from quorate.algorithms.raft.election import become_candidate
from quorate.algorithms.raft.messages import TimeoutNow
from quorate.algorithms.raft.roles import become_follower
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.ids import NodeId


def handle_timeout_now(raft: RaftState, sender: NodeId, _message: TimeoutNow) -> None:
    """The leader wants this node to lead: campaign without pre-vote and without waiting."""
    if raft.leader != sender or raft.role is not Role.FOLLOWER or not raft.may_campaign:
        raft.explain("transfer_declined", sender=sender, role=raft.role.value)
        return
    raft.explain("transfer_accepted", leader=sender)
    raft.disk.move_at = raft.now + MOVE_PAUSE_NS
    become_follower(raft, None)
    become_candidate(raft, transfer=True)
