"""What is built at each start, from what the disk holds."""

from __future__ import annotations

from zlib import crc32

import pytest

from quorate.algorithms.catalog import find, names
from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.core.errors import LockedError, MismatchError
from quorate.core.ids import NodeId
from quorate.runtime.driver import Driver
from quorate.sim import Cluster
from quorate.sim.disk import CrashedError, SimDisk
from quorate.sim.image import DiskImage
from quorate.sim.node import SimNode
from quorate.sim.observer import Observer
from quorate.sim.process import Process, open_store
from quorate.storage.store import Store


def a_node(cluster: Cluster, node: int = 1) -> SimNode:
    return cluster.nodes[node]


def test_it_is_the_production_driver_and_store_checked_and_recorded() -> None:
    cluster = Cluster(nodes=3, traced=True)
    node = a_node(cluster)
    process = node._running()
    assert type(process) is Process
    assert type(process.driver) is Driver
    assert type(process.store) is Store
    cluster.wait_for_leader()
    assert cluster.trace is not None
    assert cluster.trace.records == cluster.observer.tally.steps


def test_a_disk_in_use_is_not_opened_twice() -> None:
    node = a_node(Cluster(nodes=1))
    with pytest.raises(LockedError):
        open_store(node._ground, 1, SimDisk(node.image))


def test_the_disk_of_another_node_is_refused() -> None:
    cluster = Cluster(nodes=2)
    node = a_node(cluster)
    node.crash(power=False)
    with pytest.raises(MismatchError):
        open_store(node._ground, 2, SimDisk(node.image))


def test_a_death_while_opening_leaves_a_disk_that_can_be_opened() -> None:
    ground = a_node(Cluster(nodes=1))._ground
    for operations in range(20):
        image = DiskImage()
        disk = SimDisk(image)
        disk.crash_after(operations)
        with pytest.raises(CrashedError):
            open_store(ground, 1, disk)
        disk.release()
        assert open_store(ground, 1, SimDisk(image)).incarnation >= 1


def test_a_batch_that_comes_again_is_counted_and_not_applied() -> None:
    cluster = Cluster(nodes=1)
    machine = a_node(cluster)._running().machine
    batch = Batch(SessionId(1, 7, 1), 1, 0, [b"1.1"])
    for index in (1, 2):
        data = encode_batch(batch)
        machine.apply(Entry(index, 1, EntryKind.BATCH, data, crc32(data)))
    assert machine.machine.commands == [b"1.1"]
    assert cluster.observer.tally.batches_skipped == 1


def test_what_goes_out_and_what_is_written_is_told_where_there_are_grants_to_be_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    real = Observer.stored

    def stored(observer: Observer, node: NodeId, result: object) -> None:
        real(observer, node, result)
        told.append(f"stored {type(result).__name__}")

    monkeypatch.setattr(Observer, "stored", stored)
    monkeypatch.setattr(Observer, "sent", lambda _self, _node, _to, message: told.append(type(message).__name__))
    Cluster(nodes=3).wait_for_leader()
    assert told == []
    electing = next(name for name in names() if find(name).grants is not None)
    cluster = Cluster(nodes=3, algorithm=electing)
    cluster.wait_for_leader()
    assert {"stored Persisted", "Heartbeat"} <= set(told)
    assert all(view.written == view.position for view in cluster.observer.chronicle.views.values())
