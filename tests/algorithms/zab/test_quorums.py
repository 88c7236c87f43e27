"""Quorum verifiers against brute force, and the vectors of ZooKeeper."""

from itertools import chain, combinations

import pytest

from quorate.algorithms.zab.quorums import Quorums, parse_groups, parse_weights

GROUPS = (frozenset({1, 2, 3}), frozenset({4, 5, 6}), frozenset({7, 8, 9}))
NINE = frozenset(range(1, 10))


def subsets(ids: frozenset[int]) -> list[frozenset[int]]:
    return [frozenset(each) for each in chain.from_iterable(combinations(sorted(ids), n) for n in range(len(ids) + 1))]


@pytest.mark.parametrize(
    ("quorums", "voters", "ids", "decides"),
    [
        (Quorums(), {1, 2, 3, 4, 5}, {1, 2, 3}, True),
        (Quorums(), {1, 2, 3, 4}, {1, 2}, False),
        (Quorums(), {1, 2, 3, 4}, {1, 2, 3}, True),
        (Quorums({1: 2}), {1, 2, 3}, {1, 2}, True),
        (Quorums({1: 2}), {1, 2, 3}, {2, 3}, False),
        (Quorums(groups=GROUPS), NINE, {1, 2, 4, 5}, True),
        (Quorums(groups=GROUPS), NINE, {1, 2, 3, 4, 7}, False),
        (Quorums({4: 0, 5: 0}, [frozenset({1, 2, 3}), frozenset({4, 5})]), {1, 2, 3, 4, 5}, {1, 2}, True),
        (Quorums({4: 0, 5: 0}, [frozenset({1, 2, 3}), frozenset({4, 5})]), {1, 2, 3, 4, 5}, {1, 4, 5}, False),
    ],
)
def test_vectors(quorums: Quorums, voters: set[int], ids: set[int], decides: bool) -> None:
    assert quorums.decides([voters], ids) is decides


@pytest.mark.parametrize(
    "quorums", [Quorums(), Quorums({1: 3, 2: 0}), Quorums(groups=GROUPS), Quorums({7: 0, 8: 0, 9: 0}, GROUPS)]
)
def test_any_two_quorums_of_one_verifier_meet(quorums: Quorums) -> None:
    found = [ids for ids in subsets(NINE) if quorums.decides([NINE], ids)]
    least = [ids for ids in found if not any(other < ids for other in found)]
    assert found
    assert all(one & other for one in least for other in least)


def test_all_of_several_sets_must_be_won() -> None:
    old, new = {1, 2, 3}, {3, 4, 5}
    assert Quorums().decides([old, new], {1, 3, 4})
    assert not Quorums().decides([old, new], {1, 2, 3})
    assert not Quorums().decides([], {1, 2, 3})


@pytest.mark.parametrize(
    "quorums", [Quorums(), Quorums({1: 1}), Quorums({1: 2, 3: 0}), Quorums(groups=[frozenset({1, 2, 3})])]
)
def test_what_a_quorum_has_reached_is_what_brute_force_says(quorums: Quorums) -> None:
    for first in range(4):
        for second in range(4):
            for third in (-1, 2, 3):
                values = {1: first, 2: second, 3: third}
                best = max(
                    (v for v in values.values() if quorums.decides([{1, 2, 3}], {s for s in values if values[s] >= v})),
                    default=-1,
                )
                assert quorums.reached([{1, 2, 3}], values) == best
    assert quorums.reached([], {1: 4}) == -1


def test_weights_and_groups_are_written_in_a_line() -> None:
    assert parse_weights(" 1=2, 3=0 ") == {1: 2, 3: 0}
    assert parse_groups("1,2,3; 4,5") == (frozenset({1, 2, 3}), frozenset({4, 5}))
    assert (parse_weights(""), parse_groups("")) == ({}, ())
    assert Quorums(groups=[frozenset({1})]).weight(2) == 0
    for text in ("1", "1=x", "1=2,1=3", "a=1"):
        with pytest.raises(ValueError, match="quorum_weights"):
            parse_weights(text)
    for text in ("1,a", "1,1", "1,2;2,3"):
        with pytest.raises(ValueError, match="quorum_groups"):
            parse_groups(text)
