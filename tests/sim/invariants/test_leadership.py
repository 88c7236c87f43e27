"""Leadership before it is established."""

import pytest

from quorate.sim.invariants import InvariantBrokenError, Leadership
from sim.stage import HISTORIES, Epochs, Puppet, Stage


def stage_of(*promises: int) -> Stage:
    stage = Stage(Leadership, histories=HISTORIES)
    for puppet, promised in zip((stage.one, stage.two, stage.three), promises, strict=True):
        if promised:
            puppet.store(hard_state=Epochs(promised))
    return stage


def spread(puppet: Puppet, term: int) -> None:
    """It has a quorum of promises; nobody has taken anything over."""
    puppet.step(role="leading", term=term, spreads=term)


def test_with_the_promises_of_a_quorum_and_the_next_one_above_it() -> None:
    stage = stage_of(2, 2, 0)
    spread(stage.one, 2)
    stage.two.store(hard_state=Epochs(3))
    stage.three.store(hard_state=Epochs(3))
    spread(stage.three, 3)


def test_the_own_promise_may_be_under_way() -> None:
    stage = stage_of(0, 2, 0)
    stage.one.write(hard_state=Epochs(2))
    spread(stage.one, 2)


def test_too_few_have_promised() -> None:
    stage = stage_of(2, 1, 0)
    stage.two.write(hard_state=Epochs(2))
    with pytest.raises(InvariantBrokenError, match=r"for term 2, which only nodes \[1\] have promised"):
        spread(stage.one, 2)


def test_two_for_one_term_even_if_neither_is_established() -> None:
    stage = stage_of(2, 2, 2)
    spread(stage.one, 2)
    spread(stage.one, 2)
    with pytest.raises(InvariantBrokenError, match="nodes 1 and 3 both spread their history for term 2"):
        spread(stage.three, 2)
