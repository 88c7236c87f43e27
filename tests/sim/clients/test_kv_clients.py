"""Clients of the key-value machine, and what their judgement catches."""

from __future__ import annotations

import pytest

from quorate.machines.kv import (
    KeyValueMachine,
    Put,
    PutResult,
    Result,
    decode_command,
)
from quorate.runtime.limits import Limits
from quorate.sim import Cluster, InvariantBrokenError, NeverError
from quorate.sim.clients import kv_clients
from quorate.sim.clients.kv_clients import HOT_KEYS, MAX_UNKNOWN, TURN_CALLS, Keys, KvLog, KvRead, KvWorkload, KvWrite
from quorate.sim.clients.kv_model import Get
from quorate.sim.clients.linearizability import GaveUp
from quorate.sim.clients.operations import Operation, OperationLog
from quorate.sim.clients.workload import WorkloadSettings


def begun(seed: int, clients: int = 4, reads: float = 0.25) -> tuple[Cluster, KvWorkload]:
    workload = KvWorkload(WorkloadSettings(kind="kv", clients=clients, reads=reads))
    cluster = Cluster(machines=workload.machine, nodes=3, seed=seed)
    workload.begin(cluster)
    return cluster, workload


def stopped(cluster: Cluster, workload: KvWorkload) -> None:
    workload.stop()
    cluster.run_until(lambda: not workload.busy)


def test_s_c7_a_sound_cluster_is_linearizable() -> None:
    cluster, workload = begun(1)
    cluster.run(10)
    stopped(cluster, workload)
    workload.finish()
    counts = workload.counts()
    assert counts["operations judged"] > 150
    assert (
        counts["states visited by the checker"] >= counts["operations judged"] - counts["operations of unknown outcome"]
    )
    kinds = {type(operation.call).__name__ for operation in workload.log.operations()}
    assert kinds == {"Get", "Put", "Delete", "CompareAndSwap"}
    swaps = [
        operation.answer for operation in workload.log.operations() if type(operation.answer).__name__ == "SwapResult"
    ]
    assert {swap.succeeded for swap in swaps} == {True, False}


def test_every_key_is_read_on_every_node_in_the_end() -> None:
    cluster, workload = begun(2)
    cluster.run(8)
    stopped(cluster, workload)
    before = len(workload.log.operations())
    workload.finish()
    final = workload.log.operations()[before:]
    assert len(workload.keys.all()) > HOT_KEYS
    assert {(operation.client, operation.call.key) for operation in final if isinstance(operation.call, Get)} == {
        (-node, key) for node in (1, 2, 3) for key in workload.keys.all()
    }
    assert [operation.client for operation in final if isinstance(operation.call, Put)] == [-1, -2, -3]


def test_hot_keys_give_way() -> None:
    keys = Keys()
    seen = [keys.next() for _ in range(2 * TURN_CALLS)]
    assert seen[0] == seen[TURN_CALLS - 1] == [b"k0", b"k1", b"k2"]
    assert seen[TURN_CALLS] == [b"k1", b"k2", b"k3"]
    assert keys.all() == [b"k%d" % number for number in range(1 + HOT_KEYS)]


def test_a_key_with_many_unknown_outcomes_gives_way_at_once() -> None:
    keys = Keys()
    log: KvLog = OperationLog(lambda: 1)
    writes = [KvWrite(1, [Put(b"k1", b"1")], log, keys) for _ in range(MAX_UNKNOWN)]
    for write in writes[1:]:
        write.attempted()
        write.attempted()
    assert keys.next() == [b"k0", b"k1", b"k2"]
    writes[0].attempted()
    assert keys.next() == [b"k2", b"k3", b"k4"]
    for write in writes:
        write.acknowledged([PutResult(2)])
    assert keys.unknown == {b"k1": 0}
    assert keys.all() == [b"k%d" % number for number in range(5)]


