"""Histories whose verdict is known beforehand: legal ones from a store that is linearizable by construction, illegal ones from an offence
added to them, and a judge so simple that it can be read."""

from __future__ import annotations

from itertools import combinations, permutations
from random import Random

import msgspec

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
from quorate.sim.clients.kv_model import Found, Get, KvAnswer, KvCall, KvOperation
from quorate.sim.clients.model import Model, State
from quorate.sim.clients.operations import Answer, Call, Operation

KEY = b"k0"
"""The key of which every outcome is known."""


def draw_call(random: Random, key: bytes, value: bytes, versions: int) -> KvCall:
    """Any call on `key`; a put or swap brings `value`. `versions`: swaps expect up to so many."""
    kind = random.random()
    if kind < 0.4:
        return Get(key)
    if kind < 0.7:
        return Put(key, value, prev_kv=random.random() < 0.5)
    if kind < 0.8:
        return Delete(key, prev_kv=random.random() < 0.5)
    condition = Condition(Target.VERSION, random.randint(0, versions))
    return CompareAndSwap(key, (condition,), None if random.random() < 0.2 else value, prev_kv=random.random() < 0.5)


def answer_of(machine: KeyValueMachine, call: KvCall) -> KvAnswer:
    """What the real machine says."""
    if isinstance(call, Get):
        return Found(machine.revision, machine.get(call.key))
    return machine.apply(encode_command(call))


def legal(
    random: Random, operations: int, *, clients: int = 4, keys: int = 1, unknown: float = 0.1, versions: int = 3
) -> list[KvOperation]:
    """Clients call again and again; each call takes effect at one moment before it returns. Those of unknown outcome do so at any later
    moment, or never."""
    return _play(_planned(random, operations, clients, keys, unknown, versions))[0]


def _planned(
    random: Random, operations: int, clients: int, keys: int, unknown: float, versions: int
) -> list[tuple[int, KvOperation]]:
    """Operations without answers, and when each takes effect; -1: never."""
    planned: list[tuple[int, KvOperation]] = []
    free_at = [random.randrange(100) for _ in range(clients)]
    for number in range(operations):
        client = min(range(clients), key=free_at.__getitem__)
        called = free_at[client]
        call = draw_call(random, b"k%d" % random.randrange(keys), b"v%d" % number, versions)
        lasts = random.randint(2, 200)
        free_at[client] = called + lasts + random.randrange(100)
        if random.random() >= unknown or (keys > 1 and call.key == KEY):
            planned.append((called + random.randrange(1, lasts), Operation(client, call, called, None, called + lasts)))
        else:
            effect = called + random.randrange(1, 3000) if random.random() < 0.7 else -1
            planned.append((effect, Operation(client, call, called)))
    return planned


def _play(planned: list[tuple[int, KvOperation]]) -> tuple[list[KvOperation], KeyValueMachine]:
    """The operations in the order of their calls, answered by the machine in the order of their effects."""
    machine = KeyValueMachine()
    history = []
    for effect, operation in sorted(planned, key=lambda item: item[0]):
        answer = answer_of(machine, operation.call) if effect >= 0 else None
        history.append(operation if operation.open else msgspec.structs.replace(operation, answer=answer))
    return sorted(history, key=lambda operation: operation.called_ns), machine


class Story:
    """A legal history in which nothing on `KEY` is open, and what is told about `KEY` after it, one thing after the other: by `do` as the
    machine answers, by `tell` whatever the test says."""

    def __init__(self, seed: int, operations: int = 60) -> None:
        random = Random(seed)
        self.history, self.machine = _play(_planned(random, operations, 4, 3, 0.1, 3))
        self.now = 1 + max(operation.returned_ns or operation.called_ns for operation in self.history)
        self._written = 0
        self.put()
        self.put()

    @property
    def pair(self) -> KeyValue:
        """What is there."""
        pair = self.machine.get(KEY)
        assert pair is not None
        return pair

    def put(self, *, told: bool = False) -> KeyValue:
        """An honest put of a new value."""
        self._written += 1
        call = Put(KEY, b"story %d" % self._written, prev_kv=told)
        self.tell(call, answer_of(self.machine, call))
        return self.pair

    def finds(self, pair: KeyValue | None) -> None:
        """A read that answers this."""
        self.tell(Get(KEY), Found(self.machine.revision, pair))

    def tell(self, call: KvCall, answer: KvAnswer | None, *, lasts: int = 10) -> None:
        """An operation that begins now; without an answer it is open."""
        self.now += 10
        self.history.append(Operation(9, call, self.now, answer, None if answer is None else self.now + lasts))
        self.now += 10


def brute_force(history: list[Operation[Call, Answer]], model: Model[State, Call, Answer]) -> bool:
    """Whether some order of all closed and any of the open operations keeps real time and fits the model: every one is tried."""
    closed = [operation for operation in history if not operation.open]
    pending = [operation for operation in history if operation.open]
    for count in range(len(pending) + 1):
        for chosen in combinations(pending, count):
            if any(_fits(order, model) for order in permutations([*closed, *chosen])):
                return True
    return False


def _fits(order: tuple[Operation[Call, Answer], ...], model: Model[State, Call, Answer]) -> bool:
    latest_call = order[0].called_ns if order else 0
    highest = 0
    state = model.init()
    for operation in order:
        if operation.returned_ns is not None and operation.returned_ns < latest_call:
            return False
        latest_call = max(latest_call, operation.called_ns)
        rank = None if operation.open else model.rank(operation)
        if rank is not None:
            if rank < highest:
                return False
            highest = rank
        after = model.step(state, operation)
        if after is None:
            return False
        state = after
    return True


def perturbed(random: Random, history: list[KvOperation]) -> list[KvOperation]:
    """With one thing changed, which may make it illegal or not: an answer of another operation of the kind, another version, an
    operation forgotten, moved, or made open."""
    history = list(history)
    at = random.randrange(len(history))
    operation = history[at]
    change = random.choice((0, 0, 0, 1, 1, 2, 3, 3, 4))
    if change == 0:
        alike = [other.answer for other in history if type(other.call) is type(operation.call) and not other.open]
        if alike and not operation.open:
            history[at] = msgspec.structs.replace(operation, answer=random.choice(alike))
    elif change == 1 and isinstance(operation.answer, Found) and operation.answer.pair is not None:
        pair = msgspec.structs.replace(operation.answer.pair, version=random.randint(1, 4))
        history[at] = msgspec.structs.replace(operation, answer=Found(operation.answer.revision, pair))
    elif change == 2 and len(history) > 1:
        del history[at]
    elif change == 3:
        by = random.randint(-300, 300)
        moved = None if operation.returned_ns is None else operation.returned_ns + by
        history[at] = msgspec.structs.replace(operation, called_ns=operation.called_ns + by, returned_ns=moved)
    elif change == 4:
        history[at] = msgspec.structs.replace(operation, answer=None, returned_ns=None)
    return history
