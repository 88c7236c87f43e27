"""What a mutant changes is seen in the history, and without one nothing changes."""

from __future__ import annotations

from mutants.reach import history, reached, reached_in
from quorate.algorithms.catalog import DEFAULT


def test_a_history_is_the_same_each_time_and_another_with_a_bug() -> None:
    assert history(701, DEFAULT) == history(701, DEFAULT)
    assert history(701, DEFAULT, "committed_by_too_few") != history(701, DEFAULT)


def test_only_what_changes_a_seed_is_told() -> None:
    assert reached_in(["committed_by_too_few"], 701) == ["committed_by_too_few"]
    assert reached(["committed_by_too_few"], [701], workers=1) == {"committed_by_too_few": 1}
    assert reached([], [], workers=1) == {}
