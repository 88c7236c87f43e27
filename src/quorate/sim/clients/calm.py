"""What a cluster must do once nothing goes wrong any more: serve a write and a read on every node, each within its bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from quorate.core.ids import MILLISECOND, SECOND, NodeId
from quorate.core.outcome import Applied, NotApplied
from quorate.sim.cluster import Cluster, NeverError, Reading

LEADER_TIMEOUTS = 20
"""Election timeouts that a healed cluster may take to have a leader that is ready. The most in 900 storms were 4.2: one silence of up to
two timeouts, and rarely a vote that is split; each further split takes two more and has a chance below one half."""

ANSWER_TIMEOUTS = 20
ANSWER_RESENDS = 4
"""Election timeouts, and resends by the driver, for one write or read, and for all to agree. The most in 900 storms was 4.1 s: two resends
of 2 s for a write behind batches whose answers were lost; without those 4.3 timeouts."""

PASSING = frozenset({"busy", "disk_full"})
"""Refusals that end by themselves: the node has as much under way as it may, or has not seen yet that there is space again."""

PAUSE_NS = 20 * MILLISECOND
"""Before the next attempt on a node that refused for one of these."""

CHUNK_NS = 50 * MILLISECOND
"""For each chunk of a snapshot that a node may have to be sent first: its round trip in a calm network, and a write to disk."""


def leader_within_s(cluster: Cluster) -> float:
    """Simulated seconds until a healed cluster must have a leader."""
    return LEADER_TIMEOUTS * cluster.election_timeout_s + _transfer_s(cluster)


def patience_s(cluster: Cluster) -> float:
    """Simulated seconds for everything else that is asked of a healed cluster, one thing at a time."""
    resends_s = ANSWER_RESENDS * cluster.limits.resend_ns / SECOND
    return ANSWER_TIMEOUTS * cluster.election_timeout_s + resends_s + _transfer_s(cluster)


def _transfer_s(cluster: Cluster) -> float:
    """To send the whole of the fullest disk, in chunks as small and at a rate as low as the settings say."""
    chunk_bytes = getattr(cluster.config, "snapshot_chunk_bytes", 1 << 20)
    bytes_per_s = getattr(cluster.config, "snapshot_bytes_per_s", 0)
    fullest = max(node.image.used() for node in cluster.nodes.values())
    return fullest / chunk_bytes * CHUNK_NS / SECOND + (fullest / bytes_per_s if bytes_per_s else 0)


def write_through(cluster: Cluster, node: NodeId, commands: Sequence[bytes]) -> Applied:
    """Propose on a healed cluster. Raises `NeverError` if that is not applied in time.

    "Busy" is no failure yet: what was asked before the end of the faults may fill a small window for a while. Nor is a full disk that
    the node has not looked at again. As they ask every caller to, this one comes back after a pause."""
    deadline = cluster.now + int(patience_s(cluster) * SECOND)
    while True:
        outcome = cluster.apply(node, *commands, within=(deadline - cluster.now) / SECOND)
        if isinstance(outcome, Applied):
            return outcome
        if not (isinstance(outcome, NotApplied) and outcome.reason in PASSING and cluster.now + PAUSE_NS < deadline):
            raise NeverError(f"node {node} does not serve after all faults have ended: {outcome}; {cluster.describe()}")
        cluster.scheduler.run_until(cluster.now + PAUSE_NS)


def read_through(cluster: Cluster, node: NodeId, query: Callable[[Any], Any]) -> Any:
    """What `query(machine)` returns in a linearizable read of a healed cluster. Raises `NeverError` if there is none in time."""
    deadline = cluster.now + int(patience_s(cluster) * SECOND)
    while True:
        within = (deadline - cluster.now) / SECOND
        read = _read(cluster, node, query, within)
        if read.failure is None:
            return read.value
        if not (read.failure.reason in PASSING and cluster.now + PAUSE_NS < deadline):
            raise NeverError(
                f"node {node} cannot read after all faults have ended: {read.failure}; {cluster.describe()}"
            )
        cluster.scheduler.run_until(cluster.now + PAUSE_NS)


def _read(cluster: Cluster, node: NodeId, query: Callable[[Any], Any], within: float) -> Reading:
    read = cluster.read(node, query, timeout=within)
    cluster.run_until(lambda: read.done, within + 1)
    return read
