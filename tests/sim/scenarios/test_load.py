"""Clients that ask at a steady rate."""

from __future__ import annotations

import pytest

from quorate.core.ids import MILLISECOND, SECOND
from quorate.core.outcome import Applied, NotApplied
from quorate.sim.cluster import Cluster
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.scenarios.load import Clients, choose
from quorate.sim.scenarios.scenario import Load
from quorate.sim.storms.faults import FOLLOWER, LEADER


def test_whom_a_word_means() -> None:
    cluster = Cluster(nodes=3, seed=1)
    assert choose(cluster, LEADER, 1) == 2, "nobody leads: somebody"
    leader = cluster.wait_for_leader().node
    others = [node for node in cluster.nodes if node != leader]
    assert choose(cluster, 3) == 3
    assert choose(cluster, LEADER) == leader
    assert [choose(cluster, FOLLOWER, turn) for turn in range(3)] == [others[0], others[1], others[0]]


def test_a_rate_is_kept_through_all_nodes_in_turn() -> None:
    cluster = Cluster(nodes=3, seed=1)
    cluster.wait_for_leader()
    start = cluster.now
    clients = Clients(cluster)
    clients.begin(Load("write", 100 * MILLISECOND, start, start + SECOND))
    clients.begin(Load("read", 200 * MILLISECOND, start, start + SECOND, LEADER))
    cluster.run(2)
    assert (clients.outcomes.applied, clients.outcomes.reads) == (10, 5)
    assert cluster.history.order == [f"write.{number}".encode() for number in range(1, 11)]
    assert cluster.history.settled == 10


def test_answers_are_counted_and_given() -> None:
    cluster = Cluster(nodes=3, seed=1)
    leader = cluster.wait_for_leader()
    clients = Clients(cluster)
    written = clients.write(leader.node)
    read = clients.read(leader.node)
    cluster.run(1)
    assert isinstance(written[0], Applied)
    assert isinstance(read[0], int)
    cluster.crash(leader.node)
    assert isinstance(clients.write(leader.node)[0], NotApplied)
    clients.read(leader.node)
    outcomes = clients.outcomes
    assert (outcomes.applied, outcomes.refused, outcomes.unknown, outcomes.reads, outcomes.failed_reads) == (
        1,
        1,
        0,
        1,
        1,
    )


def test_a_stale_read_is_caught() -> None:
    cluster = Cluster(nodes=3, seed=1)
    leader = cluster.wait_for_leader()
    clients = Clients(cluster)
    cluster.history.settled = 7
    clients.read(leader.node)
    with pytest.raises(InvariantBrokenError, match="Fresh reads"):
        cluster.run(1)
