"""Settings that change while a cluster is in trouble: every step is checked, and in the end it serves."""

from __future__ import annotations

from random import Random

import pytest

from quorate.core.outcome import Applied
from quorate.runtime.limits import Limits
from quorate.runtime.reload import plan_reload
from quorate.sim import Cluster

TIMES = [(50, 10), (250, 50), (500, 50), (1000, 20), (2000, 400)]


@pytest.mark.parametrize("seed", range(4))
def test_s_c10_nodes_may_differ_in_their_times_for_a_while(seed: int) -> None:
    random = Random(seed)
    cluster = Cluster(nodes=3, seed=seed, traced=True)
    cluster.wait_for_leader()
    present = dict.fromkeys(cluster.nodes, cluster.config)
    for number in range(30):
        node = random.choice([node for node in cluster.nodes.values() if node.up])
        timeout_ms, heartbeat_ms = random.choice(TIMES)
        options = {
            "election_timeout_ms": timeout_ms,
            "heartbeat_ms": heartbeat_ms,
            "append_bytes": random.choice([1, 1 << 20]),
        }
        change = plan_reload(cluster.spec, present[node.node], Limits(), options)
        present[node.node] = change.config
        node.driver.reload(change)
        cluster.propose(node.node, [b"%d" % number], timeout=5)
        if number % 5 == 2:
            cluster.cut([node.node])
        elif number % 5 == 3:
            dead = random.choice([node.node for node in cluster.nodes.values() if node.up])
            cluster.crash(dead)
            present[dead] = cluster.config
        elif number % 5 == 4:
            cluster.mend()
        cluster.run(random.choice([0.01, 0.3, 1.0]))
    cluster.mend()
    cluster.wait_for_convergence(60)
    assert isinstance(cluster.apply(1, b"served", within=60), Applied)
