"""What a scenario may set, by its type, and which algorithm it is for."""

from __future__ import annotations

from typing import Literal

import pytest

from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.settings import Settings, kind_of
from quorate.sim.scenarios.words import ScenarioError


def test_how_a_setting_is_written_follows_from_its_type() -> None:
    types = (int, bool, Literal["a", "b"], tuple[int, ...], float, str)
    assert [kind_of(one) for one in types] == ["number", "switch", "word", "list", None, None]


def test_every_type_of_setting() -> None:
    found = read_scenario(
        "algorithm ring; nodes 3; ring_order 3,1,2; preempt false; guard none; election_timeout 900ms; ring_version 4; snapshot_entries 7"
    )
    assert found.algorithm == "ring"
    assert found.options == {
        "ring_order": (3, 1, 2),
        "preempt": False,
        "guard": "none",
        "election_timeout_ms": 900,
        "ring_version": 4,
    }
    assert found.limits == {"snapshot_entries": 7}


def test_names_are_those_of_the_algorithm_and_of_the_driver() -> None:
    settings = Settings("bully")
    assert settings.named("alive") == settings.named("alive_ms") == "alive_ms"
    assert settings.named("ring_order") is None
    assert {"guard", "alive", "snapshot_entries"} <= set(settings.short_names())


def test_the_algorithm_may_stand_anywhere_and_must_not_be_contradicted() -> None:
    assert read_scenario("ring_version 3; algorithm ring").algorithm == "ring"
    assert read_scenario("algorithm bully; heal", algorithm="bully").algorithm == "bully"
    assert read_scenario("heal", algorithm="ring").algorithm == "ring"
    assert read_scenario("heal").algorithm == "raft"
    with pytest.raises(ScenarioError, match="'bully': contradicts the raft that was asked for"):
        read_scenario("algorithm bully; heal", algorithm="raft")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("algorithm paxos", "'paxos': is no algorithm. Fits here: bully, raft, ring"),
        ("algorithm", "the end of the statement: is no algorithm"),
        ("algorithm bully; algorithm bully", "said twice"),
        ("algorithm bully; preempt maybe", "'maybe': is neither. Fits here: true, false"),
        ("algorithm bully; guard minority", "is no value of guard; did you mean 'majority'"),
        ("algorithm bully; guard none; lease_reads true", "'lease_reads': begins no statement"),
        ("algorithm ring; ring_order 1,x", "whole number"),
        ("algorithm ring; ring_order 1,1", "do not fit: ring_order"),
        ("algorithm bully; variant two_phase", "do not fit: variant = two_phase brings its own rules"),
        ("algorithm bully; write 20/s", "bully keeps no log, so nobody can write"),
        ("latency 5ms loose", "does not fit"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint) as caught:
        read_scenario(text)
    assert "\n" not in str(caught.value)
