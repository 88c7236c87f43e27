"""Who is compared if nobody says, and how others are named."""

from __future__ import annotations

import pytest

from quorate.algorithms import catalog
from quorate.cli.entrants import VARIANTS, default_entrants, entrant_of
from quorate.core.errors import ConfigError
from quorate.sim.compare.entrants import Entrant, checked
from sim.compare.biggest import in_catalog


def test_every_algorithm_is_compared_as_it_is_and_in_variants_that_there_are() -> None:
    found = checked(default_entrants())
    assert [entrant.label for entrant in found if not entrant.options] == sorted(
        catalog.names(), key=lambda name: (name != catalog.DEFAULT, name)
    )
    assert set(VARIANTS) <= set(catalog.names())
    assert [entrant.label for entrant in found if entrant.algorithm == "bully"] == [
        "bully",
        "bully,guard=none",
        "bully,preempt=false",
        "bully,damping_ms=5000",
    ]


def test_what_is_new_in_the_catalog_comes_by_itself() -> None:
    with in_catalog("aardvark"):
        assert default_entrants()[1] == Entrant("aardvark", "aardvark")


def test_values_of_options_are_as_in_a_file() -> None:
    entrant = entrant_of("raft, fast_failover = false,heartbeat_ms=20")
    assert entrant == Entrant(
        "raft,fast_failover=false,heartbeat_ms=20", "raft", {"fast_failover": False, "heartbeat_ms": 20}
    )
    assert entrant_of("raft,heartbeat_ms=20,x=word,y=1.5").options == {"heartbeat_ms": 20, "x": "word", "y": 1.5}


@pytest.mark.parametrize("text", ["raft,heartbeat_ms", "raft,heartbeat_ms=1,heartbeat_ms=2", "raft,heartbeat_ms=[1]"])
def test_what_is_no_entrant_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--algorithm"):
        entrant_of(text)
