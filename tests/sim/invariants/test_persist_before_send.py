"""Promised before it is said."""

import pytest

from quorate.core.events import Persisted
from quorate.sim.invariants import InvariantBrokenError, PersistBeforeSend
from sim.stage import GRANTS, Ballot, Grant, Stage


def test_what_is_on_the_disk_may_be_said() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.store(hard_state=Ballot(71))
    stage.one.send(Grant(71, 1))
    stage.one.send(Grant(62, 2))


def test_a_write_that_has_ended_counts_before_the_node_has_stepped_by_it() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.write(hard_state=Ballot(71))
    stage.observer.stored(1, Persisted(stage.one.position))
    stage.one.send(Grant(71, 1))


def test_what_is_under_way_may_not() -> None:
    stage = Stage(PersistBeforeSend, grants=GRANTS)
    stage.one.store(hard_state=Ballot(62))
    stage.one.write(hard_state=Ballot(71))
    stage.observer.stored(1, OSError("no"))
    with pytest.raises(InvariantBrokenError, match=r"node 1 sends Grant.*, and its disk has promised 62"):
        stage.one.send(Grant(71, 1))
