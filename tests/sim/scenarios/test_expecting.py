"""What may be expected."""

from __future__ import annotations

import pytest

from quorate.core.ids import SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.scenario import Expectation
from quorate.sim.scenarios.words import ScenarioError
from quorate.sim.storms.faults import FOLLOWER, LEADER

AT = 4 * SECOND


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
