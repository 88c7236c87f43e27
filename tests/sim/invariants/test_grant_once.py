"""A counter is granted once."""

import pytest

from quorate.core.durable import Durable
from quorate.core.message import Message
from quorate.sim.invariants import GrantOnce, InvariantBrokenError
from sim.stage import GRANTS, Grant, Stage


def test_the_same_again_and_each_counter_to_whom_it_pleases() -> None:
    stage = Stage(GrantOnce, grants=GRANTS)
    for _ in range(2):
        stage.one.send(Grant(71, 1))
    stage.one.send(Grant(82, 2))
    stage.two.send(Grant(73, 3))
    stage.two.send(Message())


def test_two_of_one_counter_even_after_a_restart() -> None:
    stage = Stage(GrantOnce, grants=GRANTS)
    stage.one.send(Grant(71, 1))
    stage.one.restart(Durable())
    with pytest.raises(InvariantBrokenError, match="node 1 grants counter 7 to node 1 and to node 2"):
        stage.one.send(Grant(72, 2))
