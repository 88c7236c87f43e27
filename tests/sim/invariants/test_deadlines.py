"""A deadline that has passed makes way."""

import pytest

from quorate.core.events import TimePassed
from quorate.sim.invariants import Deadlines, InvariantBrokenError
from sim.stage import Stage


@pytest.mark.parametrize("deadline", [None, 1])
def test_none_or_one_in_the_future(deadline: int | None) -> None:
    stage = Stage(Deadlines)
    stage.one.step(event=TimePassed(), next_deadline=deadline)


@pytest.mark.parametrize("deadline", [0, -5])
def test_one_that_stays_in_the_past(deadline: int) -> None:
    stage = Stage(Deadlines)
    with pytest.raises(
        InvariantBrokenError, match=f"made its step at 0 ns of its clock, and still waits for {deadline} ns"
    ):
        stage.one.step(event=TimePassed(), next_deadline=deadline)


def test_another_event_may_find_a_deadline_that_is_due() -> None:
    stage = Stage(Deadlines)
    stage.one.step(next_deadline=-5)
