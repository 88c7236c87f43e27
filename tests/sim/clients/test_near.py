"""What reads that ask for less must keep all the same; each check is shown to bite."""

from __future__ import annotations

from random import Random

import pytest

from quorate.core.consistency import Consistency, ReadInfo, ReadYourWrites, Stale
from quorate.core.ids import MILLISECOND
from quorate.core.outcome import Applied
from quorate.sim import Cluster, InvariantBrokenError
from quorate.sim.clients.near import NearReads
from quorate.sim.node import SimNode

BOUNDS = Stale(max_lag=1, max_age_ms=100)


@pytest.fixture
def node() -> SimNode:
    cluster = Cluster(nodes=1, seed=1)
    leader = cluster.wait_for_leader()
    for command in (b"a", b"b", b"c"):
        assert isinstance(cluster.apply(1, command), Applied)
    return leader


def hold(node: SimNode, consistency: Consistency, info: ReadInfo) -> None:
    near = NearReads(Random(1))
    told = near.expecting(node, consistency)
    near.label(info)
    told(node)


def test_it_draws_everything_and_asks_for_what_it_wrote() -> None:
    near = NearReads(Random(1))
    near.wrote(7)
    near.wrote(5)
    drawn = [near.draw() for _ in range(100)]
    assert ReadYourWrites(7) in drawn
    assert "local" in drawn
    assert sum(isinstance(wish, Stale) for wish in drawn) > 20


def test_what_keeps_its_promise_is_let_pass(node: SimNode) -> None:
    applied = node.status().applied
    hold(node, ReadYourWrites(applied), ReadInfo(applied, "read_your_writes"))
    hold(node, BOUNDS, ReadInfo(applied, "stale", 1, 100 * MILLISECOND))
    hold(node, BOUNDS, ReadInfo(applied, "linearizable"))
    hold(node, "local", ReadInfo(applied, "local", 99, None))


def test_a_label_that_is_wrong(node: SimNode) -> None:
    with pytest.raises(InvariantBrokenError, match="Labelled reads: node 1 says"):
        hold(node, "local", ReadInfo(1, "local"))


def test_own_writes_that_are_missing(node: SimNode) -> None:
    applied = node.status().applied
    with pytest.raises(InvariantBrokenError, match="Read your writes"):
        hold(node, ReadYourWrites(applied + 1), ReadInfo(applied, "read_your_writes"))


@pytest.mark.parametrize(("lag", "age"), [(2, 0), (0, 100 * MILLISECOND + 1), (0, None)])
def test_bounds_that_do_not_hold(node: SimNode, lag: int, age: int | None) -> None:
    with pytest.raises(InvariantBrokenError, match="Bounded reads"):
        hold(node, BOUNDS, ReadInfo(node.status().applied, "stale", lag, age))


def test_a_lag_that_the_node_knew_of_and_did_not_tell() -> None:
    cluster = Cluster(nodes=3, seed=1)
    leader = cluster.wait_for_leader()
    behind = cluster.followers()[0]
    behind.stall_disk()
    for number in range(5):
        assert isinstance(cluster.apply(leader.node, b"%d" % number), Applied)
    cluster.run(0.1)
    status = behind.status()
    assert status.commit >= status.applied + 5
    with pytest.raises(InvariantBrokenError, match="Bounded reads"):
        hold(behind, BOUNDS, ReadInfo(status.applied, "stale", 0, 0))
