"""Whole texts: settings, times, bounds, and that no text at all ends in anything but a scenario or one line."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.scenarios.expecting import STATES
from quorate.sim.scenarios.language import OTHERS, SETTINGS, read_scenario
from quorate.sim.scenarios.play import Play
from quorate.sim.scenarios.scenario import Load
from quorate.sim.scenarios.verbs import TARGETS, VERBS
from quorate.sim.scenarios.words import ScenarioError
from quorate.sim.storms import faults
from tidy.documents import Block, page


def test_settings_may_stand_anywhere() -> None:
    found = read_scenario(
        "crash 7\nnodes 7; seed 9; run 20s; latency 5ms\nelection_timeout 300ms\nheartbeat_ms 30ms; snapshot_entries 20"
    )
    assert (found.nodes, found.seed, found.until, found.latency_ns) == (7, 9, 20 * SECOND, 5 * MILLISECOND)
    assert found.options == {"election_timeout_ms": 300, "heartbeat_ms": 30}
    assert found.limits == {"snapshot_entries": 20}


def test_the_caller_may_choose_seed_and_nodes() -> None:
    assert read_scenario("seed 3; heal", seed=4).seed == 4
    assert read_scenario("heal", nodes=3).nodes == 3
    assert read_scenario("nodes 3; heal", nodes=3).nodes == 3
    with pytest.raises(ScenarioError, match="contradicts the 5 nodes"):
        read_scenario("nodes 3; heal", nodes=5)
    with pytest.raises(ScenarioError, match="there are 3"):
        read_scenario("crash 4", nodes=3)


def test_a_run_ends_some_time_after_the_last_statement() -> None:
    assert read_scenario("crash 1 at 3s").until == 6 * SECOND
    assert read_scenario("crash 1 at 3s for 4s").until == 10 * SECOND
    assert read_scenario("crash 1 at 3s; expect leader within 5s").until == 11 * SECOND
    with pytest.raises(ScenarioError, match="over at 3s, but it runs for 1s only; say `run 3s`"):
        read_scenario("run 1s; crash 1 at 3s")


def test_without_a_time_a_statement_follows_the_one_before_it() -> None:
    found = read_scenario("crash 1 at 3s for 2s; pause 2; expect leader within 2s; crash 3; crash 4 after 1s")
    assert [planned.fault.at for planned in found.faults] == [3 * SECOND, 3 * SECOND, 5 * SECOND, 6 * SECOND]
    assert found.expectations[0].at == 3 * SECOND


def test_a_heal_ends_the_cuts_before_it() -> None:
    found = read_scenario(
        "cut 1|2 at 2s; isolate 3 at 3s for 1s; flap 4 at 4s; pause 5 at 4s for 9s; heal at 6s; bridge 1 at 7s"
    )
    lasts = {type(planned.fault).__name__: getattr(planned.fault, "lasts_ns", 0) for planned in found.faults}
    assert lasts["Cut"] == 4 * SECOND
    assert lasts["Isolate"] == SECOND
    assert lasts["Flap"] == 2 * SECOND
    assert lasts["Pause"] == 9 * SECOND
    assert lasts["Bridge"] > 3600 * SECOND
    assert found.heals == (6 * SECOND,)


def test_clients_are_there_unless_the_text_says_otherwise() -> None:
    assert [load.kind for load in read_scenario("heal").loads] == ["write", "read"]
    assert read_scenario("write 0/s; read 0/s; heal").loads == ()
    found = read_scenario("write 10/s through 1,2 from 1s to 3s; read 0/s").loads
    assert found == (
        Load("write", 200 * MILLISECOND, SECOND, 3 * SECOND, 1),
        Load("write", 200 * MILLISECOND, SECOND, 3 * SECOND, 2),
    )
    assert read_scenario("write 100/s through leader").loads[0] == Load(
        "write", 10 * MILLISECOND, 0, 7200 * SECOND, faults.LEADER
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "at least one statement"),
        ("# nothing", "at least one statement"),
        ("crsh leader", "line 1, column 1: 'crsh': begins no statement; did you mean 'crash'"),
        ("heal\n  crash leder", "line 2, column 9: 'leder'"),
        ("nodes 3; nodes 3", "said twice"),
        ("nodes 100", "from 1 to 99"),
        ("nodes 3 4", "does not fit"),
        ("run 0s", "too short"),
        ("run 2000s; run 61m", "said twice"),
        ("run 61m", "at most 3600s"),
        ("election_timeout 100", "no time"),
        ("election_timeout 100ms; heartbeat 50ms; heal", "do not fit: election_timeout_ms = 100"),
        ("snapshot_entries many", "whole number"),
        ("write 1001/s", "from 0 to 1,000"),
        ("write 1000/s; run 1000s", "make 1,004,000 requests, at most 200,000 are possible: lower the rate"),
        ("expect leader at 0s within 3000s;" * 5, "expectations last 15000s in all, at most 14400s"),
        ("crash all every 1ms from 0s to 3s", "at most 4,000 statements"),
    ],
)
def test_what_makes_no_sense_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint) as caught:
        read_scenario(text)
    assert "\n" not in str(caught.value)


WORDS = [
    *VERBS,
    *OTHERS,
    *SETTINGS,
    *TARGETS,
    *STATES,
    "disk",
    "clock",
    "at",
    "for",
    "from",
    "to",
    "every",
    "after",
    "within",
    "by",
    "through",
]


@settings(max_examples=300, deadline=None)
@given(
    some.lists(
        some.sampled_from(
            [*WORDS, "1", "2,3", "|", "->", "3s", "250ms", "5%", "20/s", ";", "\n", '"x"', "is", "no", "fails", "#"]
        )
        | some.text(max_size=5),
        max_size=14,
    )
)
def test_any_text_is_a_scenario_or_one_line(words: list[str]) -> None:
    said = ""
    try:
        read_scenario(" ".join(words))
    except ScenarioError as error:
        said = str(error)
    assert "\n" not in said


EXAMPLES = [block for block in page("docs/simulator.md").blocks if block.language == "scenario"]


@pytest.mark.parametrize("block", EXAMPLES, ids=str)
def test_the_examples_of_the_page_come_true(block: Block) -> None:
    outcome = Play(read_scenario(block.code)).run()
    assert not outcome.failure
    assert not outcome.idle


def test_the_page_has_the_whole_language() -> None:
    text = page("docs/simulator.md").text
    assert len(EXAMPLES) >= 3
    for verb in VERBS.values():
        assert verb.usage.replace("|", "\\|") in text, verb.usage
    for word in (*OTHERS, *SETTINGS, *TARGETS, *STATES):
        assert f"`{word}" in text or f" {word}" in text, word
