"""Who belongs to the group, in words and numbers for people: what a node knows of it."""

import msgspec

from quorate.core.algorithm import Status
from quorate.core.configuration import Member
from quorate.core.ids import Index, Nanos, NodeId


class MemberStatus(msgspec.Struct, frozen=True):
    """One member. `role`: `voter`, `learner` or `leaving` (it votes until the change under way is done). `disk`: of the data directory
    that was let in, in hexadecimal; empty: whichever comes. The rest as in `quorate.core.configuration.Member`.

    Only a leader knows `lag`, the entries that the member lacks, and `contact_age_ns`, since it last answered; None: not yet.
    """

    id: NodeId
    address: str
    role: str
    leader: bool
    priority: int
    wants_vote: bool
    replaces: NodeId
    disk: str
    joined_at: Index
    lag: int | None = None
    contact_age_ns: Nanos | None = None


class GroupStatus(msgspec.Struct, frozen=True):
    """A configuration. `index`: what `expected` compares with. `committed`: as far as this node knows. `joint`: a change is half done, and
    every decision needs a majority of the voters before and one of those after; `auto_leave`: it is finished by itself."""

    index: Index = 0
    committed: bool = True
    joint: bool = False
    auto_leave: bool = True
    members: tuple[MemberStatus, ...] = ()


def describe_group(status: Status, *, leads: bool) -> GroupStatus:
    """What a node says of its group."""
    configuration = status.configuration
    members = tuple([_describe(member, status, leads=leads) for member in configuration.members])
    return GroupStatus(
        configuration.index, status.configuration_committed, configuration.joint, configuration.auto_leave, members
    )


def _describe(member: Member, status: Status, *, leads: bool) -> MemberStatus:
    lag, age = None, None
    if leads:
        peer = status.peers.get(member.id)
        if peer is not None:
            lag, age = max(0, status.last_index - peer.match), peer.contact_age_ns
        elif member.id == status.node:
            lag, age = 0, 0
    return MemberStatus(
        id=member.id,
        address=member.address,
        role=status.configuration.role(member.id),
        leader=member.id == status.leader,
        priority=member.priority,
        wants_vote=member.wants_vote,
        replaces=member.replaces,
        disk=f"{member.disk:016x}" if member.disk else "",
        joined_at=member.joined_at,
        lag=lag,
        contact_age_ns=age,
    )
