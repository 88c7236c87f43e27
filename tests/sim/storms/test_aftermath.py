"""After a storm of elections: all agree, on the right one, and there is rest."""

from __future__ import annotations

from collections import Counter

import pytest

from quorate.algorithms.catalog import find, names
from quorate.sim import Cluster
from quorate.sim.cluster import NeverError
from quorate.sim.invariants import InvariantBrokenError
from quorate.sim.storms.aftermath import judge_elections
from quorate.sim.storms.plan import draw_plan
from quorate.sim.storms.run import run_plan

ELECTING = [name for name in names() if not find(name).keeps_log]


def calm(name: str = ELECTING[0], **options: object) -> Cluster:
    """Three nodes that follow one leader."""
    cluster = Cluster(nodes=3, seed=1, algorithm=name, options=options)
    cluster.wait_for_leader()
    cluster.wait_for_convergence()
    return cluster


@pytest.mark.parametrize("name", ELECTING)
def test_a_calm_cluster_is_at_rest_under_its_highest_node(name: str) -> None:
    cluster = calm(name)
    judge_elections(cluster)
    leader = cluster.leader()
    assert leader is not None
    assert leader.node == 3


def test_the_wrong_leader_is_found() -> None:
    """The settings say that the highest takes over, and it cannot: it is paused for good, and so does not agree either."""
    cluster = calm()
    cluster.nodes[3].pause()
    with pytest.raises(NeverError):
        judge_elections(cluster)


def test_any_leader_will_do_where_nobody_takes_over() -> None:
    cluster = calm(preempt=False)
    first = cluster.leader()
    assert first is not None
    cluster.crash(first.node)
    cluster.wait_for_leader()
    cluster.restart(first.node)
    cluster.wait_for_convergence()
    judge_elections(cluster)
    second = cluster.leader()
    assert second is not None
    assert second.node != first.node


def test_something_that_goes_on_without_end_is_found() -> None:
    cluster = calm()

    def again() -> None:
        cluster.observer.tally.explained("orphan_dropped")
        cluster.scheduler.after(10**8, again)

    again()
    with pytest.raises(InvariantBrokenError, match=r"Rest: once all agree.*orphan_dropped"):
        judge_elections(cluster)


@pytest.mark.parametrize("name", ELECTING)
def test_without_the_guard_what_it_stands_for_breaks_and_with_it_nothing_does(name: str) -> None:
    """The expected failures: each is seen in some seed without the guard, and raised in none with it."""
    broken: Counter[str] = Counter()
    seeds = Counter[str]()
    for seed in range(60):
        plan = draw_plan(seed, name, nodes=3)
        guard = plan.options["guard"]
        if guard == "majority" and seeds[guard] >= 8:
            continue
        seeds[guard] += 1
        report = run_plan(plan)
        assert report.failure == "", f"seed {seed}: {report.failure}"
        found = {count.split(", ")[1] for count in report.counts if count.startswith("not promised")}
        assert guard == "none" or not found, f"seed {seed}"
        broken.update(found)
    assert {"OneLeaderPerToken", "DurableVotes", "TokenAscends", "ElectionSafety"} <= set(broken)
