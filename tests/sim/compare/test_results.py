"""Measurements as data."""

from __future__ import annotations

import json

from quorate.sim.compare.results import Setting, Spread, decode, encode
from sim.compare.sample import comparison


def test_a_spread_over_seeds() -> None:
    assert Spread.of([5]) == Spread(5, 5, 5, 5, 5, 1, 0)
    assert Spread.of([4, 1, 3, 2]) == Spread(1, 2.5, 4, 2, 3, 4, 0)
    assert Spread.of(list(range(1, 10))) == Spread(1, 5, 9, 3, 7, 9, 0)


def test_never_is_worse_than_any_number() -> None:
    some = Spread.of([7, None, 5])
    assert (some.least, some.median, some.worst, some.never) == (5, 7, None, 1)
    assert Spread.of([7, None]).median is None
    assert Spread.of([None]).least is None


def test_seeds_of_the_curves_are_fewer() -> None:
    setting = Setting(nodes=5, seeds=20, first_seed=7)
    assert setting.seeds_for(5) == range(7, 27)
    assert setting.seeds_for(9) == range(7, 17)
    assert Setting(seeds=2).seeds_for(9) == range(2)


def test_figures_are_found_by_entrant_measure_and_size() -> None:
    found = comparison("raft", without=("cold",))
    spread = found.spread("raft", "rest_messages", 9)
    assert spread is not None
    assert (spread.least, spread.worst) == (90, 92)
    assert found.spread("raft", "cold_time") is None
    assert found.spread("nobody", "rest_messages") is None
    assert found.values("raft", "dies_messages") == [50, 51, 52]
    assert found.sizes("raft", "dies_time") == [3, 5, 9]
    assert found.sizes("raft", "alone_time") == [5]
    assert found.kinds("raft", "dies") == {"Pong": 6, "Ping": 5}
    assert found.kinds("raft", "cold") == {}


def test_the_document_comes_back_as_it_was_and_has_a_line_for_each_cell() -> None:
    found = comparison("raft", "other")
    document = encode(found)
    assert decode(document) == found
    assert encode(decode(document)) == document
    lines = document.decode().splitlines()
    assert sum(line.startswith('{"entrant":') and '"trial":"dies"' in line for line in lines) == 6
    assert json.loads(encode(found, {"more": [1]}))["more"] == [1]
    assert decode(encode(found, {"more": [1]})) == found
