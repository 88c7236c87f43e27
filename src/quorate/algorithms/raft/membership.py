"""Change of members (paper, section 6; dissertation, chapter 4), at the leader. What a configuration does is in `state.py`.

Theory of operation. A configuration acts as soon as it is in the log, here and everywhere; what was before it comes back if it is
truncated. One change at a time, and none before an entry of the leader's own term is committed: then the configuration before is
committed too, and no other leader can be at work on a different one (Ongaro's note of 2015 on single-server changes). More than
one voter at once goes through a joint configuration, which the leader, or its successor, leaves by itself. Learners that want to
vote are promoted here as soon as they have caught up.
"""

from quorate.algorithms.raft.messages import (
    Ask,
    Forward,
    PreVoteRequest,
    RaftMessage,
    ReadIndexRequest,
    Removed,
    TimeoutNow,
    VoteRequest,
)
from quorate.algorithms.raft.pending import Asker, MemberChange
from quorate.algorithms.raft.roles import answer, become_follower
from quorate.algorithms.raft.sending import append_as_leader
from quorate.algorithms.raft.state import RaftState, Role
from quorate.algorithms.raft.transfer import best_target, end_transfer
from quorate.algorithms.raft.versions import all_understand
from quorate.core.configuration import Configuration, Member, encode_configuration
from quorate.core.effects import Send
from quorate.core.entry import EntryKind
from quorate.core.ids import NodeId
from quorate.core.reconfigure import Change, ImpossibleChangeError, Promote, Remove, leave_joint, reconfigure
from quorate.core.requests import ChangeMembers

FROM_STRANGERS = (PreVoteRequest, VoteRequest, Forward, ReadIndexRequest, Ask)
"""What a node that was removed may ask before it knows."""


def begin_change(raft: RaftState, asker: Asker, request: ChangeMembers) -> None:
    """Somebody asks this leader for a change; the answer comes when its last configuration is committed."""
    refusal = _why_not(raft)
    if not refusal and request.expected not in (None, raft.configuration.index):
        refusal = "configuration_changed"
    if not refusal and raft.configuration.joint:
        refusal = "change_under_way" if raft.configuration.auto_leave else "joint"
    if refusal:
        answer(raft, asker, refusal)
        return
    try:
        changed = _propose(raft, request.changes, asker, auto_leave=request.auto_leave)
    except ImpossibleChangeError as error:
        answer(raft, asker, error.reason)
        return
    if not changed:
        answer(raft, asker)


def begin_leaving(raft: RaftState, asker: Asker) -> None:
    """Somebody asks to leave a joint configuration that waits for that."""
    refusal = _why_not(raft)
    if not refusal and not raft.configuration.joint:
        refusal = "not_joint"
    if refusal:
        answer(raft, asker, refusal)
        return
    _append(raft, leave_joint(raft.configuration, raft.log.last_index + 1), asker)


def _why_not(raft: RaftState) -> str:
    """Why no configuration can be appended now; empty if one can."""
    if raft.commit < raft.noop_index:
        return "not_ready"
    if raft.transfer is not None:
        return "transferring"
    if not all_understand(raft, ChangeMembers):
        return "member_too_old"
    return "change_under_way" if raft.configuration.index > raft.commit else ""


def _propose(
    raft: RaftState, changes: tuple[Change, ...], asker: Asker | None = None, *, auto_leave: bool = True
) -> bool:
    """Append what `changes` make of the present configuration; False if that is nothing. Raises `ImpossibleChangeError`."""
    changed = reconfigure(raft.configuration, changes, raft.log.last_index + 1, auto_leave=auto_leave)
    if changed is None:
        return False
    _append(raft, changed, asker)
    return True


def _append(raft: RaftState, configuration: Configuration, asker: Asker | None) -> None:
    if raft.change is None:
        raft.change = MemberChange(configuration.index, asker)
    elif asker is not None:
        raft.change.askers.append(asker)
    raft.explain(
        "members_changing",
        index=configuration.index,
        voters=_listed(configuration.voters),
        outgoing=_listed(configuration.outgoing),
        learners=_listed(configuration.learners),
    )
    data, crc = encode_configuration(configuration)
    append_as_leader(raft, EntryKind.CONFIGURATION, data, crc)


def _listed(nodes: tuple[NodeId, ...]) -> str:
    return ",".join(map(str, nodes))


