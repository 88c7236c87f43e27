"""Who leads in truth: not only in its own opinion, but so that it can serve."""

from __future__ import annotations

from quorate.sim.cluster import Cluster
from quorate.sim.node import SimNode


def reaches(cluster: Cluster, node: SimNode) -> list[SimNode]:
    """The nodes that `node` and the network allow to talk to each other, itself included: up, going, and not cut either way."""
    network = cluster.network
    if not node.up or node.paused:
        return []
    return [
        other
        for other in cluster.nodes.values()
        if other is node
        or (
            other.up
            and not other.paused
            and not network.is_cut(node.node, other.node)
            and not network.is_cut(other.node, node.node)
        )
    ]


def cut_off(cluster: Cluster, node: SimNode) -> bool:
    """Whether cuts alone keep `node` from a majority."""
    network, ours = cluster.network, node.node
    there = sum(
        other == ours or not (network.is_cut(ours, other) or network.is_cut(other, ours)) for other in cluster.nodes
    )
    return there <= len(cluster.nodes) // 2


def believing(cluster: Cluster) -> list[SimNode]:
    """The nodes that go on and believe that they lead, the newest term first. Without a log whoever leads may act at once, so one that
    may not, as its lease has ended, does not count."""
    leading = [(node.status(), node) for node in cluster.up() if node.leads and not node.paused]
    acting = [(status.term, node) for status, node in leading if cluster.spec.keeps_log or status.ready]
    return [node for _, node in sorted(acting, key=lambda pair: pair[0], reverse=True)]


def serving(cluster: Cluster) -> SimNode | None:
    """The leader, if it is ready and a majority follows it that it can talk to, itself included; else None."""
    return next((node for node in believing(cluster) if _serves(cluster, node)), None)


def _serves(cluster: Cluster, leader: SimNode) -> bool:
    status = leader.status()
    if not status.ready:
        return False
    views = cluster.observer.chronicle.views
    following = [
        node
        for node in reaches(cluster, leader)
        if (views[node.node].leader, views[node.node].term) == (leader.node, status.term)
    ]
    return len(following) > len(cluster.nodes) // 2


def campaigns(role: str) -> bool:
    """Whether a node in that role takes part in an election: algorithms have several such roles, under names of their own."""
    return role not in ("", "leader", "follower", "blocked")
