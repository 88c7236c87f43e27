"""When a statement happens."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.scenarios.clauses import When, read_when
from quorate.sim.scenarios.scenario import NEVER
from quorate.sim.scenarios.words import Reader, ScenarioError, split


def when(text: str, *, lasting: bool = True, repeats: bool = True) -> When:
    (words,) = split(text)
    return read_when(Reader(words, 5), 7 * SECOND, lasting=lasting, repeats=repeats)


def test_without_a_clause_it_is_now_and_for_good() -> None:
    (words,) = split("x")
    reader = Reader(words, 5)
    reader.take()
    found = read_when(reader, 7 * SECOND, lasting=True)
    assert found == When((7 * SECOND,))
    assert found.lasting == NEVER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 3s", When((3 * SECOND,))),
        ("after 3s", When((10 * SECOND,))),
        ("at 3s for 2s", When((3 * SECOND,), 2 * SECOND)),
        ("for 2s at 3s", When((3 * SECOND,), 2 * SECOND)),
        ("from 2s to 5s", When((2 * SECOND,), 3 * SECOND, None, 5 * SECOND)),
        ("every 1s from 2s to 4500ms", When((2 * SECOND, 3 * SECOND, 4 * SECOND), None, SECOND, 4500 * MILLISECOND)),
    ],
)
def test_clauses_in_any_order(text: str, expected: When) -> None:
    assert when(text) == expected


def test_a_period_of_its_own_repeats_nothing() -> None:
    assert when("every 1s from 2s to 4s", repeats=False) == When((2 * SECOND,), 2 * SECOND, SECOND, 4 * SECOND)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("at 3s at 4s", "'at': does not fit here. Fits here: every, for"),
        ("at 3s after 1s", "'after'"),
        ("from 3s", "`from` needs an end"),
        ("from 3s to 3s", "later than 3s"),
        ("every 1s", "from when to when"),
        ("every 1s at 3s", "from when to when"),
        ("every 1ms from 0s to 10s", "10,000 times; at most 4,000"),
        ("at 61m", "at most 3600s"),
        ("after 3599s", "at most 3600s"),
        ("for 0s", "too short"),
        ("later", r"'later': does not fit here; did you mean 'after'\? Fits here: at, after, from, every, for"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        when(text)


def test_what_cannot_last_has_no_for() -> None:
    with pytest.raises(ScenarioError, match=r"Fits here: at, after, from, every$"):
        when("for 2s", lasting=False)
