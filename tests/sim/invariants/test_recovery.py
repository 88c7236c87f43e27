"""Recovery equals the durable past."""

import pytest

from quorate.core.durable import Durable, LogPoint
from quorate.sim.invariants import InvariantBrokenError, Recovery
from sim.stage import Ballot, Stage, entries, entry, meta


def test_all_that_was_durable_and_any_part_of_what_was_under_way() -> None:
    for survived in ("11", "112", "1122"):
        stage = Stage(Recovery)
        stage.one.store(hard_state=Ballot(1), entries=entries("11"))
        stage.one.write(entries=entries("2", first=3))
        stage.one.write(entries=entries("2", first=4))
        stage.one.restart(Durable(hard_state=Ballot(1), entries=entries(survived), commit=1))


def test_a_truncation_under_way_may_have_happened_or_not() -> None:
    for survived in ("11", "1", "12"):
        stage = Stage(Recovery)
        stage.one.store(entries=entries("11"))
        stage.one.write(truncate_from=2, entries=entries("2", first=2))
        stage.one.restart(Durable(entries=entries(survived)))


def test_a_snapshot_under_way_may_have_replaced_the_log_or_not() -> None:
    for durable in (Durable(entries=entries("11")), Durable(start=LogPoint(5, 2), snapshot=meta(5, 2))):
        stage = Stage(Recovery)
        stage.one.store(entries=entries("11"))
        stage.one.write(reset=LogPoint(5, 2))
        stage.one.restart(durable)


def test_a_snapshot_that_the_log_contradicts_has_replaced_it() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("1111"))
    stage.one.restart(Durable(start=LogPoint(3, 2), snapshot=meta(3, 2)))


def test_a_snapshot_with_which_the_log_agrees_takes_nothing_behind_it() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("1111"))
    with pytest.raises(InvariantBrokenError, match="node 1 lost durable entries 4 to 4"):
        stage.one.restart(Durable(start=LogPoint(3, 1), snapshot=meta(3, 1)))


def test_a_compaction_under_way_takes_nothing_that_the_snapshot_lacks() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("1111"))
    stage.one.write(compact=LogPoint(3, 1))
    stage.one.restart(Durable(start=LogPoint(3, 1), entries=entries("1", first=4), snapshot=meta(3, 1)))


def test_a_durable_entry_that_is_gone() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("11"))
    with pytest.raises(InvariantBrokenError, match="node 1 lost durable entries 2 to 2"):
        stage.one.restart(Durable(entries=entries("1")))


def test_a_durable_entry_that_is_another() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("11"))
    with pytest.raises(InvariantBrokenError, match="another entry at durable index 2"):
        stage.one.restart(Durable(entries=entries("12")))


def test_an_entry_that_was_never_written() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("11"))
    with pytest.raises(InvariantBrokenError, match="an entry it never wrote: index 3"):
        stage.one.restart(Durable(entries=(*entries("11"), entry(3, 1, b"x"))))


def test_a_vote_that_is_forgotten() -> None:
    stage = Stage(Recovery)
    stage.one.store(hard_state=Ballot(2, 3))
    with pytest.raises(InvariantBrokenError, match="came back with None"):
        stage.one.restart(Durable())


def test_a_hint_above_the_log() -> None:
    stage = Stage(Recovery)
    with pytest.raises(InvariantBrokenError, match="commit hint 1 above its log"):
        stage.one.restart(Durable(commit=1))


def test_an_applied_entry_that_the_disk_does_not_have() -> None:
    stage = Stage(Recovery)
    stage.one.write(entries=entries("11"))
    stage.one.step(commit=2)
    stage.one.apply(*entries("11"))
    with pytest.raises(InvariantBrokenError, match="had applied index 2, and came back with 1 as its last"):
        stage.one.restart(Durable(entries=entries("1")))


def test_commit_may_fall_when_what_was_applied_is_still_there() -> None:
    stage = Stage(Recovery)
    stage.one.store(entries=entries("11"))
    stage.one.step(commit=2)
    stage.one.apply(*entries("11"))
    stage.one.restart(Durable(entries=entries("11"), commit=0))
