"""Who stands beside whom."""

import pytest

from quorate.algorithms.ring.topology import neighbour, others_from, ring_of


def test_the_ring_is_ascending_or_as_it_is_set() -> None:
    assert ring_of({3, 1, 2}, ()) == (1, 2, 3)
    assert ring_of((1, 2, 3), (2, 1, 3)) == (2, 1, 3)


@pytest.mark.parametrize("order", [(1, 2), (1, 2, 3, 4), (1, 2, 2)])
def test_an_order_of_others_is_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must name every member once"):
        ring_of((1, 2, 3), order)


def test_others_are_met_in_order_both_ways() -> None:
    assert list(others_from((1, 2, 3, 4), 3)) == [4, 1, 2]
    assert list(others_from((1, 2, 3, 4), 3, clockwise=False)) == [2, 1, 4]


def test_the_neighbour_is_the_next_that_is_not_passed_over() -> None:
    ring = (1, 2, 3, 4)
    assert neighbour(ring, 3, ()) == 4
    assert neighbour(ring, 3, [4]) == 1
    assert neighbour(ring, 3, [2], clockwise=False) == 1
    assert neighbour(ring, 3, [1, 2, 4]) is None
    assert neighbour((3,), 3, ()) is None
