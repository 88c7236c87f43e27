"""Clients of the key-value machine: what they asked and were told must be explained by one order of operations."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from quorate.core.ids import NodeId
from quorate.core.machine import StateMachine
from quorate.machines.kv import (
    CompareAndSwap,
    Condition,
    Delete,
    KeyValue,
    KeyValueMachine,
    Put,
    Target,
    encode_command,
)
from quorate.sim.clients.calm import read_through, write_through
from quorate.sim.clients.client import Client, ClientGroup, Outcomes
from quorate.sim.clients.evidence import show
from quorate.sim.clients.kv_model import Found, Get, KeyValueModel, KvAnswer, KvCall
from quorate.sim.clients.kv_outcomes import infer_outcomes
from quorate.sim.clients.kv_revisions import check_revisions
from quorate.sim.clients.linearizability import GaveUp, NotLinearizable, check
from quorate.sim.clients.operations import OperationLog
from quorate.sim.clients.workload import WorkloadSettings
from quorate.sim.cluster import Cluster, NeverError
from quorate.sim.guard.ledger import Ledger
from quorate.sim.guard.machine import GuardedMachine, GuardSettings
from quorate.sim.invariants.base import InvariantBrokenError
from quorate.sim.node import SimNode

SOURCE = "Herlihy and Wing 1990; the search: Wing and Gong 1993, Lowe 2017"

HOT_KEYS = 3
"""Keys in use at a time: few, so that clients meet."""

TURN_CALLS = 20
"""Calls after which the oldest hot key gives way to a new one."""

MAX_UNKNOWN = 12
"""Operations without an answer, under way or for ever, at which a key gives way at once: at worst each doubles the work of the checker."""

KvLog = OperationLog[KvCall, KvAnswer]


class Keys:
    """The keys of one storm. `seen`: what anyone last found there, for conditions that often hold. `unknown`: operations without an
    answer, by key."""

    def __init__(self) -> None:
        self.seen: dict[bytes, KeyValue] = {}
        self.unknown: dict[bytes, int] = {}
        self._first = 0
        self._calls = 0

    def next(self) -> list[bytes]:
        """The hot keys, for one more call."""
        self._calls += 1
        if self._calls > TURN_CALLS:
            self._turn()
        while any(self.unknown.get(key, 0) >= MAX_UNKNOWN for key in self._hot()):
            self._turn()
        return self._hot()

    def all(self) -> list[bytes]:
        """Every key that was ever hot."""
        return [_key(number) for number in range(self._first + HOT_KEYS)]

    def wait(self, key: bytes, operations: int) -> None:
        """So many more, or fewer, operations on `key` are without an answer."""
        self.unknown[key] = self.unknown.get(key, 0) + operations

    def _turn(self) -> None:
        self._first += 1
        self._calls = 1

    def _hot(self) -> list[bytes]:
        return [_key(number) for number in range(self._first, self._first + HOT_KEYS)]


def _key(number: int) -> bytes:
    return b"k%d" % number


class KvWrite:
    """Commands, no two of one key; an operation of the log each."""

    def __init__(self, client: int, calls: Sequence[Put | Delete | CompareAndSwap], log: KvLog, keys: Keys) -> None:
        self.commands = [encode_command(call) for call in calls]
        self._client = client
        self._calls = calls
        self._log = log
        self._keys = keys
        self._numbers: list[int] = []

    def attempted(self) -> None:
        self.given_up()
        self._numbers = [self._log.called(self._client, call) for call in self._calls]
        self._wait(1)

    def acknowledged(self, results: Sequence[Any]) -> None:
        for number, result in zip(self._numbers, results, strict=True):
            self._log.returned(number, result)
        self._wait(-1)

    def given_up(self) -> None:
        if not self._numbers:
            return
        for number in self._numbers:
            self._log.dropped(number)
        self._numbers = []
        self._wait(-1)

    def _wait(self, operations: int) -> None:
        for call in self._calls:
            self._keys.wait(call.key, operations)


class KvRead:
    """Some keys, looked up at one moment."""

    def __init__(self, client: int, keys: Sequence[bytes], log: KvLog) -> None:
        self._keys = keys
        self._log = log
        self._numbers = [log.called(client, Get(key)) for key in keys]

    def find(self, machine: KeyValueMachine) -> list[Found]:
        """Look, and note what is there."""
        found = [Found(machine.revision, machine.get(key)) for key in self._keys]
        for number, answer in zip(self._numbers, found, strict=True):
            self._log.returned(number, answer)
        return found


class KvClient(Client):
    """Puts, deletes and swaps on some of the hot keys, or a read of all of them."""

    def __init__(
        self, number: int, cluster: Cluster, settings: WorkloadSettings, outcomes: Outcomes, log: KvLog, keys: Keys
    ) -> None:
        super().__init__(number, cluster, settings, outcomes)
        self._log = log
        self._keys = keys
        self._written = 0

    def act(self) -> None:
        keys = self._keys.next()
        if self.random.random() < self.settings.reads:
            self._look(keys)
            return
        chosen = self.random.sample(keys, min(len(keys), self.random.randint(1, self.settings.commands)))
        self.write(KvWrite(self.number, [self._draw(key) for key in chosen], self._log, self._keys), self.any_node())

    def _look(self, keys: Sequence[bytes]) -> None:
        read = KvRead(self.number, keys, self._log)

        def told(node: SimNode) -> None:
            for answer in read.find(node.machine):
                if answer.pair is not None:
                    self._keys.seen[answer.pair.key] = answer.pair

        self.read(self.claimant(), told)

    def _draw(self, key: bytes) -> Put | Delete | CompareAndSwap:
        """Every value is written once, so that what is read tells by whom."""
        random = self.random
        self._written += 1
        value = f"{self.number}.{self._written}".encode()
        told = random.random() < 0.75
        kind = random.random()
        if kind < 0.5:
            return Put(key, value, prev_kv=told)
        if kind < 0.65:
            return Delete(key, prev_kv=told)
        new = None if random.random() < 0.15 else value
        return CompareAndSwap(key, (_condition(random, self._keys.seen.get(key)),), new, prev_kv=told)


def _condition(random: Random, seen: KeyValue | None) -> Condition:
    if seen is None:
        return Condition(Target.VERSION, 0)
    if random.random() < 0.5:
        return Condition(Target.VERSION, seen.version)
    return Condition(Target.VALUE, seen.value)


class KvWorkload(ClientGroup):
    """All clients of one storm, and what they were told."""

    def __init__(self, settings: WorkloadSettings | None = None) -> None:
        super().__init__(settings or WorkloadSettings(kind="kv"))
        self.keys = Keys()
        self.log: KvLog = OperationLog(lambda: self.cluster.now)
        self.visited = 0
        self._ledger = Ledger()

    def machine(self, node: NodeId) -> StateMachine:
        return GuardedMachine(node, KeyValueMachine, self._ledger, GuardSettings(every=50))

    def make_client(self, number: int, cluster: Cluster) -> Client:
        return KvClient(number, cluster, self.settings, self.outcomes, self.log, self.keys)

    def finish(self) -> None:
        """A write through every node; then every key is read on every node, so that what is lost is missed; then the judgement."""
        cluster = self.cluster
        hot = self.keys.next()
        for node in cluster.members_expected():
            write = KvWrite(-node, [Put(hot[node % HOT_KEYS], b"final.%d" % node, prev_kv=True)], self.log, self.keys)
            write.attempted()
            write.acknowledged(write_through(cluster, node, write.commands).results)
        for node in cluster.members_expected():
            read_through(cluster, node, KvRead(-node, self.keys.all(), self.log).find)
        self.judge()

    def judge(self) -> None:
        """Raise unless one order of the operations explains all that clients were told."""
        history = self.log.operations()
        model = KeyValueModel()
        verdict = check(infer_outcomes(history), model)
        self.visited = verdict.visited
        if isinstance(verdict, NotLinearizable):
            raise InvariantBrokenError("Linearizability", SOURCE, show(verdict, model))
        check_revisions(history)
        if isinstance(verdict, GaveUp):
            raise NeverError(f"linearizability: {verdict}")

    def counts(self) -> dict[str, int]:
        history = self.log.operations()
        return {
            "operations judged": len(history),
            "operations of unknown outcome": sum(operation.open for operation in history),
            "states visited by the checker": self.visited,
            **self.outcomes.counts(),
        }
