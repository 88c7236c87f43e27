"""One cluster to be measured."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.cluster import NeverError
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import QUIET_WITHIN, Stage, rate
from quorate.sim.meter import Meter
from sim.compare.biggest import in_catalog
from sim.toy import Ping


def test_it_settles_with_a_leader_and_nothing_under_way() -> None:
    stage = Stage(Entrant("raft", "raft"), 3, 1)
    leader = stage.settle()
    assert stage.cluster.nodes[leader].status().ready
    before = stage.now
    stage.await_quiet()
    assert stage.now <= before + 500 * MILLISECOND + QUIET_WITHIN
    counters = stage.cluster.network.counters
    assert counters.sent == counters.arrived


def test_it_settles_with_an_algorithm_that_only_elects() -> None:
    with in_catalog() as name:
        stage = Stage(Entrant(name, name), 3, 1)
        assert stage.settle() == 3
        assert stage.nodes == 3


def test_the_same_seed_strikes_at_the_same_moment() -> None:
    def moment(seed: int) -> int:
        stage = Stage(Entrant("raft", "raft"), 3, seed)
        stage.settle()
        stage.await_quiet()
        return stage.now

    assert moment(1) == moment(1)
    assert moment(1) != moment(2)


def test_a_fault_comes_and_goes() -> None:
    stage = Stage(Entrant("raft", "raft"), 3, 1)
    calls: list[tuple[str, int]] = []
    bands = stage.flap(
        lambda: calls.append(("begin", stage.now)),
        lambda: calls.append(("end", stage.now)),
        times=2,
        down=2 * SECOND,
        up=3 * SECOND,
    )
    assert calls == [("begin", 0), ("end", 2 * SECOND), ("begin", 5 * SECOND), ("end", 7 * SECOND)]
    assert [(band.since, band.until) for band in bands] == [(0, 2 * SECOND), (5 * SECOND, 7 * SECOND)]
    assert stage.now == 10 * SECOND


def test_a_cut_is_both_ways_and_heals_as_a_whole() -> None:
    stage = Stage(Entrant("raft", "raft"), 4, 1)
    heal = stage.isolate([1, 2])
    cut = {(a, b) for a in range(1, 5) for b in range(1, 5) if a != b and stage.cluster.network.is_cut(a, b)}
    assert cut == {(1, 3), (1, 4), (2, 3), (2, 4), (3, 1), (4, 1), (3, 2), (4, 2)}
    heal()
    assert not any(stage.cluster.network.is_cut(a, b) for a, b in cut)


def test_a_cluster_that_never_elects_says_so() -> None:
    stage = Stage(Entrant("raft", "raft"), 3, 1)
    stage.isolate([1])
    stage.isolate([2])
    with pytest.raises(NeverError, match="nobody was elected to begin with"):
        stage.settle()


def test_a_rate_is_per_second() -> None:
    meter = Meter()
    mark = meter.mark()
    assert rate(meter.since(mark), SECOND) == 0
    for _ in range(3):
        meter.sent(1, 2, Ping(1), 5)
    assert rate(meter.since(mark), 2 * SECOND) == 1.5
