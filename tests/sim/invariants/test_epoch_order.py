"""Epochs only rise."""

import pytest

from quorate.core.durable import Durable
from quorate.sim.invariants import EpochOrder, InvariantBrokenError
from sim.stage import HISTORIES, Epochs, Stage, entries


def stage_at(promised: int, current: int) -> Stage:
    stage = Stage(EpochOrder, histories=HISTORIES)
    stage.one.store(hard_state=Epochs(promised, current))
    return stage


def test_both_rise_and_entries_stay_below_the_promise() -> None:
    stage = stage_at(3, 2)
    stage.one.store(entries=entries("13"), hard_state=Epochs(3, 3))
    stage.one.write(hard_state=Epochs(5, 3))
    stage.one.restart(Durable(Epochs(3, 3), entries=entries("13")))
    stage.one.store(hard_state=Epochs(4, 3))


def test_a_log_ahead_of_the_epoch_taken_over_is_a_synchronisation_cut_off() -> None:
    stage_at(3, 2).one.restart(Durable(Epochs(3, 2), entries=entries("13")))


@pytest.mark.parametrize("now", [Epochs(2, 2), Epochs(3, 1)])
def test_neither_falls(now: Epochs) -> None:
    stage = stage_at(3, 2)
    with pytest.raises(InvariantBrokenError, match=r"node 1 goes from epochs \(3, 2\) to"):
        stage.one.write(hard_state=now)


def test_nor_across_a_restart() -> None:
    stage = stage_at(3, 2)
    with pytest.raises(InvariantBrokenError, match=r"comes back with epochs \(3, 1\), and its disk had \(3, 2\)"):
        stage.one.restart(Durable(Epochs(3, 1)))


def test_nobody_is_ahead_of_its_promise() -> None:
    with pytest.raises(InvariantBrokenError, match="node 1 is in epoch 4, and has promised 3"):
        stage_at(3, 2).one.write(hard_state=Epochs(3, 4))
    with pytest.raises(InvariantBrokenError, match="node 1 is in epoch 4, and has promised 3"):
        stage_at(3, 2).one.write(entries=entries("4"))
    with pytest.raises(InvariantBrokenError, match="node 1 is in epoch 4, and has promised 3"):
        stage_at(3, 2).one.restart(Durable(Epochs(3, 2), entries=entries("4")))
