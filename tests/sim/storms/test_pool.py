"""Work on all cores."""

from __future__ import annotations

import os
from functools import partial

import pytest

from quorate.sim.storms.pool import cores, spread


def double(item: int) -> int:
    return 2 * item


def whose(_item: int) -> int:
    return os.getpid()


def fail_at(bad: int, item: int) -> int:
    if item == bad:
        raise ValueError(f"item {item}")
    return item


def test_every_item_is_done_once() -> None:
    assert sorted(spread(double, range(23), workers=2, chunk=3)) == [2 * item for item in range(23)]


def test_nothing_to_do() -> None:
    assert list(spread(double, [], workers=2)) == []


def test_it_is_done_elsewhere() -> None:
    assert os.getpid() not in set(spread(whose, range(8), workers=2, chunk=1))


def test_what_a_task_raises_ends_everything() -> None:
    with pytest.raises(ValueError, match="item 5"):
        list(spread(partial(fail_at, 5), range(100), workers=2, chunk=1))


def test_whoever_has_enough_stops() -> None:
    results = spread(double, iter(range(10**9)), workers=2, chunk=1)
    assert next(results) % 2 == 0
    results.close()


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1
