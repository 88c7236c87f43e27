"""Change of members through the log, at the leader (Raft paper, section 6; dissertation, chapter 4). What a configuration does is in
`keeper.py` and `group.py`. Knows no messages.

Theory of operation. A configuration acts as soon as it is in the log, here and everywhere; what was before it comes back if it is
truncated. One change at a time, and none before this leader knows that everything before its own term is committed: then the configuration
before is committed too, and no other leader can be at work on a different one (Ongaro's note of 2015 on single-server changes). More than
one voter at once goes through a joint configuration, which the leader, or its successor, leaves by itself. Learners that want to
vote are promoted here as soon as they have caught up.
"""

from contextlib import suppress

from quorate.algorithms.logged.duties import Duties
from quorate.algorithms.logged.handing_over import best_target, end_transfer
from quorate.algorithms.logged.keeper import LogKeeper
from quorate.algorithms.logged.pending import Asker, MemberChange
from quorate.core.configuration import Configuration, Member, encode_configuration
from quorate.core.entry import EntryKind
from quorate.core.ids import Index, NodeId
from quorate.core.reconfigure import Change, ImpossibleChangeError, Promote, Remove, leave_joint, reconfigure
from quorate.core.requests import ChangeMembers


def begin_change(duties: Duties, asker: Asker, request: ChangeMembers) -> None:
    """Somebody asks this leader for a change; the answer comes when its last configuration is committed."""
    keeper = duties.keeper
    refusal = why_not(duties)
    if not refusal and request.expected not in (None, keeper.configuration.index):
        refusal = "configuration_changed"
    if not refusal and keeper.configuration.joint:
        refusal = "change_under_way" if keeper.configuration.auto_leave else "joint"
    if refusal:
        keeper.answer(asker, refusal)
        return
    try:
        changed = _planned(duties, request.changes, auto_leave=request.auto_leave)
    except ImpossibleChangeError as error:
        keeper.answer(asker, error.reason)
        return
    if changed is None:
        keeper.answer(asker)
    else:
        _append(duties, changed, asker)


def begin_leaving(duties: Duties, asker: Asker) -> None:
    """Somebody asks to leave a joint configuration that waits for that."""
    keeper = duties.keeper
    refusal = why_not(duties)
    if not refusal and not keeper.configuration.joint:
        refusal = "not_joint"
    if refusal:
        keeper.answer(asker, refusal)
        return
    _append(duties, leave_joint(keeper.configuration, keeper.log.last_index + 1), asker)


def why_not(duties: Duties) -> str:
    """Why no configuration can be appended now; empty if one can."""
    keeper = duties.keeper
    obstacle = duties.obstacle()
    if obstacle:
        return obstacle
    if keeper.transfer is not None:
        return "transferring"
    return "change_under_way" if keeper.configuration.index > keeper.commit else ""


def _planned(duties: Duties, changes: tuple[Change, ...], *, auto_leave: bool = True) -> Configuration | None:
    """What `changes` make of the present configuration; None if that is nothing. Raises `ImpossibleChangeError`."""
    keeper = duties.keeper
    index = keeper.log.last_index + 1
    changed = reconfigure(keeper.configuration, changes, index, auto_leave=auto_leave, one_step=duties.one_step)
    unfit = duties.unfit(changed) if changed is not None else ""
    if unfit:
        raise ImpossibleChangeError(unfit)
    return changed


def _append(duties: Duties, configuration: Configuration, asker: Asker | None) -> None:
    keeper = duties.keeper
    if keeper.change is None:
        keeper.change = MemberChange(configuration.index, asker)
    elif asker is not None:
        keeper.change.askers.append(asker)
    keeper.explain(
        "members_changing",
        index=configuration.index,
        voters=_listed(configuration.voters),
        outgoing=_listed(configuration.outgoing),
        learners=_listed(configuration.learners),
    )
    data, crc = encode_configuration(configuration)
    duties.append(EntryKind.CONFIGURATION, data, crc)


def _listed(nodes: tuple[NodeId, ...]) -> str:
    return ",".join(map(str, nodes))


