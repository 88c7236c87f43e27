"""What the options of `quorate simulate` ask for, and which of them go together."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

import msgspec

from quorate.core.errors import ConfigError

NetworkName = Literal["links", "datagrams", "mixed"]
EVIDENCE = Path("quorate-failures")
DEFAULT_SPEED = 4.0


class Wishes(msgspec.Struct, frozen=True):
    """What the options said. None, and False, stand for options that were not given."""

    algorithm: str | None = None
    nodes: int | None = None
    seed: int | None = None
    seeds: int | None = None
    first_seed: int | None = None
    scenario: str | None = None
    replay: Path | None = None
    listing: bool = False
    network: NetworkName | None = None
    workers: int | None = None
    trace: Path | None = None
    transcript: bool = False
    speed: str | None = None
    out: Path | None = None
    no_shrink: bool = False
    demand_coverage: bool = False
    json: bool = False

    def given(self) -> list[str]:
        """The options that were given, as they are written."""
        fields = msgspec.structs.asdict(self)
        names = [name for name, value in fields.items() if value is not None and value is not False]
        return ["--list" if name == "listing" else f"--{name.replace('_', '-')}" for name in names]

    def command(self, *more: str) -> str:
        """The command that runs `more` with the same cluster, as a person would type it."""
        words = ["quorate", "simulate", *more]
        if self.nodes is not None:
            words += ["--nodes", str(self.nodes)]
        if self.algorithm is not None:
            words += ["--algorithm", self.algorithm]
        if self.network is not None:
            words += ["--network", self.network]
        return shlex.join(words)


class Mode(msgspec.Struct, frozen=True):
    """One way to use the command: `what` for people, and the options that go with it beside `--json`."""

    what: str
    options: frozenset[str]


_CLUSTER = frozenset({"--algorithm", "--nodes"})
_ONE = frozenset({"--trace", "--speed"})
_FAILED = frozenset({"--out", "--no-shrink"})

LIST = Mode("--list, which shows what scenarios there are", frozenset({"--list"}))
REPLAY = Mode("--replay, which takes all else from the file", frozenset({"--replay", "--transcript"}) | _ONE | _FAILED)
SCENARIO = Mode("a scenario under one seed", frozenset({"--scenario", "--seed"}) | _CLUSTER | _ONE)
SCENARIOS = Mode(
    "a scenario under many seeds",
    frozenset({"--scenario", "--seeds", "--first-seed", "--workers"}) | _CLUSTER,
)
SEED = Mode("one seed, --seed", frozenset({"--seed", "--network"}) | _CLUSTER | _ONE | _FAILED)
STORM = Mode(
    "a storm of many seeds, --seeds",
    frozenset({"--seeds", "--first-seed", "--network", "--workers", "--demand-coverage"}) | _CLUSTER | _FAILED,
)
_LACKING = {
    "--first-seed": "--seeds N",
    "--workers": "--seeds N",
    "--demand-coverage": "--seeds N",
    "--network": "--seed N or --seeds N",
    "--out": "--seed N or --seeds N",
    "--no-shrink": "--seed N or --seeds N",
    "--transcript": "--replay FILE",
}
"""What an option is for, if that is missing."""


def mode_of(wishes: Wishes) -> Mode:
    """Which way is meant. Raises `ConfigError` for options that contradict each other, by name."""
    if wishes.seed is not None and wishes.seeds is not None:
        raise ConfigError(
            "--seed runs one seed, --seeds many: give one of the two (--first-seed says where many begin)"
        )
    if wishes.listing:
        mode = LIST
    elif wishes.replay is not None:
        mode = REPLAY
    elif wishes.seeds is not None:
        mode = STORM if wishes.scenario is None else SCENARIOS
    elif wishes.seed is not None and wishes.scenario is None:
        mode = SEED
    else:
        mode = SCENARIO
    for option in wishes.given():
        if option not in mode.options and option != "--json":
            lacking = _LACKING.get(option)
            if mode is SCENARIO and lacking is not None:
                raise ConfigError(f"{option} goes with {lacking}, not with a scenario: add that, or leave {option} out")
            raise ConfigError(f"{option} does not go with {mode.what}: leave one of the two out")
    speed_of(wishes.speed)
    if wishes.out is not None and wishes.no_shrink:
        raise ConfigError("--out says where evidence goes, --no-shrink that there is none: leave one of the two out")
    return mode


def speed_of(wish: str | None) -> float | None:
    """Simulated seconds a second; None: as fast as it goes. Raises `ConfigError`."""
    if wish is None or wish == "max":
        return DEFAULT_SPEED if wish is None else None
    try:
        speed = float(wish)
    except ValueError:
        speed = 0.0
    if not 0.01 <= speed <= 1000:
        raise ConfigError(
            f"--speed {wish}: give a number from 0.01 to 1000, such as 4 for four times real time, or max"
        )
    return speed
