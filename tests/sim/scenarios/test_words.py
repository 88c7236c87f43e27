"""Words, their places, and complaints that point at them."""

from __future__ import annotations

import pytest

from quorate.core.errors import ConfigError
from quorate.sim.scenarios.words import Reader, ScenarioError, Word, refuse, source, split, told


def reader(text: str, nodes: int = 5) -> Reader:
    (words,) = split(text)
    return Reader(words, nodes)


def test_statements_end_with_lines_and_semicolons() -> None:
    found = list(split("crash 1,2 at 3s; heal # and so on; not this\n\n ;;\ncut 1->2"))
    assert [source(words) for words in found] == ["crash 1,2 at 3s", "heal", "cut 1 -> 2"]
    assert found[0][-1] == Word("end", "", 1, 16)
    assert [(word.text, word.line, word.column) for word in found[2]][:2] == [("cut", 4, 1), ("1", 4, 5)]


def test_numbers_keep_their_units_and_signs() -> None:
    (words,) = split('at 1.5s -5% 20/s 1->2|3 "Fresh reads"')
    assert [(word.kind, word.text) for word in words[:-1]] == [
        ("name", "at"),
        ("number", "1.5s"),
        ("number", "-5%"),
        ("number", "20/s"),
        ("number", "1"),
        ("sign", "->"),
        ("number", "2"),
        ("sign", "|"),
        ("number", "3"),
        ("quote", '"Fresh reads"'),
    ]


def test_a_foreign_sign_is_refused_with_its_place() -> None:
    with pytest.raises(ScenarioError, match=r"^scenario line 2, column 7: '\$': no sign"):
        list(split("heal\ncrash $"))


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ScenarioError, match="1,000,000 characters"):
        list(split("heal\n" * 300_000))


def test_a_complaint_names_the_word_and_what_fits() -> None:
    word = Word("name", "leder", 3, 9)
    error = refuse(word, "names no node", ["leader", "follower"])
    assert isinstance(error, ConfigError)
    assert str(error) == (
        "scenario line 3, column 9: 'leder': names no node; did you mean 'leader'? Fits here: leader, follower"
    )
    assert str(refuse(word, "is wrong")) == "scenario line 3, column 9: 'leder': is wrong"
    many = refuse(word, "is wrong", map(str, range(100)))
    assert str(many).endswith("22, 23, ...")
    assert "the end of the statement" in str(refuse(Word("end", "", 1, 1), "needs more"))


@pytest.mark.parametrize(
    ("text", "ns"),
    [("3s", 3 * 10**9), ("250ms", 250 * 10**6), ("1.5s", 1_500_000_000), ("2m", 120 * 10**9), ("0.1s", 10**8)],
)
def test_times_are_exact(text: str, ns: int) -> None:
    assert reader(text).duration() == ns


@pytest.mark.parametrize("text", ["3", "s", "3h", "-3s", "3%", "leader", "3/s"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="no time"):
        reader(text).duration()


def test_a_time_may_be_too_short() -> None:
    with pytest.raises(ScenarioError, match="too short; at least 1ms"):
        reader("10us").duration(least=10**6)


def test_whole_numbers_with_a_unit() -> None:
    assert reader("-5%").number("%", "5%", -50, 50) == -5
    for text, complaint in (
        ("5", "such as 5%"),
        ("60%", "from -50 to 50"),
        ("x", "such as 5%"),
        ("1.5%", "such as 5%"),
    ):
        with pytest.raises(ScenarioError, match=complaint):
            reader(text).number("%", "5%", -50, 50)


def test_nodes_are_numbers_that_there_are() -> None:
    assert reader("1,biggest,2").node_list() == (1, 5, 2)
    for text, complaint in (
        ("6", "there are 5"),
        ("0", "there are 5"),
        ("1,1", "named twice"),
        ("x", "Fits here: 1, 2"),
        ("1,", "end of"),
    ):
        with pytest.raises(ScenarioError, match=complaint):
            reader(text).node_list()


def test_reading_goes_from_left_to_right() -> None:
    words = reader("in write at")
    assert not words.has("write")
    assert words.has("in", "write")
    assert words.choose(["at"]) == "at"
    assert words.done
    assert words.take().kind == "end"
    assert words.take().kind == "end"
    words.end()
    with pytest.raises(ScenarioError, match="'x': does not fit here"):
        reader("x").end()


def test_times_are_told_as_they_are_written() -> None:
    assert [told(ns) for ns in (3 * 10**9, 250 * 10**6, 1_500_000_000, 7_000, 0)] == [
        "3s",
        "250ms",
        "1500ms",
        "7us",
        "0s",
    ]
