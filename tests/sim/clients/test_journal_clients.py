"""The journal's clients and their judgement."""

from __future__ import annotations

import pytest

from quorate.sim import Cluster, InvariantBrokenError, NeverError
from quorate.sim.clients.journal_clients import JournalWorkload
from quorate.sim.clients.workload import WorkloadSettings


def begun(seed: int, settings: WorkloadSettings) -> tuple[Cluster, JournalWorkload]:
    workload = JournalWorkload(settings)
    cluster = Cluster(machines=workload.machine, nodes=3, seed=seed)
    workload.begin(cluster)
    return cluster, workload


def test_clients_write_and_read_and_stop() -> None:
    cluster, workload = begun(1, WorkloadSettings(clients=4))
    cluster.run(5)
    workload.stop()
    cluster.run_until(lambda: not workload.busy)
    assert workload.outcomes.applied > 20
    assert workload.outcomes.reads > 5
    done = len(workload.history.order)
    assert done >= workload.outcomes.applied
    cluster.run(5)
    assert len(workload.history.order) == done
    workload.finish()
    assert workload.counts()["commands applied"] == done + 3
    assert workload.counts()["outcome reads"] == workload.outcomes.reads


def test_what_is_missing_in_the_end_is_seen() -> None:
    cluster, workload = begun(2, WorkloadSettings(clients=2))
    cluster.run(3)
    workload.stop()
    cluster.run_until(lambda: not workload.busy)
    workload.history.order.append(b"never applied")
    with pytest.raises(InvariantBrokenError, match=r"^Same order: "):
        workload.finish()


def test_a_node_that_does_not_serve_is_seen() -> None:
    cluster, workload = begun(3, WorkloadSettings(clients=2))
    cluster.run(1)
    workload.stop()
    cluster.crash(3)
    with pytest.raises(NeverError, match="node 3 does not serve after all faults have ended"):
        workload.finish()


def test_it_cannot_finish_before_it_has_begun() -> None:
    with pytest.raises(ValueError, match="has not begun"):
        JournalWorkload().finish()
