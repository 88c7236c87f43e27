"""What an operator should know of a group of this shape, before it hurts."""

from __future__ import annotations

from quorate.core.words import nodes
from quorate.real.group import GroupStatus
from quorate.real.status import NodeStatus

RECOVER = "`quorate recover` goes on without those that are lost for good (docs/members.md)"


def advice(group: GroupStatus) -> list[str]:
    """Sentences about the voters there will be, once the learners that wait for it vote."""
    told = []
    if group.joint and not group.auto_leave:
        told.append(
            "the change is half done and waits: every decision needs a majority of the voters before and one of those after; "
            "`quorate members leave-joint` ends it"
        )
    voters = future_voters(group)
    count = len(voters)
    if count == 1:
        told.append(
            f"{nodes(voters)} alone votes: when it stops, everything stops, and when its disk is lost, so is what is on it; add two more"
        )
    elif count == 2:
        told.append(
            "two voters: the loss of either stops everything, and the lost one cannot be removed then, because that needs both; "
            f"add a third one (then the loss of one is survived). Without it, {RECOVER}"
        )
    elif count and count % 2 == 0:
        told.append(
            f"{count} voters survive the loss of {(count - 1) // 2}, no more than {count - 1} would: one more or one less is better"
        )
    return told


def future_voters(group: GroupStatus) -> set[int]:
    """Who votes when nothing is under way any more."""
    voters = {member.id for member in group.members if member.role == "voter"}
    for member in group.members:
        if member.wants_vote and member.role == "learner":
            voters = (voters - {member.replaces}) | {member.id}
    return voters


def lost_quorum(status: NodeStatus) -> str:
    """Why nothing can be changed while nobody leads, a removal least of all; empty if it is not known who votes."""
    voters = {member.id for member in status.group.members if member.role in ("voter", "leaving")}
    if not voters:
        return ""
    need = len(voters) // 2 + 1
    who = f"both of {nodes(voters)}" if len(voters) == need == 2 else f"{need} of the voters ({nodes(voters)})"
    return f"a change of members, a removal too, needs {who}: start them again, or {RECOVER}"