def go_on_with_members(raft: RaftState) -> None:
    """What a leader does by itself once more is committed, or a learner has more: tell those that are gone, leave a joint
    configuration, answer who asked, go if it was removed itself, promote who has caught up."""
    if raft.role is not Role.LEADER or raft.commit < raft.noop_index or raft.unsettled:
        return
    configuration = raft.configuration
    if configuration.joint and configuration.auto_leave:
        _append(raft, leave_joint(configuration, raft.log.last_index + 1), None)
        return
    if raft.change is not None:
        change, raft.change = raft.change, None
        raft.explain("members_changed", index=configuration.index)
        for asker in change.askers:
            answer(raft, asker)
    # After the answers: one that is gone may be among those who asked.
    for peer in raft.departed:
        raft.send(peer, Removed(raft.term, configuration.index))
    raft.departed = []
    if configuration.joint:
        return
    if raft.me not in configuration.voters:
        _resign(raft)
    elif raft.group.wanting:
        _promote(raft)


def _resign(raft: RaftState) -> None:
    """Our own removal is committed: stop leading, and let somebody who has everything follow at once."""
    end_transfer(raft, "leader_removed")
    successor = best_target(raft)
    raft.explain("removed_itself", index=raft.configuration.index, successor=successor)
    if successor is not None and raft.progress[successor].match == raft.log.last_index:
        raft.out.append(Send(successor, TimeoutNow(raft.term), at_once=True))
    raft.why = f"this node votes no more since the configuration at {raft.configuration.index}; another node will lead"
    become_follower(raft, None)
    raft.reset_election_deadline()


def _promote(raft: RaftState) -> None:
    """The first learner that wants to vote and has caught up does, and whom it replaces goes in the same change."""
    for member in raft.configuration.members:
        if member.wants_vote and _caught_up(raft, member) and not _why_not(raft):
            gone = raft.configuration.member(member.replaces)
            changes: tuple[Change, ...] = (Promote(member.id),)
            if gone is not None:
                changes += (Remove(gone.id),)
            raft.explain("learner_promoted", node=member.id, replaces=member.replaces)
            _propose(raft, changes)
            return


def _caught_up(raft: RaftState, member: Member) -> bool:
    """Whether it lacks so little that counting it cannot hold up commits for long, and answers."""
    progress = raft.progress.get(member.id)
    if progress is None or member.id in raft.configuration.voters:
        return False
    near = progress.match >= max(raft.commit - raft.config.catch_up_entries, member.joined_at)
    return near and raft.now - progress.contact_at < raft.config.election_timeout_ns


def remove_dead(raft: RaftState) -> None:
    """Clean-up, if the settings ask for it: a voter that has been silent for very long goes, unless too few would be left."""
    limit = raft.config.remove_dead_after_ns
    voters = raft.configuration.voters
    if not limit or raft.configuration.joint or _why_not(raft) or len(voters) <= raft.config.least_voters:
        return
    for peer in voters:
        progress = raft.progress.get(peer)
        if progress is not None and raft.now - progress.contact_at >= limit:
            raft.explain("dead_member_removed", node=peer, silent_ns=raft.now - progress.contact_at)
            _propose(raft, (Remove(peer),))
            return


def turn_away(raft: RaftState, sender: NodeId, message: RaftMessage) -> bool:
    """Whether the leader has told the sender that it does not belong to the group any more. Its term, however high, concerns nobody."""
    if raft.role is not Role.LEADER or raft.unsettled or raft.configuration.member(sender) is not None:
        return False
    raft.explain("not_a_member", sender=sender, asked=type(message).__name__)
    raft.send(sender, Removed(raft.term, raft.configuration.index))
    return True


def handle_removed(raft: RaftState, sender: NodeId, message: Removed) -> None:
    """The group goes on without this node. It stops campaigning and takes no more requests, unless it is let in again."""
    ours = raft.configuration
    known = message.index < ours.index or (message.index == ours.index and ours.member(raft.me) is not None)
    if known or message.index <= raft.removed_at:
        return
    raft.removed_at = message.index
    raft.explain("removed", index=message.index, sender=sender)
    raft.tell_configuration()
    raft.why = (
        f"this node was removed from the group by the configuration at {message.index}; stop it, or let it join again"
    )
    become_follower(raft, None)
    raft.reset_election_deadline()
