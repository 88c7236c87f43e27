"""What storms have to reach, as data."""

from typing import get_args

import msgspec

from quorate.algorithms.catalog import find
from quorate.core.algorithm import Feature
from quorate.sim.coverage.milestones import TO_COME, Milestone, milestones
from quorate.sim.storms.faults import Fault, LyingDisk
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan

SPEC = find("raft")
BOTH = frozenset({"peers", "datagrams"})


def names(found: object) -> set[str]:
    assert isinstance(found, tuple)
    return {milestone.name for milestone in found}


def test_each_is_there_once_with_its_meaning() -> None:
    found = milestones(SPEC)
    assert len(names(found)) == len(found)
    assert all(milestone.meaning and milestone.often > 0 for milestone in found)


def test_every_reason_that_is_no_alarm_and_every_fault_that_is_drawn_has_one() -> None:
    found = names(milestones(SPEC))
    assert {name for name in found if name.startswith("reason ")} == {
        f"reason {reason.replace('_', ' ')}" for reason in SPEC.reasons - SPEC.alarms
    }
    kinds = set(get_args(Fault)) - {LyingDisk}
    assert {name for name in found if name.startswith("fault ")} == {f"fault {kind.__name__}" for kind in kinds}


def test_counters_have_the_names_that_reports_use() -> None:
    """Reasons, and faults that did not happen, are not in the report of a seed at all."""
    counts = run_plan(draw_plan(0)).counts
    always = [m for m in milestones(SPEC) if not m.name.startswith(("reason ", "fault ")) and m not in TO_COME]
    assert [milestone.name for milestone in always if milestone.name not in counts] == []
    assert any(name.startswith("reason ") for name in counts)


def test_what_comes_with_a_feature_is_not_demanded_before() -> None:
    for milestone in TO_COME:
        assert milestone.comes_with in get_args(Feature)
        without = msgspec.structs.replace(SPEC, features=SPEC.features - {milestone.comes_with})
        assert not milestone.applies(without, BOTH)
        assert milestone.applies(msgspec.structs.replace(SPEC, features=frozenset({milestone.comes_with})), BOTH)


def test_what_a_storm_or_an_algorithm_lacks_is_not_demanded() -> None:
    peers = Milestone("a", "b", needs=("peers",))
    replay = Milestone("a", "b", needs_log=False, needs=("peers", "datagrams"))
    assert peers.applies(SPEC, frozenset({"peers"}))
    assert not peers.applies(SPEC, frozenset())
    assert not replay.applies(SPEC, frozenset({"peers"}))
    assert replay.applies(SPEC, BOTH)
    assert not replay.applies(msgspec.structs.replace(SPEC, survives_datagrams=False), BOTH)
    electing = msgspec.structs.replace(SPEC, keeps_log=False)
    assert not peers.applies(electing, BOTH)
    assert replay.applies(electing, BOTH)
