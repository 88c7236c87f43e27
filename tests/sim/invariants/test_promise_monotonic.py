"""A promise is never taken back."""

import pytest

from quorate.core.durable import Durable
from quorate.sim.invariants import InvariantBrokenError, PromiseMonotonic
from sim.stage import GRANTS, Ballot, Stage, entries


def test_it_ascends_and_a_new_process_goes_on() -> None:
    stage = Stage(PromiseMonotonic, grants=GRANTS)
    stage.one.write(hard_state=Ballot(71))
    stage.one.write(entries=entries("1"))
    stage.one.write(hard_state=Ballot(82))
    stage.one.term = 71
    stage.one.restart(Durable(hard_state=Ballot(71)))
    stage.one.write(hard_state=Ballot(73))


def test_it_falls() -> None:
    stage = Stage(PromiseMonotonic, grants=GRANTS)
    stage.one.write(hard_state=Ballot(82))
    with pytest.raises(InvariantBrokenError, match="node 1 promises 71 after 82"):
        stage.one.write(hard_state=Ballot(71))


def test_a_new_process_that_does_not_know_it() -> None:
    stage = Stage(PromiseMonotonic, grants=GRANTS)
    with pytest.raises(InvariantBrokenError, match="node 1 starts with 0 as promised; its disk says 71"):
        stage.one.restart(Durable(hard_state=Ballot(71)))
