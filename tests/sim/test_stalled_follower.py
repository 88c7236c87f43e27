"""A follower that is stalled, paused or gone costs the others neither pace nor memory (S-R9, S-R13, R37)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from quorate.core.ids import NodeId
from quorate.core.outcome import Applied, NotApplied
from quorate.runtime.limits import Limits
from quorate.sim import Cluster

SIZE = 2000
WINDOW = 16 * 1024
UNCOMMITTED = 32 * 1024
OPTIONS = {
    "inflight_bytes": WINDOW,
    "inflight_messages": 8,
    "append_bytes": 4096,
    "uncommitted_bytes": UNCOMMITTED,
}

LIMITS = Limits(batch_commands=1, batches_in_flight=8)


class Load:
    """Twenty callers of the leader, one command each at a time; `acknowledged` counts."""

    def __init__(self, cluster: Cluster, node: NodeId) -> None:
        self.acknowledged = 0
        self.refused: list[str] = []
        self._node = cluster.nodes[node]
        self._number = 0
        for _ in range(20):
            self._next()

    def _next(self) -> None:
        self._number += 1
        self._node.propose([b"%d:" % self._number + b"x" * SIZE], 10**12, self._done)

    def _done(self, outcome: object) -> None:
        if isinstance(outcome, Applied):
            self.acknowledged += 1
            self._next()
        elif isinstance(outcome, NotApplied):
            self.refused.append(outcome.reason)


def sick(kind: str, cluster: Cluster, node: NodeId) -> None:
    ills: dict[str, Callable[[], None]] = {
        "healthy": lambda: None,
        "stalled": cluster.nodes[node].stall_disk,
        "paused": cluster.nodes[node].pause,
        "cut": lambda: cluster.cut([node]),
        "dead": lambda: cluster.crash(node),
    }
    ills[kind]()


@cache
def measured(kind: str) -> tuple[Cluster, int, int]:
    """What a second of load comes to, and the most that was held for the sick node."""
    cluster = Cluster(nodes=3, seed=3, options=OPTIONS, limits=LIMITS)
    leader = cluster.wait_for_leader()
    victim = next(node.node for node in cluster.followers())
    cluster.run(0.5)
    sick(kind, cluster, victim)
    load = Load(cluster, leader.node)
    most = 0
    for _ in range(20):
        cluster.run(0.02)
        progress = leader.algorithm._raft.progress[victim]
        most = max(most, progress.window_bytes)
        assert len(progress.window) <= OPTIONS["inflight_messages"]
    assert not load.refused
    assert cluster.leader() is leader, "nobody else was elected meanwhile"
    return cluster, load.acknowledged, most


@pytest.mark.parametrize("kind", ["stalled", "paused", "cut", "dead"])
def test_s_r9_a_sick_follower_slows_nobody_and_what_is_held_for_it_is_a_window(kind: str) -> None:
    _, healthy, _ = measured("healthy")
    cluster, acknowledged, most = measured(kind)
    assert healthy > 100
    # Not quite as many: of two followers the faster one counts, of one it is that one.
    assert acknowledged > 0.7 * healthy
    # One more Append may go while the window is not quite full.
    assert most <= WINDOW + OPTIONS["append_bytes"]
    cluster.mend()
    cluster.wait_for_convergence()


def test_s_r13_without_a_quorum_the_tail_is_bounded_and_writers_are_told() -> None:
    cluster = Cluster(seed=4, options=OPTIONS, limits=Limits(batch_commands=1, batches_in_flight=100))
    leader = cluster.wait_for_leader()
    for node in cluster.followers():
        node.stall_disk()
    outcomes: list[object] = []
    for number in range(200):
        leader.propose([b"%d:" % number + b"x" * SIZE], 2 * 10**9, outcomes.append)
        cluster.run(0.005)
    assert leader.algorithm._raft.uncommitted_bytes <= UNCOMMITTED
    busy = [outcome for outcome in outcomes if isinstance(outcome, NotApplied) and outcome.reason == "busy"]
    assert len(busy) > 50
    cluster.run(3)
    assert len(outcomes) == 200, "nobody is left without an answer"
    cluster.mend()
    cluster.wait_for_convergence()
