"""Outcomes are types."""

from typing import get_args

import pytest

from quorate.core.outcome import Applied, NotApplied, Outcome, Unknown


def test_there_are_three_and_they_differ() -> None:
    assert set(get_args(Outcome)) == {Applied, NotApplied, Unknown}
    assert Applied([], 3) != NotApplied("busy") != Unknown("busy")


def test_what_each_carries() -> None:
    assert (Applied([1, None], 7).results, Applied([1, None], 7).index) == ([1, None], 7)
    assert (NotApplied("not_leader", 2).reason, NotApplied("not_leader", 2).hint) == ("not_leader", 2)
    assert NotApplied("no_leader").hint is None
    with pytest.raises(AttributeError):
        Unknown("timeout").reason = "x"  # type: ignore[misc]


def test_no_outcome_is_mistaken_for_a_boolean_of_its_meaning() -> None:
    """All are true: who tests one for truth learns nothing, and has to match."""
    assert all((Applied([], 1), NotApplied("x"), Unknown("x")))
