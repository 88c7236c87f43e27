"""Who cannot write neither leads nor campaigns."""

from __future__ import annotations

import pytest

from quorate.core.durable import Durable
from quorate.core.events import Persisted
from quorate.sim.invariants import HungDisk, InvariantBrokenError
from sim.stage import Ballot, Puppet, Stage

STALL, LATE = 500, 100
WELL = {"campaigning": False, "disk_stall_ns": STALL, "late_ns": LATE}


def a_node(**state: object) -> Puppet:
    stage = Stage(HungDisk)
    puppet = stage.one
    puppet.details = WELL
    puppet.step(next_deadline=1 << 40, **state)
    puppet.stage.observer.look(puppet.node, puppet)  # type: ignore[arg-type]
    return puppet


def at(puppet: Puppet, now: int, *, write: int = 0, **state: object) -> None:
    """A step at this time of the node's clock; with `write` it asks for a write with this term."""
    puppet.now = now
    effects = [puppet.persist(hard_state=Ballot(write))] if write else []
    puppet.step(*effects, **state)


def finish(puppet: Puppet, now: int, position: int, **state: object) -> None:
    puppet.now = now
    puppet.step(event=Persisted(position), **state)


def campaign(puppet: Puppet, now: int) -> None:
    puppet.details = {**WELL, "campaigning": True}
    at(puppet, now, role="candidate", term=puppet.term + 1, leader=None)


def test_a_leader_that_gives_up_in_the_step_in_which_it_can_know() -> None:
    puppet = a_node(role="leader", term=1, leader=1)
    at(puppet, 100, write=1)
    at(puppet, 599)
    at(puppet, 600, role="follower", leader=None)
    at(puppet, 2000)


def test_a_leader_that_leads_on() -> None:
    puppet = a_node(role="leader", term=1, leader=1)
    at(puppet, 100, write=1)
    at(puppet, 600)
    with pytest.raises(InvariantBrokenError, match=r"node 1 leads term 1, and since 600 ns .* hangs, at 600 ns"):
        at(puppet, 601)


def test_a_leader_whose_write_came_back_in_time() -> None:
    puppet = a_node(role="leader", term=1, leader=1)
    for start in (100, 700, 1300):
        at(puppet, start, write=1)
        finish(puppet, start + 499, puppet.position)
    at(puppet, 9000)


def test_a_process_that_overslept_counts_anew() -> None:
    puppet = a_node(role="leader", term=1, leader=1)
    at(puppet, 100, write=1, next_deadline=150)
    at(puppet, 5000, next_deadline=5600)
    at(puppet, 5499)
    at(puppet, 5500)
    with pytest.raises(InvariantBrokenError, match="node 1 leads term 1"):
        at(puppet, 5510)


def test_a_campaign_with_a_disk_that_hangs() -> None:
    puppet = a_node()
    at(puppet, 100, write=1)
    at(puppet, 700)
    with pytest.raises(InvariantBrokenError, match="node 1 campaigns in term 1"):
        campaign(puppet, 800)


def test_a_campaign_before_a_later_write_has_finished_in_time() -> None:
    puppet = a_node()
    at(puppet, 100, write=1)
    at(puppet, 700)
    finish(puppet, 800, 1)
    at(puppet, 900, write=2)
    finish(puppet, 1401, 2)
    with pytest.raises(InvariantBrokenError, match="node 1 campaigns"):
        campaign(puppet, 1500)


def test_a_campaign_after_it() -> None:
    puppet = a_node()
    at(puppet, 100, write=1)
    at(puppet, 700)
    finish(puppet, 800, 1)
    at(puppet, 900, write=2)
    finish(puppet, 1400, 2)
    campaign(puppet, 1500)


def test_a_new_process_begins_with_a_disk_that_is_well() -> None:
    puppet = a_node()
    at(puppet, 100, write=1)
    at(puppet, 700)
    puppet.restart(Durable())
    campaign(puppet, 800)
