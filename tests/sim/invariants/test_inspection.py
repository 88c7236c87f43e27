"""The observed log is the real one."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import InspectionAgrees, InvariantBrokenError
from sim.stage import Stage, entries


def look(stage: Stage) -> None:
    stage.observer.look(1, stage.one)  # type: ignore[arg-type]


def test_effects_and_state_tell_the_same_story() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.store(entries=entries("1123"))
    stage.one.store(truncate_from=4)
    stage.one.store(compact=LogPoint(2, 1))
    stage.one.durable = 3
    look(stage)
    assert stage.observer.chronicle.views[1].log.terms == [2]


def test_an_entry_in_memory_that_no_effect_asked_to_persist() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.store(entries=entries("1"))
    stage.one.log += entries("1", first=2)
    with pytest.raises(InvariantBrokenError, match=r"log of terms \[1, 1\], by its effects \[1\]"):
        look(stage)


def test_a_log_that_starts_elsewhere() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.start = LogPoint(3, 1)
    with pytest.raises(InvariantBrokenError, match=r"a log from \(3, 1\)"):
        look(stage)


def test_durable_before_the_disk_has_said_so() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.write(entries=entries("11"))
    stage.one.durable = 2
    with pytest.raises(InvariantBrokenError, match="durable up to 2, but its disk has it up to 0"):
        look(stage)


def test_durable_of_an_entry_that_the_disk_has_otherwise() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.store(entries=entries("11"))
    stage.one.write(truncate_from=2, entries=entries("2", first=2))
    stage.one.durable = 2
    with pytest.raises(InvariantBrokenError, match="counts its log as durable up to 2"):
        look(stage)


def test_a_published_snapshot_is_durable_by_itself() -> None:
    stage = Stage(InspectionAgrees)
    stage.one.write(reset=LogPoint(5, 1))
    stage.one.durable = stage.one.snapshot_index = 5
    look(stage)