def go_on(duties: Duties) -> None:
    """What a leader does by itself once more is committed, or a learner has more: tell those that are gone, leave a joint
    configuration, answer who asked, go if it was removed itself, promote who has caught up."""
    keeper = duties.keeper
    configuration = keeper.configuration
    if keeper.unsettled:
        return
    if configuration.joint and configuration.auto_leave:
        _append(duties, leave_joint(configuration, keeper.log.last_index + 1), None)
        return
    if keeper.change is not None:
        change, keeper.change = keeper.change, None
        keeper.explain("members_changed", index=configuration.index)
        for asker in change.askers:
            keeper.answer(asker)
    # After the answers: one that is gone may be among those who asked.
    departed, keeper.departed = keeper.departed, []
    for peer in departed:
        duties.dismiss(peer)
    if configuration.joint:
        return
    if keeper.me not in configuration.voters:
        _resign(duties)
    elif keeper.group.wanting:
        _promote(duties)


def _resign(duties: Duties) -> None:
    """Our own removal is committed: stop leading, and let somebody who has everything follow at once."""
    keeper = duties.keeper
    end_transfer(keeper, "leader_removed")
    successor = best_target(duties)
    index = keeper.configuration.index
    keeper.explain("removed_itself", index=index, successor=successor)
    ready = successor is not None and duties.match(successor) == keeper.log.last_index
    why = f"this node votes no more since the configuration at {index}; another node will lead"
    duties.give_up(successor if ready else None, why)


def _promote(duties: Duties) -> None:
    """The first learner that wants to vote and has caught up does, and whom it replaces goes in the same change. One that cannot vote here
    waits until it can."""
    keeper = duties.keeper
    for member in keeper.configuration.members:
        if not member.wants_vote or not _caught_up(duties, member) or why_not(duties):
            continue
        gone = keeper.configuration.member(member.replaces)
        changes: tuple[Change, ...] = (Promote(member.id),) if gone is None else (Promote(member.id), Remove(gone.id))
        with suppress(ImpossibleChangeError):
            changed = _planned(duties, changes)
            if changed is not None:
                keeper.explain("learner_promoted", node=member.id, replaces=member.replaces)
                _append(duties, changed, None)
                return


def _caught_up(duties: Duties, member: Member) -> bool:
    """Whether it lacks so little that counting it cannot hold up commits for long, and answers."""
    keeper, rules = duties.keeper, duties.rules
    reach = duties.reach(member.id)
    if reach is None or member.id in keeper.configuration.voters:
        return False
    near = reach.match >= max(keeper.commit - rules.catch_up_entries, member.joined_at)
    return near and keeper.now - reach.contact_at < rules.patience_ns


def remove_dead(duties: Duties) -> None:
    """Clean-up, if the settings ask for it: a voter that has been silent for very long goes, unless too few would be left."""
    keeper, rules = duties.keeper, duties.rules
    limit = rules.remove_dead_after_ns
    voters = keeper.configuration.voters
    if not limit or keeper.configuration.joint or why_not(duties) or len(voters) <= rules.least_voters:
        return
    for peer in voters:
        reach = duties.reach(peer)
        if reach is not None and keeper.now - reach.contact_at >= limit and peer != keeper.me:
            with suppress(ImpossibleChangeError):
                changed = _planned(duties, (Remove(peer),))
                if changed is not None:
                    keeper.explain("dead_member_removed", node=peer, silent_ns=keeper.now - reach.contact_at)
                    _append(duties, changed, None)
                    return


def note_removed(keeper: LogKeeper, sender: NodeId, index: Index) -> bool:
    """The group goes on without this node, by the configuration at `index`: it stops campaigning and takes no more requests, unless it is
    let in again. False: it knows better, or knew."""
    ours = keeper.configuration
    known = index < ours.index or (index == ours.index and ours.member(keeper.me) is not None)
    if known or index <= keeper.removed_at:
        return False
    keeper.removed_at = index
    keeper.explain("removed", index=index, sender=sender)
    keeper.tell_configuration()
    keeper.why = f"this node was removed from the group by the configuration at {index}; stop it, or let it join again"
    return True
