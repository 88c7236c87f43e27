"""Snapshots of the same index are the same."""

import msgspec
import pytest

from quorate.core.durable import Durable, LogPoint
from quorate.core.events import SnapshotWritten
from quorate.sim.invariants import InvariantBrokenError, SnapshotAgreement
from sim.stage import Stage, entries, meta


def a_stage() -> Stage:
    """Three entries are committed."""
    stage = Stage(SnapshotAgreement)
    stage.everywhere("112")
    stage.one.step(commit=3)
    return stage


def test_equal_snapshots_taken_received_and_found() -> None:
    stage = a_stage()
    stage.one.take_snapshot(meta(3, 2))
    stage.two.take_snapshot(meta(2, 1))
    stage.two.step(event=SnapshotWritten(meta(3, 2), 0, complete=True))
    stage.three.restart(Durable(start=LogPoint(3, 2), snapshot=meta(3, 2)))
    stage.one.write(compact=LogPoint(3, 2))
    stage.two.write(reset=LogPoint(3, 2))


@pytest.mark.parametrize("change", [{"digest": "other"}, {"size": 7}, {"members": (1, 2)}])
def test_another_content_at_the_same_index(change: dict[str, object]) -> None:
    stage = a_stage()
    stage.one.take_snapshot(meta(3, 2))
    with pytest.raises(InvariantBrokenError, match=r"node 2 has a snapshot of index 3.*give the same bytes"):
        stage.two.take_snapshot(msgspec.structs.replace(meta(3, 2), **change))


@pytest.mark.parametrize("snapshot", [(3, 1), (4, 2)])
def test_a_snapshot_of_what_was_never_committed(snapshot: tuple[int, int]) -> None:
    stage = a_stage()
    with pytest.raises(InvariantBrokenError, match=r"but committed there is"):
        stage.two.take_snapshot(meta(*snapshot))


def test_a_part_of_a_snapshot_is_none() -> None:
    stage = a_stage()
    stage.two.step(event=SnapshotWritten(meta(3, 2), 10))
    with pytest.raises(InvariantBrokenError, match="log begin after index 3, but its newest snapshot is of 0"):
        stage.two.write(reset=LogPoint(3, 2))


def test_a_log_that_is_compacted_beyond_the_snapshot() -> None:
    stage = a_stage()
    stage.one.take_snapshot(meta(2, 1))
    stage.one.write(compact=LogPoint(1, 1))
    with pytest.raises(InvariantBrokenError, match="log begin after index 3, but its newest snapshot is of 2"):
        stage.one.write(compact=LogPoint(3, 2))


def test_what_was_committed_is_still_known_after_all_have_compacted_it() -> None:
    stage = Stage(SnapshotAgreement)
    stage.everywhere("112")
    stage.one.step(commit=3)
    stage.one.take_snapshot(meta(3, 2))
    stage.one.restart(Durable(start=LogPoint(3, 2), entries=entries("2", first=4), snapshot=meta(3, 2)))
