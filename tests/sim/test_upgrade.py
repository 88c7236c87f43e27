"""A rolling upgrade in simulated time (S-D7): all of version 1, one by one of version 2, with writes going on and faults between."""

import pytest

from quorate.core.ids import NodeId
from quorate.core.outcome import Applied, NotApplied
from quorate.core.requests import TransferLeadership
from quorate.runtime.limits import Limits
from quorate.runtime.requests import Answer
from quorate.sim import Cluster
from quorate.sim.cluster import Pending


def write(cluster: Cluster, node: NodeId, text: str) -> Pending:
    return cluster.propose(node, [text.encode()])


def ask_to_lead(cluster: Cluster, asked: NodeId, to: NodeId) -> str:
    """Why leadership did not go there; empty if it did."""
    answers: list[Answer] = []
    driver = cluster.nodes[asked].driver
    driver.request(TransferLeadership(to), driver._world.now() + 5 * 10**9, answers.append)
    cluster.run_until(lambda: answers)
    return "" if answers[0] is None else answers[0].reason


@pytest.mark.parametrize("seed", range(4))
def test_s_d7_a_rolling_upgrade_loses_nothing(seed: int) -> None:
    cluster = Cluster(nodes=3, seed=seed, limits=Limits(snapshot_entries=8), options={"log_tail_entries": 4})
    cluster.network.newest |= {1: 1, 2: 1, 3: 1}
    cluster.wait_for_leader()
    acknowledged: list[str] = []

    def write_some(nodes: list[NodeId], label: str) -> None:
        calls = [
            (f"{label}-{number}", write(cluster, nodes[number % len(nodes)], f"{label}-{number}"))
            for number in range(12)
        ]
        cluster.run_until(lambda: all(call.done for _, call in calls))
        acknowledged.extend(text for text, call in calls if isinstance(call.outcome, Applied))

    write_some([1, 2, 3], "all-old")
    for node in (3, 1, 2):
        cluster.nodes[node].stop()
        write_some([other for other in (1, 2, 3) if other != node], f"without-{node}")
        del cluster.network.newest[node]
        cluster.restart(node)
        cluster.wait_for_convergence()
        write_some([1, 2, 3], f"after-{node}")
        cluster.crash(cluster.wait_for_leader().node)
        cluster.run(2)
        for other in cluster.members_expected():
            if not cluster.nodes[other].up:
                cluster.restart(other)
        cluster.wait_for_leader()
    cluster.wait_for_convergence()
    assert len(acknowledged) > 60
    for one in cluster.nodes.values():
        written = [command.decode() for command in one.machine.commands]
        assert len(written) == len(set(written))
        assert set(acknowledged) <= set(written)


def test_s_d7_in_a_mixed_cluster_what_is_new_is_refused_by_name_and_afterwards_works() -> None:
    cluster = Cluster(nodes=3, seed=5)
    cluster.network.newest |= {1: 1, 2: 1, 3: 1}
    old = cluster.wait_for_leader().node
    new, other = (node for node in cluster.nodes if node != old)
    assert ask_to_lead(cluster, new, other) == "leader_too_old"
    assert ask_to_lead(cluster, old, other) == "target_too_old"
    for node in (new, other):
        cluster.nodes[node].stop()
        cluster.network.newest.pop(node)
        cluster.restart(node)
        cluster.wait_for_convergence()
    # The leader of version 1 has only links of version 1; the two new ones understand each other.
    assert cluster.network.version(new, other) == 2
    assert ask_to_lead(cluster, new, other) == "leader_too_old"
    cluster.crash(old)
    cluster.network.newest.pop(old)
    leader = cluster.wait_for_leader().node
    cluster.restart(old)
    cluster.wait_for_convergence()
    assert ask_to_lead(cluster, old, old) == ""
    assert cluster.wait_for_leader().node == old != leader


def test_s_d7_a_leader_that_stops_among_old_nodes_is_replaced_as_ever() -> None:
    cluster = Cluster(nodes=3, seed=6)
    cluster.network.newest |= {2: 1, 3: 1}
    cluster.wait_for_leader()
    if cluster.wait_for_leader().node == 1:
        assert ask_to_lead(cluster, 1, 2) == "target_too_old"
    outcome = cluster.apply(1, b"kept")
    assert not isinstance(outcome, NotApplied)
