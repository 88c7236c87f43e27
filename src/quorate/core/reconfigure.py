"""From one configuration to the next: what changes may be asked for, and what they make. Pure.

At most one voter more or less is a simple change: any majority before and any majority after have a node in common. Everything
else goes through a joint configuration, in which decisions need a majority of the voters before and one of those after.
"""

from typing import TypeAlias

import msgspec

from quorate.core.configuration import Configuration, Member
from quorate.core.ids import Index, NodeId


class _Change(msgspec.Struct, frozen=True, tag=True):
    node: NodeId


class Add(_Change, frozen=True):
    """Let `node` in, as a learner. `voter`: it votes at once. `wants_vote`: it is to vote once it has caught up, and then
    `replaces`, if that is not 0, goes. The rest as in `Member`."""

    address: str = ""
    disk: int = 0
    priority: int = 0
    voter: bool = False
    wants_vote: bool = False
    replaces: NodeId = 0

    def suits(self, member: Member) -> bool:
        """Whether `member` can be the one that is meant."""
        return (not self.disk or member.disk in (0, self.disk)) and self.address in ("", member.address)


class Promote(_Change, frozen=True):
    """Let a learner vote."""


class Demote(_Change, frozen=True):
    """Make a voter a learner."""


class Remove(_Change, frozen=True):
    """Take a member out of the group."""


class Update(_Change, frozen=True):
    """Change what is known of a member; None: leave it."""

    address: str | None = None
    priority: int | None = None


Change: TypeAlias = Add | Promote | Demote | Remove | Update


class ImpossibleChangeError(Exception):
    """The change cannot be made to this configuration. `reason` is a short name."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def reconfigure(
    present: Configuration,
    changes: tuple[Change, ...],
    index: Index,
    *,
    auto_leave: bool = True,
    one_step: bool = True,
) -> Configuration | None:
    """The configuration that `changes` make of `present`, to be the entry at `index`; None if they change nothing. `one_step`: one voter
    more or less makes a simple change; not so where other quorums decide than majorities.

    Raises `ImpossibleChangeError`: `joint` (one is under way), `not_a_member`, `id_taken` (by another disk or address),
    `last_voter`, `contradiction` (a node is named twice, or replaces itself).
    """
    if present.joint:
        raise ImpossibleChangeError("joint")
    if len({change.node for change in changes}) < len(changes):
        raise ImpossibleChangeError("contradiction")
    members = {member.id: member for member in present.members}
    voters = set(present.voters)
    for change in changes:
        _make(change, members, voters, index)
    before = set(present.voters)
    if voters == before and tuple(members.values()) == present.members:
        return None
    if not voters:
        raise ImpossibleChangeError("last_voter")
    if len(voters ^ before) <= 1 and (one_step or voters == before):
        return Configuration(index, _ascending(members), tuple(sorted(voters)))
    kept = {member.id: member for member in present.members if member.id in before} | members
    return Configuration(
        index,
        _ascending(kept),
        tuple(sorted(voters)),
        outgoing=present.voters,
        demoted=tuple(sorted((before - voters) & members.keys())),
        auto_leave=auto_leave,
    )


def leave_joint(present: Configuration, index: Index) -> Configuration:
    """The second half of a change: the voters before count no more, and those that were to go are gone."""
    gone = set(present.outgoing) - set(present.voters) - set(present.demoted)
    return Configuration(index, tuple([m for m in present.members if m.id not in gone]), present.voters)


def _make(change: Change, members: dict[NodeId, Member], voters: set[NodeId], index: Index) -> None:
    node = change.node
    member = members.get(node)
    if isinstance(change, Add):
        _add(change, members, voters, index)
        return
    if member is None:
        raise ImpossibleChangeError("not_a_member")
    match change:
        case Promote():
            voters.add(node)
            members[node] = msgspec.structs.replace(member, wants_vote=False, replaces=0)
        case Demote():
            voters.discard(node)
        case Remove():
            voters.discard(node)
            del members[node]
        case Update():
            address = member.address if change.address is None else change.address
            priority = member.priority if change.priority is None else change.priority
            members[node] = msgspec.structs.replace(member, address=address, priority=priority)


def _add(change: Add, members: dict[NodeId, Member], voters: set[NodeId], index: Index) -> None:
    """Adding a member that is there already changes nothing, so that whoever got no answer may ask again."""
    node = change.node
    member = members.get(node)
    if change.replaces == node:
        raise ImpossibleChangeError("contradiction")
    if change.replaces and change.replaces not in members and node not in voters:
        raise ImpossibleChangeError("not_a_member")
    if member is None:
        member = Member(node, change.address, change.disk, index, change.priority)
    elif not change.suits(member):
        raise ImpossibleChangeError("id_taken")
    if change.disk and not member.disk:
        member = msgspec.structs.replace(member, disk=change.disk)
    if change.voter:
        voters.add(node)
        member = msgspec.structs.replace(member, wants_vote=False, replaces=0)
    elif change.wants_vote and node not in voters:
        member = msgspec.structs.replace(member, wants_vote=True, replaces=change.replaces or member.replaces)
    elif change.wants_vote and change.replaces in members:
        # It had asked by itself to be let in, and was promoted before anybody said whom it replaces.
        voters.discard(change.replaces)
        del members[change.replaces]
    members[node] = member


def _ascending(members: dict[NodeId, Member]) -> tuple[Member, ...]:
    return tuple([members[node] for node in sorted(members)])
