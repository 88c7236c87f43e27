"""A node's clock: any offset, a rate of its own, never backwards."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.sim.clock import NOMINAL_RATE, Clock

RATES = st.integers(920_000, 1_080_000)


def test_a_nominal_clock_shows_the_worlds_time_and_its_offset() -> None:
    clock = Clock(offset=500)
    assert clock.local(0) == 500
    assert clock.local(1_000) == 1_500
    assert clock.world(1_500) == 1_000


def test_a_fast_clock_runs_ahead() -> None:
    clock = Clock(rate=1_080_000)
    assert clock.local(1_000_000) == 1_080_000


def test_it_is_wrong_by_its_rate_or_for_ever_once_it_has_leapt() -> None:
    clock = Clock(rate=1_050_000)
    assert (clock.wrong_by(5), clock.wrong_by(4)) == (False, True)
    clock.change_rate(10, 950_000)
    assert (clock.wrong_by(5), clock.wrong_by(4)) == (False, True)
    clock.jump(1)
    assert clock.wrong_by(100)
    other = Clock()
    other.lose(1)
    assert other.wrong_by(100)


@given(offset=st.integers(0, 10**15), rate=RATES, local=st.integers(0, 10**11))
def test_world_is_the_first_moment_that_shows_the_local_time(offset: int, rate: int, local: int) -> None:
    clock = Clock(offset, rate)
    world = clock.world(offset + local)
    assert clock.local(world) >= offset + local
    assert world == 0 or clock.local(world - 1) < offset + local


@given(changes=st.lists(st.tuples(st.integers(1, 10**9), RATES), max_size=8))
def test_it_never_falls_when_its_rate_changes(changes: list[tuple[int, int]]) -> None:
    clock = Clock(offset=7)
    world, last = 0, clock.local(0)
    for step, rate in changes:
        world += step
        before = clock.local(world)
        clock.change_rate(world, rate)
        assert clock.local(world) == before >= last
        last = before
    assert clock.world(last - 1) <= world


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        Clock(rate=0)
    with pytest.raises(ValueError, match="above 0"):
        Clock(rate=NOMINAL_RATE).change_rate(0, -1)


def test_it_leaps_forward_but_never_back() -> None:
    clock = Clock(offset=10, rate=1_080_000)
    before = clock.local(1_000_000)
    clock.jump(5_000)
    assert clock.local(1_000_000) == before + 5_000
    assert clock.local(2_000_000) == before + 5_000 + 1_080_000
    with pytest.raises(ValueError, match="leaps forward"):
        clock.jump(-1)


def test_it_loses_time_that_nobody_saw() -> None:
    clock = Clock(offset=10)
    clock.lose(400)
    assert clock.local(1_000) == 610
    with pytest.raises(ValueError, match="loses time, not -1"):
        clock.lose(-1)
