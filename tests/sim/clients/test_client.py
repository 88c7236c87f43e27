"""What all clients have in common."""

from __future__ import annotations

from quorate.sim import Cluster
from quorate.sim.clients.client import Outcomes
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.workload import WorkloadSettings


def made(cluster_seed: int, settings: WorkloadSettings) -> tuple[Cluster, JournalWorkload]:
    workload = JournalWorkload(settings)
    cluster = Cluster(machines=workload.machine, nodes=3, seed=cluster_seed)
    return cluster, workload


def test_without_a_quorum_operations_end_all_the_same() -> None:
    cluster, workload = made(2, WorkloadSettings(clients=4))
    cluster.wait_for_leader()
    cluster.cut([1])
    cluster.crash(2)
    cluster.nodes[3].pause()
    workload.begin(cluster)
    cluster.run(10)
    workload.stop()
    cluster.run_until(lambda: not workload.busy, within=10)
    assert workload.outcomes.applied == 0
    assert workload.outcomes.unknown > 0
    assert workload.outcomes.refused > 0
    assert workload.outcomes.failed_reads > 0


def test_a_refused_command_is_made_again_until_it_is_applied() -> None:
    cluster, workload = made(3, WorkloadSettings(clients=3, reads=0.0))
    leader = cluster.wait_for_leader()
    workload.begin(cluster)
    cluster.crash(leader.node)
    cluster.run(3)
    assert workload.outcomes.refused > 0
    cluster.mend()
    cluster.run(3)
    workload.stop()
    cluster.run_until(lambda: not workload.busy)
    cluster.wait_for_convergence()
    workload.finish()


def test_a_client_that_waits_to_try_again_is_busy_and_gives_up_when_it_is_stopped() -> None:
    cluster, workload = made(4, WorkloadSettings(clients=1, reads=0.0))
    for node in (1, 2, 3):
        cluster.crash(node)
    workload.begin(cluster)
    cluster.run_until(lambda: workload.outcomes.refused)
    assert workload.busy == 1
    workload.stop()
    cluster.run_until(lambda: not workload.busy, within=1)
    assert workload.outcomes.refused == 1


def test_outcomes_are_counted_by_name() -> None:
    assert Outcomes(applied=2, failed_reads=1).counts() == {
        "outcome applied": 2,
        "outcome refused": 0,
        "outcome unknown": 0,
        "outcome reads": 0,
        "outcome failed_reads": 1,
    }
