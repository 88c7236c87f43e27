"""State Machine Safety."""

import pytest

from quorate.core.durable import LogPoint
from quorate.sim.invariants import InvariantBrokenError, StateMachineSafety
from sim.stage import Stage, entries, entry, meta


def test_all_apply_the_same() -> None:
    stage = Stage(StateMachineSafety)
    stage.everywhere("12")
    for puppet in (stage.one, stage.two):
        puppet.step(commit=2)
        puppet.apply(*entries("12"))
    stage.three.store(reset=LogPoint(2, 2))
    stage.three.step(commit=2)
    stage.three.load(meta(2, 2))


def test_another_entry_at_a_committed_index() -> None:
    stage = Stage(StateMachineSafety)
    stage.one.store(entries=entries("12"))
    stage.two.store(entries=entries("13"))
    stage.one.step(commit=2)
    with pytest.raises(InvariantBrokenError, match=r"node 2 commits .* at index 2"):
        stage.two.step(commit=2)


def test_an_applied_entry_that_is_not_the_committed_one() -> None:
    stage = Stage(StateMachineSafety)
    stage.everywhere("1")
    stage.one.step(commit=1)
    with pytest.raises(InvariantBrokenError, match=r"node 1 applies .* at index 1"):
        stage.one.apply(entry(1, 1, b"other"))


def test_applied_before_committed() -> None:
    stage = Stage(StateMachineSafety)
    stage.everywhere("11")
    stage.one.step(commit=1)
    with pytest.raises(InvariantBrokenError, match="applies index 2, but its commit is 1"):
        stage.one.apply(*entries("1", first=2))


@pytest.mark.parametrize("snapshot", [meta(1, 7), meta(2, 1)])
def test_a_snapshot_of_what_was_never_committed(snapshot: object) -> None:
    stage = Stage(StateMachineSafety)
    stage.everywhere("11")
    stage.one.step(commit=1)
    with pytest.raises(InvariantBrokenError, match="node 2 loads a snapshot"):
        stage.two.load(snapshot)  # type: ignore[arg-type]
