"""Who is compared, and with which settings."""

from __future__ import annotations

import msgspec
import pytest

from quorate.algorithms import catalog
from quorate.core.errors import ConfigError
from quorate.sim.compare.entrants import ELECTION_TIMEOUT_MS, Entrant, all_entrants, checked, scaled
from sim.compare.biggest import in_catalog


def test_every_algorithm_of_the_catalog_is_compared() -> None:
    assert [entrant.label for entrant in all_entrants()] == catalog.names()
    with in_catalog("aardvark"):
        entrants = all_entrants()
        assert entrants[0] == Entrant("aardvark", "aardvark")
        assert not entrants[0].keeps_log
        assert checked(entrants) == entrants


def test_all_wait_equally_long() -> None:
    with in_catalog():
        assert Entrant("x", "biggest").settings() == {"failure_timeout_ms": 500, "heartbeat_ms": 50}
    for name in catalog.names():
        config = catalog.find(name).config
        settings = msgspec.structs.asdict(msgspec.convert(Entrant(name, name).settings(), config))
        timeouts = [value for key, value in settings.items() if key.endswith("timeout_ms")]
        assert settings.get("election_timeout_ms", max(timeouts)) == ELECTION_TIMEOUT_MS


def test_what_is_no_time_is_not_scaled() -> None:
    class Config(msgspec.Struct):
        election_timeout_ms: int = 2000
        join_timeout_ms: int = 9000
        retry_ms: float = 1.0
        batch: int = 64
        eager: bool = True

    class Untimed(msgspec.Struct):
        heartbeat_ms: int = 10

    assert scaled(Config) == {"election_timeout_ms": 500, "join_timeout_ms": 2250, "retry_ms": 0.25}
    assert scaled(Config, 2000) == {}
    assert scaled(Untimed) == {}


def test_options_come_on_top_of_the_scaled_defaults() -> None:
    with in_catalog():
        entrant = Entrant("quick", "biggest", {"heartbeat_ms": 20})
        assert entrant.settings() == {"failure_timeout_ms": 500, "heartbeat_ms": 20}


@pytest.mark.parametrize(
    ("entrants", "words"),
    [
        ([Entrant("a", "nothing")], "no algorithm 'nothing'"),
        ([Entrant("a", "biggest", {"speed": 1})], "has no setting 'speed'"),
        ([Entrant("a", "biggest", {"heartbeat_ms": "often"})], "a: Expected `int`"),
        ([Entrant("a", "biggest"), Entrant("a", "biggest")], "a is to be compared with itself"),
    ],
)
def test_what_cannot_be_compared_is_refused(entrants: list[Entrant], words: str) -> None:
    with in_catalog(), pytest.raises(ConfigError, match=words):
        checked(entrants)
