"""Ranks."""

from quorate.algorithms.electing.rank import Rank, rank


def test_by_id_nothing_else_counts() -> None:
    assert rank("id", 9, 9, 1) < rank("id", 0, 0, 2)


def test_fresh_is_priority_then_freshness_then_id() -> None:
    ranks = [Rank(1, 0, 1), Rank(0, 6, 2), Rank(0, 6, 1), Rank(0, 5, 3)]
    assert sorted(ranks) == ranks[::-1]
    assert rank("fresh", 1, 2, 3) == Rank(1, 2, 3)
