"""The clients of a storm."""

from quorate.sim import Cluster
from quorate.sim.clients.workload import Workload, WorkloadSettings


def test_clients_write_and_read_and_stop() -> None:
    cluster = Cluster(nodes=3, seed=1)
    workload = Workload(cluster, WorkloadSettings(clients=4))
    workload.start()
    cluster.run(5)
    workload.stop()
    cluster.run_until(lambda: not workload.busy)
    outcomes = workload.outcomes
    assert outcomes.applied > 20
    assert outcomes.reads > 5
    done = len(cluster.history.order)
    assert done >= outcomes.applied
    cluster.run(5)
    assert len(cluster.history.order) == done


def test_without_a_quorum_operations_end_all_the_same() -> None:
    cluster = Cluster(nodes=3, seed=2)
    cluster.wait_for_leader()
    cluster.cut([1])
    cluster.crash(2)
    cluster.nodes[3].pause()
    workload = Workload(cluster, WorkloadSettings(clients=4))
    workload.start()
    cluster.run(10)
    workload.stop()
    cluster.run_until(lambda: not workload.busy, within=10)
    assert workload.outcomes.applied == 0
    assert workload.outcomes.unknown > 0
    assert workload.outcomes.refused > 0
    assert workload.outcomes.failed_reads > 0


def test_a_refused_command_is_made_again_until_it_is_applied() -> None:
    cluster = Cluster(nodes=3, seed=3)
    leader = cluster.wait_for_leader()
    workload = Workload(cluster, WorkloadSettings(clients=3, reads=0.0))
    workload.start()
    cluster.crash(leader.node)
    cluster.run(3)
    assert workload.outcomes.refused > 0
    cluster.mend()
    cluster.run(3)
    workload.stop()
    cluster.wait_for_convergence()
    for node in cluster.nodes.values():
        node.machine.check_complete()
