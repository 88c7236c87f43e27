"""Log Matching."""

import pytest

from quorate.sim.invariants import InvariantBrokenError, LogMatching
from sim.stage import Stage, entries, entry


def test_equal_logs_and_logs_that_part_are_fine() -> None:
    stage = Stage(LogMatching)
    stage.one.store(entries=entries("112"))
    stage.two.store(entries=entries("113"))
    stage.two.store(truncate_from=3)
    stage.two.store(entries=entries("2", first=3))


def test_another_content_at_the_same_index_and_term() -> None:
    stage = Stage(LogMatching)
    stage.one.store(entries=(entry(1, 1, b"a"),))
    with pytest.raises(InvariantBrokenError, match="at index 1, term 1"):
        stage.two.store(entries=(entry(1, 1, b"b"),))


def test_another_history_before_the_same_entry() -> None:
    stage = Stage(LogMatching)
    stage.one.store(entries=entries("13"))
    with pytest.raises(InvariantBrokenError, match="at index 2, term 3"):
        stage.two.store(entries=entries("23"))
