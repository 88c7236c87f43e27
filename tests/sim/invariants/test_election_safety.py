"""Election Safety."""

import pytest

from quorate.sim.invariants import ElectionSafety, InvariantBrokenError
from sim.stage import Stage


def test_leaders_of_different_terms_are_fine_and_so_is_the_same_one_again() -> None:
    stage = Stage(ElectionSafety)
    stage.one.lead(1)
    stage.two.lead(2)
    stage.one.follow(2, 2)
    stage.two.follow(None, 2)
    stage.two.lead(2)
    assert stage.observer.moments.counts["elected"] == 3


def test_two_leaders_of_one_term() -> None:
    stage = Stage(ElectionSafety)
    stage.one.lead(1)
    with pytest.raises(InvariantBrokenError, match="nodes 1 and 2 both lead term 1"):
        stage.two.lead(1)
