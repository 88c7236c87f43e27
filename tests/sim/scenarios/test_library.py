"""The scenarios that come with the simulator come true."""

from __future__ import annotations

import pytest

from quorate.algorithms import catalog
from quorate.sim.scenarios import library
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.play import Play
from quorate.sim.scenarios.words import ScenarioError


@pytest.mark.parametrize("name", library.names())
def test_it_comes_true(name: str) -> None:
    scenario = read_scenario(library.text_of(name), seed=1)
    assert scenario.expectations, "a scenario that expects nothing shows nothing"
    outcome = Play(scenario, traced=False).run()
    assert not outcome.failure, f"{outcome.failure}\nquorate simulate --scenario {name} --seed 1"
    assert not outcome.idle


@pytest.mark.parametrize("name", library.names())
def test_it_says_what_it_shows(name: str) -> None:
    description = library.description_of(library.text_of(name))
    assert 40 < len(description) < 160
    assert description.endswith((".", ")."))


def test_those_that_must_be_there() -> None:
    assert {
        "leader-crash",
        "minority-partition",
        "one-way-cut",
        "bridge",
        "flapping-biggest",
        "power-loss",
        "slow-disk",
        "hanging-disk",
        "full-disk",
        "paused-leader",
        "lying-disk",
        "bit-rot",
        "clock-jump",
        "restart-storm",
        "figure-8",
        "diverged-log",
        library.DEFAULT,
        library.DEFAULT_WITHOUT_LOG,
    } <= set(library.names())


def test_a_wrong_name_is_refused_with_the_right_ones() -> None:
    with pytest.raises(ScenarioError, match=r"'leader-crush'; did you mean 'leader-crash'.* Known: bit-rot, bridge"):
        library.text_of("leader-crush")
    with pytest.raises(ScenarioError, match=r"there is no scenario '\.\./library/bridge'"):
        library.text_of("../library/bridge")


def test_a_description_is_a_comment() -> None:
    assert library.description_of("# Hello.\ncrash 1") == "Hello."
    assert library.description_of("crash 1") == ""


@pytest.mark.parametrize("name", catalog.names())
def test_who_names_none_is_shown_one_that_the_algorithm_can_play(name: str) -> None:
    text = library.text_of(library.default_for(catalog.find(name)))
    assert not Play(read_scenario(text, seed=2, algorithm=name), traced=False).run().failure


@pytest.mark.parametrize("name", [name for name in library.names() if f"{name}-guarded" in library.names()])
def test_a_story_and_its_remedy_differ_in_their_settings(name: str) -> None:
    plain, guarded = (read_scenario(library.text_of(one)) for one in (name, f"{name}-guarded"))
    assert plain.options["guard"] == "none"
    assert "guard" not in guarded.options
    assert (plain.algorithm, plain.nodes) == (guarded.algorithm, guarded.nodes)
    assert [planned.fault for planned in plain.faults] == [planned.fault for planned in guarded.faults]
