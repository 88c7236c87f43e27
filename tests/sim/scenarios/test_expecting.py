"""What may be expected."""

from __future__ import annotations

import pytest

from quorate.algorithms.catalog import find
from quorate.core.ids import SECOND
from quorate.sim.meter import kinds_of
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.scenario import Expectation
from quorate.sim.scenarios.words import ScenarioError
from quorate.sim.storms.faults import FOLLOWER, LEADER

AT = 4 * SECOND
KINDS = kinds_of(find("raft").messages)


def expected(text: str) -> Expectation:
    (found,) = read_scenario(f"heal at 4s\nexpect {text}").expectations
    assert (found.line, found.text) == (2, f"expect {text}")
    return found


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("leader", {"kind": "leader"}),
        ("leader within 2s", {"kind": "leader", "within_ns": 2 * SECOND}),
        ("leader within 2s for 1s", {"kind": "leader", "within_ns": 2 * SECOND, "holds_ns": SECOND}),
        ("leader is 3", {"kind": "leader", "node": 3}),
        ("leader is not biggest", {"kind": "leader", "node": 5, "negated": True}),
        ("no leader", {"kind": "leader", "negated": True}),
        ("no leader at 9s", {"kind": "leader", "negated": True, "at": 9 * SECOND}),
        ("no leader after 1s for 2s", {"kind": "leader", "negated": True, "at": 5 * SECOND, "holds_ns": 2 * SECOND}),
        ("two leaders within 1s", {"kind": "two leaders", "within_ns": SECOND}),
        ("no two leaders for 3s", {"kind": "two leaders", "negated": True, "holds_ns": 3 * SECOND}),
        ("8 elections for 9s", {"kind": "elections", "least": 8, "most": 8, "holds_ns": 9 * SECOND}),
        ("at least 8 elections for 9s", {"kind": "elections", "least": 8, "holds_ns": 9 * SECOND}),
        ("at most 1 election for 9s", {"kind": "elections", "most": 1, "holds_ns": 9 * SECOND}),
        (
            "3 messages append,VoteReply to 1,2 for 1s",
            {
                "kind": "messages",
                "least": 3,
                "most": 3,
                "holds_ns": SECOND,
                "kinds": ("Append", "VoteReply"),
                "receivers": (1, 2),
            },
        ),
        (
            "at most 40 messages for 1s",
            {"kind": "messages", "most": 40, "holds_ns": SECOND, "kinds": KINDS, "receivers": (1, 2, 3, 4, 5)},
        ),
        ("no election for 3s", {"kind": "election", "negated": True, "holds_ns": 3 * SECOND}),
        ("same state within 2s", {"kind": "same state", "within_ns": 2 * SECOND}),
        ("write through 2 succeeds", {"kind": "write", "node": 2, "within_ns": 2 * SECOND}),
        ("write through leader succeeds within 1s", {"kind": "write", "node": LEADER, "within_ns": SECOND}),
        (
            "read through follower fails within 1s",
            {"kind": "read", "node": FOLLOWER, "negated": True, "holds_ns": SECOND},
        ),
        ("node 2 is down", {"kind": "node", "node": 2, "word": "down"}),
        ("moment truncated within 1s", {"kind": "moment", "word": "truncated", "within_ns": SECOND}),
        ('broken "Fresh reads"', {"kind": "broken", "word": "Fresh reads"}),
    ],
)
def test_forms(text: str, fields: dict[str, object]) -> None:
    found = expected(text)
    bare = Expectation("leader", AT, 2, f"expect {text}")
    for name in Expectation.__struct_fields__:
        assert getattr(found, name) == fields.get(name, getattr(bare, name)), name


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("peace", "can not be expected. Fits here: leader, no, same"),
        ("leader is nobody", "the number of a node"),
        ("no peace", "Fits here: leader, election"),
        ("two", "Fits here: leaders"),
        ("no two leaders", "says nothing without a time"),
        ("8 elections", "says nothing without a time"),
        ("8 elections within 2s", "'within'"),
        ("8 wishes for 2s", "can not be counted. Fits here: elections"),
        ("at least some messages for 2s", "whole number"),
        ("at 3s leader", "can not be expected"),
        ("3 messages Append, peace for 2s", "'peace': is no message of raft"),
        ("3 messages Append to 9 for 2s", "there is no such node"),
        ("no election", "says nothing without a time. Fits here: for 2s"),
        ("no election within 2s", "'within'"),
        ("write through 2", "Fits here: succeeds, fails"),
        ("write 2 succeeds", "Fits here: through"),
        ("write through all succeeds", "names no node"),
        ("write through 2 fails for 1s", "'for': does not fit"),
        ("node 2 is sad", "Fits here: up, down"),
        ("moment joy", "is no moment"),
        ("broken Fresh", "in quotes"),
        ('broken ""', "in quotes"),
        ('broken "A" within 2s', "'within': does not fit"),
        ("leader with 2s", "did you mean 'within'"),
        ("leader within 2h", "no time"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        expected(text)


@pytest.mark.parametrize("text", ["write through leader succeeds", "read through leader succeeds"])
def test_without_a_log_nobody_writes_or_reads(text: str) -> None:
    with pytest.raises(ScenarioError, match=r"bully keeps no log, so nobody can (write|read): leave it out"):
        read_scenario(f"expect {text}", algorithm="bully")


def test_a_moment_that_cannot_happen_is_not_waited_for() -> None:
    assert read_scenario("expect moment elected within 1s", algorithm="bully").expectations[0].word == "elected"
    with pytest.raises(ScenarioError, match=r"'truncated': is no moment of bully. Fits here: elected"):
        read_scenario("expect moment truncated within 1s", algorithm="bully")
