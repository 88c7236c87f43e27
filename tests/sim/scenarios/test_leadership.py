"""Who leads in truth."""

from __future__ import annotations

from quorate.sim.cluster import Cluster
from quorate.sim.scenarios.leadership import believing, campaigns, cut_off, reaches, serving


def test_a_leader_serves_until_it_is_cut_off_paused_or_down() -> None:
    cluster = Cluster(nodes=3, seed=1)
    assert serving(cluster) is None
    leader = cluster.wait_for_leader()
    assert serving(cluster) is leader
    leader.pause()
    assert serving(cluster) is None
    leader.resume()
    cluster.cut([leader.node], both_ways=False)
    assert leader.leads
    assert serving(cluster) is None
    cluster.heal()
    assert serving(cluster) is leader
    cluster.crash(leader.node)
    assert serving(cluster) is None


def test_one_follower_of_three_is_enough() -> None:
    cluster = Cluster(nodes=3, seed=1)
    leader = cluster.wait_for_leader()
    first, second = cluster.followers()
    cluster.cut([first.node])
    assert serving(cluster) is leader
    assert reaches(cluster, leader) == [node for node in cluster.nodes.values() if node is not first]
    assert (cut_off(cluster, first), cut_off(cluster, second), cut_off(cluster, leader)) == (True, False, False)
    second.pause()
    assert serving(cluster) is None
    assert reaches(cluster, second) == []


def test_of_two_that_believe_to_lead_the_one_with_a_majority_serves() -> None:
    cluster = Cluster(nodes=5, seed=1, algorithm="bully", options={"guard": "none"})
    assert cluster.wait_for_leader().node == 5
    cluster.cut([4, 5])
    cluster.run(2)
    assert {node.node for node in believing(cluster)} == {3, 5}
    assert serving(cluster) is cluster.nodes[3]
    cluster.nodes[3].pause()
    assert [node.node for node in believing(cluster)] == [5]


def test_roles_of_an_election() -> None:
    roles = ("candidate", "pre_candidate", "electing", "waiting", "claiming")
    assert all(map(campaigns, roles))
    assert not any(map(campaigns, ("", "leader", "follower", "blocked")))