def test_an_attempt_that_was_refused_leaves_nothing_and_the_next_begins_later() -> None:
    times = iter(range(100))
    log: KvLog = OperationLog(lambda: next(times))
    write = KvWrite(7, [Put(b"a", b"1"), Put(b"b", b"2")], log, Keys())
    write.attempted()
    write.attempted()
    assert [(operation.call.key, operation.called_ns) for operation in log.operations()] == [(b"a", 2), (b"b", 3)]
    write.acknowledged([PutResult(5), PutResult(6)])
    assert log.operations()[1] == Operation(7, Put(b"b", b"2"), 3, PutResult(6), 5)


def test_a_write_that_is_given_up_leaves_nothing_and_one_without_an_answer_stays_open() -> None:
    log: KvLog = OperationLog(lambda: 1)
    for put in (Put(b"a", b"1"), Put(b"b", b"2")):
        write = KvWrite(7, [put], log, Keys())
        write.attempted()
        if put.key == b"a":
            write.given_up()
    (left,) = log.operations()
    assert left == Operation(7, Put(b"b", b"2"), 1)


def test_unknown_outcomes_stay_open() -> None:
    cluster, workload = begun(3, reads=0.0)
    cluster.run(3)
    leader = cluster.wait_for_leader()
    cluster.cut([leader.node])
    cluster.run(8)
    cluster.mend()
    stopped(cluster, workload)
    workload.finish()
    assert workload.outcomes.unknown > 0
    assert workload.counts()["operations of unknown outcome"] >= workload.outcomes.unknown


class Forgetful(KeyValueMachine):
    """Acknowledges each put whose value ends in 7, and does not do it."""

    def apply(self, command: bytes) -> Result:
        decoded = decode_command(command)
        if isinstance(decoded, Put) and decoded.value.endswith(b"7"):
            self.revision += 1
            return PutResult(self.revision)
        return super().apply(command)


class Brisk(KeyValueMachine):
    """Raises the revision by nothing when a key is there already."""

    def apply(self, command: bytes) -> Result:
        decoded = decode_command(command)
        if self.get(decoded.key) is not None:
            self.revision -= 1
        return super().apply(command)


def broken_by(machine: type[KeyValueMachine], seeds: range = range(3)) -> InvariantBrokenError:
    """What the first of some runs on such machines raises."""
    for seed in seeds:
        workload = KvWorkload(WorkloadSettings(kind="kv", clients=4))
        cluster = Cluster(machines=lambda _node: machine(), nodes=3, seed=seed, limits=Limits(snapshot_entries=20))
        workload.begin(cluster)
        for node in (1, 2, 3):
            cluster.run(3)
            cluster.crash(node)
            cluster.run(1)
            cluster.restart(node)
        cluster.wait_for_leader()
        stopped(cluster, workload)
        try:
            workload.finish()
        except InvariantBrokenError as error:
            return error
    raise AssertionError("nothing was found")


def test_s_c7_a_machine_that_forgets_is_caught_and_the_evidence_shown() -> None:
    error = broken_by(Forgetful)
    assert error.title == "Linearizability"
    assert "could not be placed:" in error.detail


def test_revisions_that_do_not_rise_are_caught() -> None:
    assert broken_by(Brisk).title in ("Linearizability", "Revisions")


def test_a_stale_read_of_another_key_is_caught_by_its_revision() -> None:
    """Nothing of the key itself tells: no order of that key's operations is wrong."""
    workload = KvWorkload()
    times = iter(range(0, 1000, 10))
    workload.log = OperationLog(lambda: next(times))
    write = KvWrite(1, [Put(b"a", b"1")], workload.log, workload.keys)
    write.attempted()
    write.acknowledged([PutResult(2)])
    KvRead(2, [b"b"], workload.log).find(KeyValueMachine())
    with pytest.raises(
        InvariantBrokenError, match=r"^Revisions: .client 2, .* b: get: nothing. came to revision 1 after"
    ):
        workload.judge()


def test_a_check_that_gives_up_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kv_clients, "check", lambda _history, _model: GaveUp(b"k0", 200_000))
    with pytest.raises(NeverError, match="linearizability: no verdict: 200,000 states of b'k0' were visited"):
        KvWorkload().judge()
