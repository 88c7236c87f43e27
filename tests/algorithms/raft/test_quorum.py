"""Majorities. Against brute force: tests/properties."""

import pytest

from quorate.algorithms.raft.quorum import Tally, quorum_size, quorum_value, tally


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
