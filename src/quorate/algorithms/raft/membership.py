"""Who belongs to the group, as far as Raft is concerned: when a leader may look after that, and what those are told who do not. The rest
in `logged/membership.py`."""

from quorate.algorithms.logged.membership import go_on, note_removed
from quorate.algorithms.raft.duties import RaftDuties
from quorate.algorithms.raft.messages import (
    Ask,
    Forward,
    PreVoteRequest,
    RaftMessage,
    ReadIndexRequest,
    Removed,
    VoteRequest,
)
from quorate.algorithms.raft.roles import become_follower
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.ids import NodeId

FROM_STRANGERS = (PreVoteRequest, VoteRequest, Forward, ReadIndexRequest, Ask)
"""What a node that was removed may ask before it knows."""


def go_on_with_members(raft: RaftState) -> None:
    """Once more is committed, or a learner has more: what a leader does by itself."""
    if raft.role is not Role.LEADER or raft.commit < raft.noop_index or raft.unsettled:
        return
    go_on(RaftDuties(raft))


def turn_away(raft: RaftState, sender: NodeId, message: RaftMessage) -> bool:
    """Whether the leader has told the sender that it does not belong to the group any more. Its term, however high, concerns nobody."""
    if raft.role is not Role.LEADER or raft.unsettled or raft.configuration.member(sender) is not None:
        return False
    raft.explain("not_a_member", sender=sender, asked=type(message).__name__)
    raft.send(sender, Removed(raft.term, raft.configuration.index))
    return True


def handle_removed(raft: RaftState, sender: NodeId, message: Removed) -> None:
    """The group goes on without this node."""
    if note_removed(raft, sender, message.index):
        become_follower(raft, None)
        raft.reset_election_deadline()
