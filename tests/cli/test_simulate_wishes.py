"""Which options go together, and which do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.cli.simulate_wishes import (
    LIST,
    REPLAY,
    SCENARIO,
    SCENARIOS,
    SEED,
    STORM,
    Mode,
    Wishes,
    mode_of,
    speed_of,
)
from quorate.core.errors import ConfigError

FILE = Path("x")


@pytest.mark.parametrize(
    ("wishes", "mode"),
    [
        (Wishes(), SCENARIO),
        (Wishes(nodes=3, algorithm="raft", json=True, trace=FILE, speed="2"), SCENARIO),
        (Wishes(scenario="x", seed=4), SCENARIO),
        (Wishes(scenario="x", seeds=4, first_seed=2, workers=2), SCENARIOS),
        (Wishes(seed=0, network="links", trace=FILE, no_shrink=True), SEED),
        (Wishes(seeds=9, first_seed=0, workers=1, demand_coverage=True, out=FILE, nodes=7), STORM),
        (Wishes(replay=FILE, transcript=True), REPLAY),
        (Wishes(listing=True, json=True), LIST),
    ],
)
def test_modes(wishes: Wishes, mode: Mode) -> None:
    assert mode_of(wishes) is mode


@pytest.mark.parametrize(
    ("wishes", "complaint"),
    [
        (Wishes(seed=1, seeds=2), "--seed runs one seed, --seeds many"),
        (Wishes(first_seed=3), "--first-seed goes with --seeds N"),
        (Wishes(network="links"), "--network goes with --seed N or --seeds N"),
        (Wishes(demand_coverage=True), "--demand-coverage goes with --seeds N"),
        (Wishes(transcript=True), "--transcript goes with --replay FILE"),
        (Wishes(scenario="x", out=FILE), "--out goes with"),
        (Wishes(seed=1, workers=2), "--workers does not go with one seed"),
        (Wishes(seeds=1, trace=FILE), "--trace does not go with a storm"),
        (Wishes(seeds=1, scenario="x", network="links"), "--network does not go with a scenario under many seeds"),
        (Wishes(seeds=1, speed="2"), "--speed does not go with a storm"),
        (Wishes(replay=FILE, nodes=3), "--nodes does not go with --replay"),
        (Wishes(replay=FILE, seed=3), "--seed does not go with --replay"),
        (Wishes(listing=True, seed=3), "--seed does not go with --list"),
        (Wishes(seed=1, out=FILE, no_shrink=True), "--out says where evidence goes"),
        (Wishes(speed="fast"), "--speed fast: give a number"),
    ],
)
def test_contradictions_are_refused_by_name(wishes: Wishes, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        mode_of(wishes)


def test_what_was_given() -> None:
    assert Wishes(first_seed=0, listing=True, no_shrink=True).given() == ["--first-seed", "--list", "--no-shrink"]
    assert Wishes().given() == []


def test_a_command_can_be_typed() -> None:
    assert Wishes().command("--seed", "3") == "quorate simulate --seed 3"
    wishes = Wishes(nodes=7, algorithm="raft", network="links", workers=4)
    assert wishes.command("--scenario", "crash 1; heal") == (
        "quorate simulate --scenario 'crash 1; heal' --nodes 7 --algorithm raft --network links"
    )


def test_speeds() -> None:
    assert (speed_of(None), speed_of("max"), speed_of("0.5")) == (4.0, None, 0.5)
    for wrong in ("0", "-1", "1001", "nan", "inf", ""):
        with pytest.raises(ConfigError, match="such as 4 for four times real time, or max"):
            speed_of(wrong)
