"""Rows of the table."""

from __future__ import annotations

import pytest

from quorate.sim.compare.measures import MEASURES, SECTIONS, number
from quorate.sim.compare.trials.table import TRIALS


def test_every_measure_belongs_to_a_trial_and_is_named_once() -> None:
    assert sum(len(section.measures) for section in SECTIONS) == len(MEASURES)
    assert {measure.trial for measure in MEASURES.values()} == set(TRIALS)
    labels = [(section.title, measure.label) for section in SECTIONS for measure in section.measures]
    assert len(set(labels)) == len(labels)


def test_a_measure_of_logs_is_one_of_a_trial_of_logs() -> None:
    for measure in MEASURES.values():
        if TRIALS[measure.trial].logs_only:
            assert measure.logs_only, measure.name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (7, "7"),
        (0.246, "0.25"),
        (9.87, "9.87"),
        (12.34, "12.3"),
        (99.96, "100.0"),
        (1234.5, "1,234"),
        (25.0, "25"),
    ],
)
def test_numbers_have_three_digits_or_so(value: float, text: str) -> None:
    assert number(value) == text


def test_times_are_shown_in_their_unit() -> None:
    assert MEASURES["dies_time"].show(12_345_678) == "12.3"
    assert MEASURES["dies_messages"].show(27) == "27"
    assert MEASURES["dies_time"].label == "process dies, ms"
    assert MEASURES["flaps_changes"].label == "new leaders"
