"""No gap in a log."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import InvariantBrokenError, NoGap
from sim.stage import Stage, entries


def test_one_behind_the_other_also_after_a_cut_and_a_snapshot() -> None:
    stage = Stage(NoGap)
    stage.one.store(entries=entries("112"))
    stage.one.store(truncate_from=3, entries=entries("3", first=3))
    stage.two.store(reset=LogPoint(7, 2), entries=entries("23", first=8))


def test_a_hole() -> None:
    stage = Stage(NoGap)
    stage.one.store(entries=entries("1"))
    with pytest.raises(
        InvariantBrokenError, match=r"adds index 3, term 1, behind an entry of term None, as the 2. of its log"
    ):
        stage.one.write(entries=entries("1", first=3))


def test_the_same_place_twice() -> None:
    stage = Stage(NoGap)
    stage.one.store(entries=entries("11"))
    with pytest.raises(
        InvariantBrokenError, match=r"adds index 2, term 1, behind an entry of term 1, as the 3. of its log"
    ):
        stage.one.write(entries=entries("1", first=2))


def test_a_term_that_falls() -> None:
    stage = Stage(NoGap)
    stage.one.store(entries=entries("2"))
    with pytest.raises(InvariantBrokenError, match="adds index 2, term 1, behind an entry of term 2"):
        stage.one.write(entries=entries("1", first=2))
