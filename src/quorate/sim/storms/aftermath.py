"""What elections without a log promise only when all is well again: all agree, the one who should lead does, and there is rest."""

from __future__ import annotations

from quorate.core.ids import SECOND, NodeId
from quorate.sim.clients.calm import leader_within_s
from quorate.sim.cluster import Cluster
from quorate.sim.invariants import InvariantBrokenError

QUIET_TIMEOUTS = 4
"""Election timeouts without any news. What nobody takes off a ring comes round often in that time."""

REST_TIMEOUTS = 40
"""Within so many there is such a time. What operators asked last, and what is under way of the last election, ends long before."""

REST = "Rest: once all agree, nobody holds an election, and nothing of an earlier one goes round any more"
SOURCE = "docs/ring.md, what is claimed, and rules H5 and H6"


def judge_elections(cluster: Cluster) -> None:
    """The faults have ended, and all follow one leader. Raises `NeverError` if the wrong one goes on leading, `InvariantBrokenError` if
    something goes on although all agree."""
    _rest(cluster)
    cluster.run_until(lambda: cluster.converged() and _leads_rightly(cluster), leader_within_s(cluster))
    _rest(cluster)


def _rest(cluster: Cluster) -> None:
    """Let time pass until nothing new has been heard for a while."""
    timeout_s = cluster.election_timeout_s
    until = cluster.now + int(REST_TIMEOUTS * timeout_s * SECOND)
    while True:
        before = _news(cluster)
        cluster.run(QUIET_TIMEOUTS * timeout_s)
        now = _news(cluster)
        if now == before:
            return
        if cluster.now >= until:
            told = ", ".join(sorted(name for name in now if now[name] != before.get(name)))
            raise InvariantBrokenError(REST, SOURCE, f"{told}; {cluster.describe()}")


def _leads_rightly(cluster: Cluster) -> bool:
    """Whether the leader is who should lead by the settings."""
    expected = cluster.members_expected()
    inspections = [cluster.nodes[node].algorithm.inspect() for node in expected if cluster.nodes[node].up]
    should: NodeId | None = cluster.spec.should_lead(cluster.config, inspections)
    leader = cluster.leader()
    return should is None or (leader is not None and leader.node == should)


def _news(cluster: Cluster) -> dict[str, int]:
    """What nodes have had to say so far, by reason. With a node that is gone for good there is always some: who must pass it over says so
    again and again. Then only leaders count."""
    observer = cluster.observer
    if any(node.ruined for node in cluster.nodes.values()):
        return {"elected": observer.moments.counts["elected"]}
    return dict(observer.tally.reasons)
