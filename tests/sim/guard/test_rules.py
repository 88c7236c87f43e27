"""Messages about state machines."""

from __future__ import annotations

from quorate.sim.guard.rules import REMEDIES, SHOWN, MachineBrokenError, Place, Rule, difference, shown
from quorate.sim.invariants import InvariantBrokenError
from tidy.documents import page


def test_every_rule_has_a_remedy_and_a_place_in_the_documentation() -> None:
    assert set(REMEDIES) == set(Rule)
    text = page("docs/testing.md").text
    assert [rule.value for rule in Rule if f"| `{rule.value}` |" not in text] == []


def test_a_message_says_what_where_why_and_what_to_do() -> None:
    place = Place("Bank", node=3, position=11, index=9, command=b"deposit")
    error = MachineBrokenError(Rule.RESULT, place, "gives two results", results=("1", "2"), cause="a cosmic ray")
    assert str(error) == (
        "State machine, rule 'result': Bank: apply of b'deposit' (command 12, log index 9, node 3) gives two results. "
        "One copy: 1; the other: 2. Probable cause: a cosmic ray. "
        "The same commands must give the same results on every node. [the rules of StateMachine: docs/testing.md]"
    )
    assert isinstance(error, InvariantBrokenError)
    assert (error.rule, error.place, error.results, error.cause) == (Rule.RESULT, place, ("1", "2"), "a cosmic ray")


def test_a_question_needs_no_full_stop() -> None:
    assert "? The same" in str(MachineBrokenError(Rule.RESULT, Place("M"), "x", cause="what?"))


def test_a_state_is_told_by_what_is_behind_it() -> None:
    assert str(Place("Bank", node=2, position=7, index=5)) == "Bank: state (after 7 commands, log index 5, node 2)"
    assert str(Place("Bank", command=b"x")) == "Bank: apply of b'x' (command 1)"


def test_what_is_long_is_cut() -> None:
    assert shown("short") == "'short'"
    text = shown(b"x" * 1000)
    assert len(text) < SHOWN + 40
    assert text.endswith("... (1,003 characters)")


def test_a_difference_is_shown_where_it_begins() -> None:
    assert difference(b"same", b"sane") == ("b'same' (from byte 0 of 4)", "b'sane' (from byte 0 of 4)")
    assert difference(b"ab", b"abc") == ("b'ab' (from byte 0 of 2)", "b'abc' (from byte 0 of 3)")
    ours, theirs = difference(b"x" * 1000 + b"a", b"x" * 1000 + b"b")
    assert ours.endswith("a' (from byte 960 of 1,001)")
    assert theirs.endswith("b' (from byte 960 of 1,001)")
