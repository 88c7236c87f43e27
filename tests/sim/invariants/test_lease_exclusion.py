"""No two leases at one instant."""

import pytest

from quorate.sim.clock import Clock
from quorate.sim.invariants import InvariantBrokenError, LeaseExclusion
from sim.stage import GRANTS, Stage


def held(stage: Stage, *nodes: int) -> None:
    """These hold leases."""
    for node in (1, 2, 3):
        stage.observer.runs(node, lambda node=node: node in nodes)


def two_leaders(stage: Stage, *nodes: int) -> None:
    """Nodes 1 and 2 believe to lead, while these hold leases."""
    held(stage, 1)
    stage.one.lead(71)
    held(stage, *nodes)
    stage.two.lead(82)


def test_beliefs_may_overlap() -> None:
    stage = Stage(LeaseExclusion, grants=GRANTS)
    two_leaders(stage, 2)
    stage.one.step()


def test_leases_may_not() -> None:
    stage = Stage(LeaseExclusion, grants=GRANTS)
    with pytest.raises(InvariantBrokenError, match="nodes 1 and 2 hold leases of terms 71 and 82 at once"):
        two_leaders(stage, 1, 2)


def test_one_that_is_renewed_too_late_is_seen_when_its_holder_steps() -> None:
    stage = Stage(LeaseExclusion, grants=GRANTS)
    two_leaders(stage, 2)
    held(stage, 1, 2)
    with pytest.raises(InvariantBrokenError, match="nodes 2 and 1 hold leases"):
        stage.one.step()


def test_a_lease_dies_with_its_process() -> None:
    stage = Stage(LeaseExclusion, grants=GRANTS)
    held(stage, 1)
    stage.one.lead(71)
    stage.observer.crashed(1)
    held(stage, 1, 2)
    stage.two.lead(82)


def test_with_clocks_beyond_their_bound_nothing_is_said() -> None:
    stage = Stage(LeaseExclusion, grants=GRANTS)
    stage.observer.clock_changed(Clock(rate=1_050_000))
    stage.observer.clock_changed(Clock(rate=1_060_000))
    two_leaders(stage, 1, 2)
