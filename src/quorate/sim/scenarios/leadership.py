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


def serving(cluster: Cluster) -> SimNode | None:
    """The leader, if it is ready and a majority follows it that it can talk to, itself included; else None."""
    leader = cluster.leader()
    if leader is None:
        return None
    status = leader.status()
    if cluster.spec.keeps_log and not status.ready:
        return None
    views = cluster.observer.chronicle.views
    following = [
        node
        for node in reaches(cluster, leader)
        if (views[node.node].leader, views[node.node].term) == (leader.node, status.term)
    ]
    return leader if len(following) > len(cluster.nodes) // 2 else None
