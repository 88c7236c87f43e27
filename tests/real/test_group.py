"""The members in words and numbers for people."""

from __future__ import annotations

from quorate.core.algorithm import PeerStatus, Status
from quorate.core.configuration import Configuration, Member
from quorate.real.group import describe_group

CONFIGURATION = Configuration(
    9,
    (Member(1, "h:1", 0xAB), Member(2, "h:2"), Member(3, "h:3", 0, 9, 4, True, 2), Member(4, "h:4")),
    voters=(1, 2),
    outgoing=(1, 2, 4),
    auto_leave=False,
)


def test_everybody_has_a_role_and_the_leader_knows_how_far_each_is() -> None:
    peers = {2: PeerStatus(7, "replicate", 5), 3: PeerStatus(0, "probe", None), 4: PeerStatus(12, "replicate", 1)}
    status = Status(
        "x", 1, "leader", 3, 1, last_index=10, peers=peers, configuration=CONFIGURATION, configuration_committed=False
    )
    group = describe_group(status, leads=True)
    assert (group.index, group.committed, group.joint, group.auto_leave) == (9, False, True, False)
    assert [member.role for member in group.members] == ["voter", "voter", "learner", "leaving"]
    assert [(member.lag, member.contact_age_ns) for member in group.members] == [(0, 0), (3, 5), (10, None), (0, 1)]
    assert [member.leader for member in group.members] == [True, False, False, False]
    assert group.members[0].disk == "00000000000000ab"
    third = group.members[2]
    assert (third.address, third.disk, third.joined_at, third.priority, third.wants_vote, third.replaces) == (
        "h:3", "", 9, 4, True, 2,
    )  # fmt: skip


def test_others_do_not_know_how_far() -> None:
    status = Status("x", 2, "follower", 3, 1, last_index=10, configuration=CONFIGURATION)
    members = describe_group(status, leads=False).members
    assert {member.lag for member in members} == {None}
    assert members[0].leader
