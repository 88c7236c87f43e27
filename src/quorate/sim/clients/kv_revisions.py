"""The revisions of the key-value machine: one counter for all keys, so what they tell of the order of operations needs no search."""

from __future__ import annotations

from collections.abc import Sequence

from quorate.core.ids import MILLISECOND
from quorate.machines.kv import KeyValue
from quorate.sim.clients.kv_model import KeyValueModel, KvOperation, changes, pairs_in, put_by
from quorate.sim.invariants.base import InvariantBrokenError

SOURCE = (
    "one revision counter, raised by each change (etcd, data model), in the order of real time (Herlihy and Wing 1990)"
)


def check_revisions(history: Sequence[KvOperation]) -> None:
    """Raise `InvariantBrokenError` unless revisions rise with real time, each stands for one change, and what was found under one is
    always the same pair. Open operations tell nothing."""
    _check_order(history)
    _check_changes(history)


def _check_order(history: Sequence[KvOperation]) -> None:
    """What is called after an answer has at least that answer's revision, and a higher one if it changes something."""
    moments = [(operation.called_ns, 0, number) for number, operation in enumerate(history)]
    moments += [(operation.returned_ns or 0, 1, number) for number, operation in enumerate(history) if operation.answer]
    newest, by = 0, -1
    floors: dict[int, tuple[int, int]] = {}
    for _, returns, number in sorted(moments):
        if not returns:
            floors[number] = newest, by
            continue
        operation = history[number]
        revision = operation.answer.revision if operation.answer is not None else 0
        floor, earlier = floors[number]
        if revision < floor or (revision == floor and changes(operation)):
            _broken(
                f"{_words(operation)} came to revision {revision} after {_words(history[earlier])} had come to {floor}"
            )
        if revision > newest:
            newest, by = revision, number


def _check_changes(history: Sequence[KvOperation]) -> None:
    changed: dict[int, KvOperation] = {}
    pairs: dict[int, KeyValue] = {}
    for operation in history:
        if operation.answer is not None and changes(operation):
            other = changed.setdefault(operation.answer.revision, operation)
            if other is not operation:
                _broken(
                    f"revision {operation.answer.revision} is that of two changes: {_words(other)} and {_words(operation)}"
                )
    for operation in history:
        for pair in pairs_in(operation.answer):
            if pairs.setdefault(pair.mod_revision, pair) != pair:
                _broken(f"one revision, two pairs: {pairs[pair.mod_revision]} and {pair}")
            origin = changed.get(pair.mod_revision)
            if origin is not None and put_by(origin) != (pair.key, pair.value):
                _broken(f"{pair} was found, but the change of that revision is {_words(origin)}")


def _words(operation: KvOperation) -> str:
    """One operation for people; times in ms."""
    called, returned = operation.called_ns / MILLISECOND, (operation.returned_ns or 0) / MILLISECOND
    key = operation.call.key.decode(errors="backslashreplace")
    return (
        f"[client {operation.client}, {called:.3f} to {returned:.3f} ms, {key}: {KeyValueModel().describe(operation)}]"
    )


def _broken(detail: str) -> None:
    raise InvariantBrokenError("Revisions", SOURCE, detail)
