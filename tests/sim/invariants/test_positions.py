"""Positions of writes rise."""

import pytest

from quorate.core.durable import Durable
from quorate.core.effects import Persist
from quorate.core.events import Persisted
from quorate.sim.invariants import InvariantBrokenError, Positions
from sim.stage import Stage


def test_rising_positions_answered_one_by_one_or_together() -> None:
    stage = Stage(Positions)
    for position in (1, 2, 5):
        stage.one.step(Persist(position))
    stage.one.step(event=Persisted(1))
    stage.one.step(event=Persisted(5))


def test_a_new_process_counts_anew() -> None:
    stage = Stage(Positions)
    stage.one.step(Persist(3))
    stage.one.restart(Durable())
    stage.one.step(Persist(1))


@pytest.mark.parametrize("position", [1, 2])
def test_a_position_that_does_not_rise(position: int) -> None:
    stage = Stage(Positions)
    stage.one.step(Persist(2))
    with pytest.raises(InvariantBrokenError, match=f"asks for position {position} after 2"):
        stage.one.step(Persist(position))


def test_an_answer_to_what_was_never_asked() -> None:
    stage = Stage(Positions)
    stage.one.step(Persist(2))
    with pytest.raises(InvariantBrokenError, match="told that position 3 is durable; it last asked for 2"):
        stage.one.step(event=Persisted(3))


def test_the_same_answer_twice() -> None:
    stage = Stage(Positions)
    stage.one.step(Persist(2))
    stage.one.step(event=Persisted(2))
    with pytest.raises(InvariantBrokenError, match="0 writes are under way"):
        stage.one.step(event=Persisted(2))
