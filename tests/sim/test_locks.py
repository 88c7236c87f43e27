"""Locks and fencing tokens on top of a cluster in trouble: S-C9."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import pytest

from quorate.core.ids import NodeId
from quorate.core.machine import CommandError
from quorate.core.outcome import Applied
from quorate.machines.kv import (
    CompareAndSwap,
    Condition,
    KeyValueMachine,
    Put,
    SwapResult,
    Target,
    encode_command,
)
from quorate.sim import Cluster
from quorate.sim.cluster import Pending

KEY = b"lock"
FREE = Condition(Target.VERSION, 0)


class Contender:
    """Wants the lock again and again, from its own node. Every attempt has a value of its own, so it knows a lock that it got without
    being told."""

    def __init__(self, cluster: Cluster, node: NodeId, holders: dict[NodeId, bytes], *, careless: bool) -> None:
        self._cluster = cluster
        self._node = node
        self._holders = holders
        self._careless = careless
        self._attempts = 0
        self._ticks = 0
        self._mine: set[bytes] = set()
        self._held = b""
        self._acquiring: Pending | None = None
        self._releasing: Pending | None = None

    def tick(self) -> None:
        """A moment later: look at what was answered, and go on."""
        if self._releasing is not None:
            self._go_on_releasing(self._releasing)
        elif self._node in self._holders:
            self._ticks += 1
            if self._ticks > 3:
                self._release()
        elif self._acquiring is None:
            self._acquire()
        elif self._acquiring.done:
            self._see(self._acquiring)

    def _acquire(self) -> None:
        self._attempts += 1
        value = b"%d.%d" % (self._node, self._attempts)
        self._mine.add(value)
        command = Put(KEY, value) if self._careless else CompareAndSwap(KEY, (FREE,), value, prev_kv=True)
        self._acquiring = self._propose(encode_command(command))

    def _see(self, acquiring: Pending) -> None:
        self._acquiring = None
        outcome = acquiring.outcome
        if not isinstance(outcome, Applied):
            return  # perhaps it has the lock: the next attempt finds out
        (result,) = outcome.results
        held = b"%d.%d" % (self._node, self._attempts)
        if isinstance(result, SwapResult) and not result.succeeded:
            assert result.found is not None
            held = result.found.value
        if held in self._mine:
            assert not self._holders, f"{self._node} got the lock as {held!r} while {self._holders} hold it"
            self._holders[self._node] = held
            self._ticks = 0

    def _release(self) -> None:
        self._held = self._holders.pop(self._node)
        self._give_back()

    def _give_back(self) -> None:
        command = CompareAndSwap(KEY, (Condition(Target.VALUE, self._held),), None)
        self._releasing = self._propose(encode_command(command))

    def _go_on_releasing(self, releasing: Pending) -> None:
        """Until it is certain: giving back twice what was held once does no harm."""
        if not releasing.done:
            return
        self._releasing = None
        if not isinstance(releasing.outcome, Applied):
            self._give_back()

    def _propose(self, command: bytes) -> Pending:
        if not self._cluster.nodes[self._node].up:
            self._cluster.restart(self._node)
        return self._cluster.propose(self._node, [command], timeout=1.0)


def contend(seed: int, *, careless: bool = False) -> int:
    """How often the lock was taken by five contenders while leaders are cut off and killed; AssertionError if two held it."""
    cluster = Cluster(KeyValueMachine, guard=None, nodes=5, seed=seed)
    cluster.wait_for_leader()
    holders: dict[NodeId, bytes] = {}
    contenders = [Contender(cluster, node, holders, careless=careless) for node in cluster.nodes]
    random = Random(seed)
    taken, before = 0, dict(holders)
    for moment in range(200):
        for contender in contenders:
            contender.tick()
        taken += bool(holders) and holders != before
        before = dict(holders)
        if moment % 50 == 25 and (leader := cluster.leader()) is not None:
            companion = random.choice([node for node in cluster.nodes if node != leader.node])
            cluster.cut([leader.node, companion])
        if moment % 50 == 49:
            cluster.mend()
        cluster.run(0.05)
    return taken


@pytest.mark.parametrize("seed", [1, 2])
def test_s_c9_two_holders_of_a_lock_never_overlap(seed: int) -> None:
    assert contend(seed) > 10


def test_s_c9_a_lock_that_is_none_is_seen_to_overlap() -> None:
    with pytest.raises(AssertionError, match=r"got the lock as .* while"):
        contend(1, careless=True)


class Fenced:
    """Takes orders of controllers, each with the controller's term, and of none but the newest that it has heard of."""

    def __init__(self) -> None:
        self.term = 0
        self.orders: list[str] = []

    def apply(self, command: bytes) -> int:
        term, _, order = command.decode().partition(" ")
        if int(term) < self.term:
            raise CommandError(f"term {term} is over", "fenced")
        self.term = int(term)
        self.orders.append(order)
        return self.term

    def snapshot(self) -> bytes:
        return "\n".join([str(self.term), *self.orders]).encode()

    def restore(self, chunks: Iterable[bytes]) -> None:
        term, *self.orders = b"".join(chunks).decode().split("\n")
        self.term = int(term)


def test_s_c9_a_fenced_old_controller_changes_nothing() -> None:
    """It led when it gave its order, which got to nobody. When it is heard again, another has been in office since."""
    cluster = Cluster(Fenced, nodes=5, seed=4)
    old = cluster.wait_for_leader()
    token = old.status().term
    assert isinstance(cluster.apply(old.node, b"%d first" % token), Applied)
    cluster.cut([old.node])
    late = cluster.propose(old.node, [b"%d late" % token], timeout=30)
    cluster.run_until(lambda: any(node.status().ready and node is not old for node in cluster.up()))
    new = next(node for node in cluster.up() if node.status().ready and node is not old)
    assert new.status().term > token
    assert isinstance(cluster.apply(new.node, b"%d second" % new.status().term), Applied)
    cluster.heal()
    cluster.run_until(lambda: late.done)
    assert isinstance(late.outcome, Applied)
    (refusal,) = late.outcome.results
    assert isinstance(refusal, CommandError)
    assert refusal.code == "fenced"
    cluster.wait_for_convergence()
    assert all(node.machine.orders == ["first", "second"] for node in cluster.up())
