"""Changes of a configuration against a dumb model: two sets, and a rule for each kind of change."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.core.configuration import Configuration, Member, first_configuration
from quorate.core.reconfigure import (
    Add,
    Change,
    Demote,
    ImpossibleChangeError,
    Promote,
    Remove,
    Update,
    leave_joint,
    reconfigure,
)

nodes = some.integers(1, 6)
changes = some.one_of(
    some.builds(Add, nodes, some.sampled_from(("", "h:1")), voter=some.booleans(), wants_vote=some.booleans()),
    some.builds(Promote, nodes),
    some.builds(Demote, nodes),
    some.builds(Remove, nodes),
    some.builds(Update, nodes, priority=some.integers(0, 2)),
)
groups = some.builds(
    lambda voters, learners: Configuration(
        3, tuple([Member(n, joined_at=1) for n in sorted(voters | learners)]), tuple(sorted(voters))
    ),
    some.frozensets(nodes, min_size=1),
    some.frozensets(nodes),
)


def outcome(group: Configuration, wanted: tuple[Change, ...]) -> tuple[set[int], set[int]] | str:
    """The members and the voters there should be in the end, or why not."""
    members, voters = set(group.ids), set(group.voters)
    for change in wanted:
        if isinstance(change, Add):
            known = group.member(change.node)
            if known is not None and change.address not in ("", known.address):
                return "id_taken"
            members.add(change.node)
            voters |= {change.node} if change.voter else set()
        elif change.node not in members:
            return "not_a_member"
        elif isinstance(change, Promote):
            voters.add(change.node)
        elif not isinstance(change, Update):
            voters.discard(change.node)
            members -= {change.node} if isinstance(change, Remove) else set()
    return (members, voters) if voters else "last_voter"


def majorities(voters: tuple[int, ...]) -> list[set[int]]:
    return [
        set(chosen)
        for size in range(len(voters) + 1)
        if 2 * size > len(voters)
        for chosen in combinations(voters, size)
    ]


@given(groups, some.lists(changes, min_size=1, max_size=4, unique_by=lambda change: change.node))
def test_s_m3_s_m1_a_change_comes_to_what_was_asked_and_is_safe_on_the_way(
    group: Configuration, wanted: list[Change]
) -> None:
    expected = outcome(group, tuple(wanted))
    if isinstance(expected, str):
        with pytest.raises(ImpossibleChangeError, match=expected):
            reconfigure(group, tuple(wanted), 9)
        return
    changed = reconfigure(group, tuple(wanted), 9)
    if changed is None:
        assert expected == (set(group.ids), set(group.voters))
        return
    final = leave_joint(changed, 10) if changed.joint else changed
    assert (set(final.ids), set(final.voters)) == expected
    assert not final.joint
    assert list(changed.ids) == sorted(changed.ids)
    assert all(member.joined_at == (1 if group.member(member.id) else 9) for member in final.members)
    if changed.joint:
        assert changed.outgoing == group.voters
        assert set(changed.ids) == set(group.voters) | set(final.ids), "no voter goes before the change is done"
        assert set(changed.voters) == set(final.voters)
        assert set(changed.demoted) == set(group.voters) & set(final.learners)
    else:
        assert all(before & after for before in majorities(group.voters) for after in majorities(changed.voters))


@given(groups, some.lists(changes, min_size=1, max_size=4, unique_by=lambda change: change.node))
def test_s_m3_one_joint_change_equals_a_series_of_simple_ones(group: Configuration, wanted: list[Change]) -> None:
    """In an order in which a voter is always left: those that let in first."""
    wanted.sort(key=lambda change: isinstance(change, Remove | Demote))
    try:
        together = reconfigure(group, tuple(wanted), 9)
        present = group
        for change in wanted:
            present = reconfigure(present, (change,), 9) or present
            assert not present.joint
    except ImpossibleChangeError:
        return
    final = group if together is None else leave_joint(together, 9) if together.joint else together
    assert (final.members, final.voters) == (present.members, present.voters)


def test_s_m1_a_node_added_twice_changes_nothing() -> None:
    group = first_configuration({1: "h:1"})
    once = reconfigure(group, (Add(2, "h:2", 7, wants_vote=True),), 5)
    assert once is not None
    assert once.member(2) == Member(2, "h:2", 7, joined_at=5, wants_vote=True)
    assert reconfigure(once, (Add(2, "h:2", 7, wants_vote=True),), 6) is None
    assert reconfigure(once, (Add(2),), 6) is None


def test_s_m3_nothing_but_leaving_while_joint() -> None:
    group = first_configuration({1: "", 2: "", 3: ""})
    joint = reconfigure(group, (Remove(2), Remove(3)), 5, auto_leave=False)
    assert joint is not None
    assert (joint.joint, joint.auto_leave, joint.role(2)) == (True, False, "leaving")
    with pytest.raises(ImpossibleChangeError, match="joint"):
        reconfigure(joint, (Update(1, priority=1),), 6)
    assert leave_joint(joint, 6) == Configuration(6, (Member(1),), (1,))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((Remove(1), Remove(1)), "contradiction"),
        ((Promote(9),), "not_a_member"),
        ((Add(4, replaces=9),), "not_a_member"),
        ((Add(4, wants_vote=True, replaces=4),), "contradiction"),
        ((Add(1, wants_vote=True, replaces=1),), "contradiction"),
        ((Remove(1), Demote(2)), "last_voter"),
        ((Add(1, "elsewhere:1"),), "id_taken"),
    ],
)
def test_what_cannot_be_is_refused_by_name(change: tuple[Change, ...], reason: str) -> None:
    group = Configuration(0, (Member(1, "h:1"), Member(2, "h:2", disk=7)), (1, 2))
    with pytest.raises(ImpossibleChangeError) as refused:
        reconfigure(group, change, 5)
    assert refused.value.reason == reason


def test_who_votes_before_it_is_said_whom_it_replaces_replaces_it_then() -> None:
    """A node that asks by itself to be let in may be quicker than the operator."""
    group = first_configuration({1: "", 2: "", 3: "", 4: ""})
    replaced = reconfigure(group, (Add(4, wants_vote=True, replaces=3),), 5)
    assert replaced is not None
    assert (replaced.ids, replaced.voters, replaced.joint) == ((1, 2, 4), (1, 2, 4), False)
    assert reconfigure(replaced, (Add(4, wants_vote=True, replaces=3),), 6) is None, "it is so already"


def test_a_learner_that_is_known_already_can_be_told_whom_it_replaces() -> None:
    group = Configuration(3, tuple([Member(node) for node in (1, 2, 3, 4)]), (1, 2, 3))
    told = reconfigure(group, (Add(4, disk=7, wants_vote=True, replaces=3),), 5)
    assert told is not None
    assert (told.voters, told.member(4)) == ((1, 2, 3), Member(4, disk=7, wants_vote=True, replaces=3))


def test_r32_another_directory_under_a_known_id_is_refused() -> None:
    """What the lost one had promised would be forgotten."""
    group = Configuration(0, (Member(1, "h:1"), Member(2, "h:2", disk=7)), (1, 2))
    with pytest.raises(ImpossibleChangeError, match="id_taken"):
        reconfigure(group, (Add(2, "h:2", disk=8, wants_vote=True),), 5)
    assert reconfigure(group, (Add(2, "h:2", disk=7, wants_vote=True),), 5) is None


def test_a_directory_is_bound_when_it_first_comes() -> None:
    bound = reconfigure(first_configuration({1: "h:1"}), (Add(1, "h:1", disk=7),), 5)
    assert bound is not None
    assert bound.member(1) == Member(1, "h:1", disk=7)


def test_a_new_address_keeps_the_membership() -> None:
    moved = reconfigure(Configuration(0, (Member(1, "h:1", 7, 3, 2),), (1,)), (Update(1, "g:1"),), 5)
    assert moved is not None
    assert moved.member(1) == Member(1, "g:1", 7, 3, 2)
