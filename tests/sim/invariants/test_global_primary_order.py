"""Global Primary Order."""

import pytest

from quorate.core.durable import Durable
from quorate.sim.invariants import GlobalPrimaryOrder, InvariantBrokenError
from sim.stage import Stage, entry, meta


def test_terms_rise_and_a_new_process_begins_anew() -> None:
    stage = Stage(GlobalPrimaryOrder)
    stage.one.apply(entry(1, 1), entry(2, 3))
    stage.one.load(meta(4, 4))
    stage.one.restart(Durable())
    stage.one.apply(entry(1, 1))


def test_an_earlier_term_after_a_later_one() -> None:
    stage = Stage(GlobalPrimaryOrder)
    stage.one.apply(entry(1, 2))
    with pytest.raises(InvariantBrokenError, match="node 1 applies index 2, of term 1, after an entry of term 2"):
        stage.one.apply(entry(2, 1))


def test_after_a_snapshot_of_a_later_one() -> None:
    stage = Stage(GlobalPrimaryOrder)
    stage.one.restart(Durable(snapshot=meta(3, 3)))
    with pytest.raises(
        InvariantBrokenError, match="node 1 loads a snapshot of index 4, of term 2, after an entry of term 3"
    ):
        stage.one.load(meta(4, 2))
