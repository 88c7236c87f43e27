"""What a minority believes and promises."""

from __future__ import annotations

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import Stage
from quorate.sim.compare.trials.partition import CUT, Askers, leader_cut_off
from sim.compare.biggest import in_catalog


def test_a_minority_of_raft_confirms_nothing_and_stops_believing() -> None:
    seen = leader_cut_off(Stage(Entrant("raft", "raft"), 5, 1)).values
    assert (seen["cut_writes"], seen["cut_reads"], seen["cut_two_same"]) == (0, 0, 0)
    assert 300 * MILLISECOND < (seen["cut_claims"] or 0) <= 600 * MILLISECOND
    assert 400 * MILLISECOND < (seen["cut_time"] or 0) < 1200 * MILLISECOND
    assert seen["cut_healed_changes"] == 0


def test_a_minority_that_goes_on_leading_is_seen() -> None:
    with in_catalog() as name:
        seen = leader_cut_off(Stage(Entrant(name, name), 5, 1)).values
    assert seen["cut_claims"] == CUT
    assert (seen["cut_two"] or 0) > 9 * SECOND
    assert "cut_writes" not in seen


def test_those_who_ask_hear_confirmations_until_they_are_stopped() -> None:
    """Without a cut they are confirmed: the zero of a minority is not that of a broken question."""
    stage = Stage(Entrant("raft", "raft"), 3, 1)
    stage.settle()
    askers = Askers(stage, [1, 2])
    stage.watch.run(SECOND)
    askers.stop()
    writes, reads = askers.writes, askers.reads
    assert writes >= 18
    assert reads >= 18
    stage.watch.run(SECOND)
    assert (askers.writes, askers.reads) == (writes, reads)
