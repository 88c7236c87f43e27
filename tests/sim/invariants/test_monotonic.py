"""What only rises."""

from typing import Any

import pytest

from quorate.core.durable import Durable
from quorate.sim.invariants import InvariantBrokenError, Monotonic
from sim.stage import Stage, entries, meta


@pytest.mark.parametrize("change", [{"term": 1}, {"commit": 1, "applied": 1}, {"applied": 0}])
def test_nothing_falls_in_one_process(change: dict[str, Any]) -> None:
    stage = Stage(Monotonic)
    stage.one.store(entries=entries("112"))
    stage.one.step(term=2, commit=2, applied=1)
    with pytest.raises(InvariantBrokenError, match="node 1 went from"):
        stage.one.step(**change)


@pytest.mark.parametrize("change", [{"commit": 4}, {"applied": 3}])
def test_applied_commit_and_last_keep_their_order(change: dict[str, Any]) -> None:
    stage = Stage(Monotonic)
    stage.one.store(entries=entries("112"))
    stage.one.step(term=2, commit=2, applied=1)
    with pytest.raises(InvariantBrokenError, match="does not hold"):
        stage.one.step(**change)


def test_a_new_process_begins_anew() -> None:
    stage = Stage(Monotonic)
    stage.one.store(entries=entries("11"))
    stage.one.step(commit=2)
    stage.one.apply(*entries("11"))
    stage.one.restart(Durable(entries=entries("11")))
    stage.one.step(commit=1)
    stage.one.apply(*entries("1"))


def test_each_index_is_applied_once_and_in_order() -> None:
    stage = Stage(Monotonic)
    stage.everywhere("111")
    stage.one.step(commit=3)
    stage.one.apply(*entries("1"))
    with pytest.raises(InvariantBrokenError, match="applies index 3 right after 1"):
        stage.one.apply(*entries("1", first=3))
    stage.two.step(commit=3)
    stage.two.apply(*entries("1"))
    with pytest.raises(InvariantBrokenError, match="applies index 1 right after 1"):
        stage.two.apply(*entries("1"))


def test_a_snapshot_moves_on_and_never_back() -> None:
    stage = Stage(Monotonic)
    stage.one.load(meta(5, 1))
    with pytest.raises(InvariantBrokenError, match="loads a snapshot of 4 after it applied 5"):
        stage.one.load(meta(4, 1))
