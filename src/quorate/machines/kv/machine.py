"""The replicated key-value machine: etcd's data model, without its history of old revisions."""

import operator
from collections.abc import Callable, Iterable
from typing import Any

from quorate.core.errors import InvariantError
from quorate.core.machine import CommandError
from quorate.machines.kv.commands import (
    Command,
    CompareAndSwap,
    Condition,
    Delete,
    Put,
    Relation,
    Target,
    check_command,
    check_range,
    decode_command,
)
from quorate.machines.kv.results import DeleteResult, PutResult, RangeResult, Result, SwapResult
from quorate.machines.kv.snapshot import PairSnapshot, read_pairs
from quorate.machines.kv.store import KeyValue, PairStore, SortTarget

FIRST_REVISION = 1
"""Of an empty store, as in etcd: 0 stays free to mean "none"."""

MAX_PREVIOUS_BYTES = 16 * 1024 * 1024
"""Of the pairs that a delete returns: every replica keeps results, in memory and in snapshots, until they are settled."""

_RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: operator.eq,
    Relation.GREATER: operator.gt,
    Relation.LESS: operator.lt,
    Relation.NOT_EQUAL: operator.ne,
}

_ABSENT = KeyValue(b"", b"", 0, 0, 0)


class KeyValueMachine:
    """Keys and values under one revision counter, a `StateMachine`.

    `revision` rises by one with each command that changes something, and with no other; all keys that one command
    touches get the same. Commands go through `apply` (see `commands`); `get` and `range` are reads, to be called on the
    machine itself once a read is confirmed as linearizable.
    """

    result_type = Result

    def __init__(self) -> None:
        self.revision = FIRST_REVISION
        self._store = PairStore()
        self._handlers: dict[type[Command], Callable[[Any], Result]] = {
            Put: self._put,
            Delete: self._delete,
            CompareAndSwap: self._compare_and_swap,
        }

    def __len__(self) -> int:
        return len(self._store)

    def apply(self, command: bytes) -> Result:
        """Carry out one encoded command. Raises `CommandError`, having changed nothing, with one of the codes
        `malformed`, `empty_key`, `key_too_large`, `value_too_large`, `conditions`, `result_too_large`."""
        decoded = decode_command(command)
        check_command(decoded)
        return self._handlers[type(decoded)](decoded)

    def get(self, key: bytes) -> KeyValue | None:
        """The pair of `key`; None: there is none."""
        return self._store.get(key)

    def range(
        self,
        key: bytes,
        range_end: bytes = b"",
        *,
        limit: int = 0,
        count_only: bool = False,
        keys_only: bool = False,
        sort_by: SortTarget = SortTarget.KEY,
        descending: bool = False,
    ) -> RangeResult:
        """The pairs of a key or a range (see `key_range`, `prefix_range`).

        `limit`: at most so many pairs, 0 or below: all; counted after sorting. `count_only`: no pairs, the count alone.
        `keys_only`: the pairs with empty values. Raises `CommandError` for an empty key or one that is too large.
        """
        check_range(key, range_end)
        count = self._store.count(key, range_end)
        if count_only:
            return RangeResult(self.revision, [], count)
        pairs = self._store.select(key, range_end, limit=limit, sort_by=sort_by, descending=descending)
        if keys_only:
            pairs = [_without_value(pair) for pair in pairs]
        return RangeResult(self.revision, pairs, count, len(pairs) < count)

    def snapshot(self) -> Iterable[bytes]:
        """The state as of this call, encoded while it is read: the pairs never change, so references are enough."""
        return PairSnapshot(self.revision, *self._store.capture())

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace the state; raises `DamagedError` or `MismatchError`, and then the state is what it was."""
        revision, pairs = read_pairs(chunks)
        self.revision, self._store = revision, PairStore(pairs)

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        self._store.check()
        newest = max((pair.mod_revision for pair in self._store.select(b"", b"\0")), default=0)
        if newest > self.revision:
            raise InvariantError(f"a pair of revision {newest} in a store of revision {self.revision}")

    def _put(self, command: Put) -> PutResult:
        self.revision += 1
        previous = self._store.put(command.key, command.value, self.revision)
        return PutResult(self.revision, previous if command.prev_kv else None)

    def _delete(self, command: Delete) -> DeleteResult:
        if command.prev_kv:
            self._check_previous(command)
        removed = self._store.remove(command.key, command.range_end)
        if removed:
            self.revision += 1
        return DeleteResult(self.revision, len(removed), tuple(removed) if command.prev_kv else ())

    def _compare_and_swap(self, command: CompareAndSwap) -> SwapResult:
        found = self._store.get(command.key)
        if not all(_holds(condition, found) for condition in command.conditions):
            return SwapResult(self.revision, succeeded=False, found=found)
        if command.value is not None:
            self.revision += 1
            self._store.put(command.key, command.value, self.revision)
        elif self._store.remove(command.key):
            self.revision += 1
        return SwapResult(self.revision, succeeded=True, found=found if command.prev_kv else None)

    def _check_previous(self, command: Delete) -> None:
        size = sum(len(pair.key) + len(pair.value) for pair in self._store.select(command.key, command.range_end))
        if size > MAX_PREVIOUS_BYTES:
            raise CommandError(
                f"the deleted pairs would be {size} bytes, at most {MAX_PREVIOUS_BYTES} can be returned; "
                "nothing is deleted: leave out prev_kv, or delete smaller ranges",
                "result_too_large",
            )


def _holds(condition: Condition, pair: KeyValue | None) -> bool:
    compare = _RELATIONS[condition.relation]
    match condition.target:
        case Target.VALUE:
            # etcd: "nil == empty string in grpc; no way to represent missing value", so it fails whatever the relation.
            return pair is not None and compare(pair.value, condition.operand)
        case Target.VERSION:
            return compare((pair or _ABSENT).version, condition.operand)
        case Target.CREATE:
            return compare((pair or _ABSENT).create_revision, condition.operand)
        case Target.MOD:
            return compare((pair or _ABSENT).mod_revision, condition.operand)


def _without_value(pair: KeyValue) -> KeyValue:
    return KeyValue(pair.key, b"", pair.create_revision, pair.mod_revision, pair.version)
