"""Scripts about disks: each brings about what it is for. That they catch bugs is for `make mutants`."""

from __future__ import annotations

import gc
from collections.abc import Callable
from random import Random

import msgspec
import pytest

from quorate.core.ids import MILLISECOND
from quorate.runtime.limits import Limits
from quorate.sim.storms.disk_scripts import FEW, SHORT_NS, DiskAuthor
from quorate.sim.storms.faults import HERE, Crash, Rot
from quorate.sim.storms.plan import Plan, draw_plan
from quorate.sim.storms.run import Report, run_plan
from quorate.sim.storms.strikes import Script
from quorate.sim.storms.triggers import Trigger

Choice = Callable[[DiskAuthor], Script]


def author(seed: int, nodes: int = 3, timeout_ms: int = 300) -> DiskAuthor:
    return DiskAuthor(Random(seed), nodes, timeout_ms * MILLISECOND, datagrams=False)


def staged(choice: Choice, seed: int) -> Plan:
    """A plan with that script and nothing else."""
    script = choice(author(seed))
    plan = draw_plan(seed, nodes=3, network_mode="links")
    return msgspec.structs.replace(
        plan,
        options={"election_timeout_ms": 300, "heartbeat_ms": 60, **script.options},
        limits=msgspec.structs.replace(Limits(), **script.limits),
        workload=msgspec.structs.replace(plan.workload, **script.workload),
        faults=[],
        triggers=[Trigger(1, script.steps, limit=script.limit)],
        duration_ns=SHORT_NS,
    )


def reports(choice: Choice, seeds: int) -> list[Report]:
    found = []
    for seed in range(seeds):
        found.append(run_plan(staged(choice, seed)))
        gc.collect()
    assert not [report.failure for report in found if report.failure]
    return found


def total(found: list[Report], name: str) -> int:
    return sum(report.counts.get(name, 0) for report in found)


CHOICES = (
    DiskAuthor.left_behind,
    DiskAuthor.committed_suffix,
    DiskAuthor.whole_but_unpublished,
    DiskAuthor.crash_loop,
    DiskAuthor.cut_erasure,
)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_script_follows_from_its_random_alone(choice: Choice) -> None:
    assert choice(author(5)) == choice(author(5))
    assert choice(author(5)) != choice(author(6))


def test_torn_tails_are_found_by_starts_and_erasures_die() -> None:
    assert total(reports(DiskAuthor.crash_loop, 4), "log tails cut") > 0
    erasures = author(1)
    (step,) = erasures.cut_erasure().steps
    (crash,) = step.faults
    assert isinstance(crash, Crash)
    assert (crash.node, crash.again_after, crash.again_in) == (HERE, 0, "sync")
    assert total(reports(DiskAuthor.cut_erasure, 4), "log tails cut") > 0


def test_a_follower_is_offered_a_snapshot_in_the_other_ones() -> None:
    assert total(reports(DiskAuthor.committed_suffix, 4), "reason snapshot offered") > 0
    assert total(reports(DiskAuthor.left_behind, 4), "moment snapshot installed") > 0


def test_a_whole_snapshot_meets_a_disk_that_fails_to_name_it() -> None:
    found = reports(DiskAuthor.whole_but_unpublished, 4)
    assert total(found, "fault FailDisk") > 0
    assert total(found, "moment snapshot installed") > 0


def test_what_was_just_installed_rots_in_some_seeds() -> None:
    ends = [author(seed).left_behind().steps[1].faults for seed in range(50)]
    rotten = sum(isinstance(faults[0], Rot) for faults in ends)
    assert 10 < rotten < 30


def test_what_must_last_is_left_alone_by_other_faults() -> None:
    assert author(1).committed_suffix().most_faults == FEW
    assert {author(seed).whole_but_unpublished().most_faults for seed in range(20)} == {FEW, None}
