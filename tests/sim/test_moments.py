"""Moments as data, counted and told."""

from typing import get_args

import msgspec

from quorate.algorithms.catalog import find
from quorate.sim import Cluster
from quorate.sim.moments import MOMENTS, MomentName, Moments, moments_of


def test_every_name_has_its_meaning_once() -> None:
    assert [moment.name for moment in MOMENTS] == list(get_args(MomentName))
    assert all(moment.meaning for moment in MOMENTS)


def test_an_algorithm_has_those_that_can_happen_to_it() -> None:
    spec = find("raft")
    assert moments_of(spec) == get_args(MomentName)
    bare = msgspec.structs.replace(spec, keeps_log=False, features=frozenset())
    assert moments_of(bare) == ("elected", "two_leaders", "stepped_down")
    other = msgspec.structs.replace(spec, features=frozenset({"durable_votes"}))
    assert set(moments_of(spec)) - set(moments_of(other)) == {"older_term_on_quorum", "overwritten_figure_8"}


def test_all_who_watch_are_told_in_order_and_all_is_counted() -> None:
    told: list[tuple[str, str, int]] = []
    moments = Moments()
    moments.happened("voted", 1)
    moments.watchers += [
        lambda name, node: told.append(("a", name, node)),
        lambda name, node: told.append(("b", name, node)),
    ]
    moments.happened("elected", 3)
    assert told == [("a", "elected", 3), ("b", "elected", 3)]
    assert {name: count for name, count in moments.counts.items() if count} == {"voted": 1, "elected": 1}


def test_a_watcher_of_a_cluster_can_have_something_happen_right_after_the_step() -> None:
    cluster = Cluster(nodes=3, seed=4)
    deposed: list[int] = []

    def watcher(name: str, node: int) -> None:
        if name == "elected" and not deposed:
            deposed.append(node)
            cluster.scheduler.after(0, cluster.crash, node)

    cluster.observer.watch(watcher)
    leader = cluster.wait_for_leader()
    assert deposed
    assert leader.node != deposed[0]
    assert cluster.observer.moments.counts["elected"] == 2
    assert cluster.observer.summary()["moment elected"] == 2
