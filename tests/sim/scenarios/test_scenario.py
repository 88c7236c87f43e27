"""Scenarios are plain data."""

from __future__ import annotations

import msgspec

from quorate.core.ids import SECOND
from quorate.sim.scenarios.language import read_scenario
from quorate.sim.scenarios.scenario import MAX_TIME, NEVER, Expectation, Scenario


def test_a_scenario_survives_json() -> None:
    scenario = read_scenario('crash leader at 3s; restart 2 at 4s; write 5/s; heal at 5s; expect broken "x"')
    assert msgspec.json.decode(msgspec.json.encode(scenario), type=Scenario) == scenario


def test_never_is_later_than_any_run() -> None:
    assert NEVER > MAX_TIME


def test_an_expectation_ends_when_it_is_decided() -> None:
    assert Expectation("leader", 3 * SECOND, 1, "", within_ns=2 * SECOND, holds_ns=SECOND).end == 6 * SECOND
