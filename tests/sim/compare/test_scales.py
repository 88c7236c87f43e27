"""From numbers to places on paper."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.sim.compare.scales import exact, linear, listed, logarithmic, round_step


@pytest.mark.parametrize(("least", "step"), [(1, 1), (1.1, 2), (2.5, 5), (6, 10), (0.03, 0.05), (170, 200)])
def test_steps_are_round(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_a_linear_scale_begins_at_nothing_and_ends_at_a_round_number() -> None:
    scale = linear(800, 100, 600)
    assert scale.ticks == (0, 200, 400, 600, 800)
    assert (scale.at(0), scale.at(400), scale.at(800)) == (100, 350, 600)
    upright = linear(7, 400, 100)
    assert upright.at(0) == 400
    assert upright.at(upright.high) == 100


def test_an_exact_scale_ends_where_it_is_told() -> None:
    scale = exact(62.4, 0, 624)
    assert scale.ticks == (0, 10, 20, 30, 40, 50, 60)
    assert scale.at(62.4) == 624


def test_a_logarithmic_scale_has_ticks_at_powers_of_ten_and_between_if_there_is_room() -> None:
    assert logarithmic([7, 350], 0, 100).ticks == (5, 10, 20, 50, 100, 200, 500)
    assert logarithmic([2, 90_000], 0, 100).ticks == (1, 10, 100, 1000, 10_000, 100_000)
    scale = logarithmic([1, 100], 0, 100)
    assert scale.at(10) == pytest.approx(50)


def test_one_value_is_enough() -> None:
    assert linear(0, 0, 100).at(0) == 0
    assert logarithmic([5], 0, 100).at(5) == 50
    assert listed([5], 10, 20, 5).ticks == (5,)


def test_listed_ticks_keep_their_distance_and_the_ends() -> None:
    sizes = [3, 5, 7, 9, 15, 21, 31, 51]
    assert listed(sizes, 0, 500, 26).ticks == tuple(sizes)
    scale = listed(sizes, 0, 200, 26)
    assert scale.ticks[0] == 3
    assert scale.ticks[-1] == 51
    places = [scale.at(tick) for tick in scale.ticks]
    assert all(right - left >= 26 for left, right in pairwise(places))


@given(some.lists(some.floats(0.001, 1e9), min_size=1, max_size=20))
def test_everything_lies_within_the_ends(values: list[float]) -> None:
    for scale in (linear(max(values), 0, 100), logarithmic(values, 0, 100), exact(max(values), 0, 100)):
        for value in [*values, *scale.ticks]:
            assert -0.001 <= scale.at(value) <= 100.001
        assert 1 <= len(scale.ticks) <= 60
