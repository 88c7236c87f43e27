"""Local Primary Order."""

import pytest

from quorate.core.durable import Durable, LogPoint
from quorate.sim.invariants import InvariantBrokenError, LocalPrimaryOrder
from sim.stage import Stage, entries, entry, meta


def test_in_order_from_the_beginning_and_from_a_snapshot_on() -> None:
    stage = Stage(LocalPrimaryOrder)
    stage.everywhere("1122")
    stage.one.apply(entry(1, 1))
    stage.one.apply(entry(2, 1), entry(3, 2))
    stage.one.apply(entry(4, 2))
    stage.two.load(meta(3, 2))
    stage.two.apply(entry(4, 2))
    stage.three.restart(Durable(start=LogPoint(1, 1), entries=entries("122", first=2), snapshot=meta(1, 1)))
    stage.three.apply(entry(2, 1), entry(3, 2))


def test_one_is_left_out() -> None:
    stage = Stage(LocalPrimaryOrder)
    stage.everywhere("111")
    stage.one.apply(entry(1, 1))
    with pytest.raises(
        InvariantBrokenError, match=r"node 1 applies the 3. entry of term 1, at index 3, when the 2. is due"
    ):
        stage.one.apply(entry(3, 1))


def test_the_first_of_a_term_is_left_out() -> None:
    stage = Stage(LocalPrimaryOrder)
    stage.everywhere("122")
    stage.one.apply(entry(1, 1))
    with pytest.raises(InvariantBrokenError, match=r"applies the 2. entry of term 2, at index 3, when the 1. is due"):
        stage.one.apply(entry(3, 2))


def test_what_was_proposed_in_another_order_than_its_places() -> None:
    stage = Stage(LocalPrimaryOrder)
    stage.one.store(entries=entries("1", first=2))
    stage.two.store(entries=entries("1"))
    with pytest.raises(InvariantBrokenError, match=r"applies the 2. entry of term 1, at index 1, when the 1. is due"):
        stage.two.apply(entry(1, 1))
