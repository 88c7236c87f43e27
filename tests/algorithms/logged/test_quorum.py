"""Majorities, joint ones too, against brute force. Of single ones more is in tests/properties."""

from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.algorithms.logged.quorum import Tally, joint_tally, joint_value, quorum_size, quorum_value, tally


@pytest.mark.parametrize(("voters", "size"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 4)])
def test_a_quorum_is_more_than_half(voters: int, size: int) -> None:
    assert quorum_size(range(voters)) == size


@pytest.mark.parametrize(
    ("votes", "silent", "stands"),
    [
        ({}, (), Tally.OPEN),
        ({1: True}, (), Tally.OPEN),
        ({1: True, 2: True}, (), Tally.WON),
        ({1: True, 2: False}, (), Tally.OPEN),
        ({1: True, 2: False, 3: False}, (), Tally.LOST),
        ({1: True, 2: False}, (3,), Tally.LOST),
        ({1: True, 2: True}, (2, 3), Tally.WON),
        ({1: True, 9: True, 8: True}, (), Tally.OPEN),
        ({1: True, 9: False, 8: False}, (9, 8), Tally.OPEN),
    ],
)
def test_tally(votes: dict[int, bool], silent: tuple[int, ...], stands: Tally) -> None:
    """Of three voters. Those of others do not count; the silent are refusals unless they answered."""
    assert tally((1, 2, 3), votes, silent) is stands


@pytest.mark.parametrize(
    ("values", "reached"),
    [
        ({1: 5}, -1),
        ({1: 5, 2: 3}, 3),
        ({1: 5, 2: 3, 3: 4}, 4),
        ({1: 5, 9: 9, 8: 9}, -1),
        ({1: 0, 2: 0, 3: 7}, 0),
    ],
)
def test_quorum_value(values: dict[int, int], reached: int) -> None:
    """Of three voters: the largest value that two have reached."""
    assert quorum_value((1, 2, 3), values) == reached


nodes = some.integers(1, 7)
sets = some.lists(some.frozensets(nodes, min_size=1, max_size=5), min_size=1, max_size=2)


def decisive(voters: Sequence[frozenset[int]], agreed: set[int]) -> bool:
    """By counting heads: more than half of each set."""
    return all(2 * len(half & agreed) > len(half) for half in voters)


@given(sets, some.dictionaries(nodes, some.integers(0, 6)))
def test_s_m4_the_commit_index_of_majority_and_joint_sets_equals_brute_force(
    voters: list[frozenset[int]], values: dict[int, int]
) -> None:
    """The largest index that more than half of each set have."""
    reached = [
        index for index in range(7) if decisive(voters, {node for node, held in values.items() if held >= index})
    ]
    assert joint_value(voters, values) == max(reached, default=-1)


@given(sets, some.dictionaries(nodes, some.booleans()), some.frozensets(nodes))
def test_s_m3_s_m4_a_joint_vote_stands_as_brute_force_says(
    voters: list[frozenset[int]], votes: dict[int, bool], silent: frozenset[int]
) -> None:
    """Won: more than half of each set have said yes. Lost: whatever the others say, that will not be."""
    yes = {node for node, granted in votes.items() if granted}
    hopeful = yes | {node for half in voters for node in half if node not in votes and node not in silent}
    expected = Tally.WON if decisive(voters, yes) else Tally.OPEN if decisive(voters, hopeful) else Tally.LOST
    assert joint_tally(voters, votes, silent) is expected


@given(some.frozensets(nodes, min_size=1), some.frozensets(nodes, min_size=1))
def test_s_m3_two_joint_quorums_meet_in_each_half(before: frozenset[int], after: frozenset[int]) -> None:
    """So neither the voters before nor those after can decide anything on their own."""
    everybody = sorted(before | after)
    quorums = [
        set(chosen)
        for size in range(len(everybody) + 1)
        for chosen in combinations(everybody, size)
        if decisive((before, after), {*chosen})
    ]
    least = [quorum for quorum in quorums if not any(other < quorum for other in quorums)]
    for half in (before, after):
        assert all(first & second & half for first in least for second in least)
        assert all(2 * len(quorum & half) > len(half) for quorum in least)


def test_without_voters_nothing_is_won() -> None:
    assert joint_tally((), {1: True}) is Tally.LOST
