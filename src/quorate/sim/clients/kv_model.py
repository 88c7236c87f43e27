"""The key-value machine as the clients of one key see it: a second, dumb statement of what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from quorate.machines.kv import (
    CompareAndSwap,
    Condition,
    Delete,
    DeleteResult,
    KeyValue,
    Put,
    PutResult,
    Relation,
    SwapResult,
    Target,
)
from quorate.sim.clients.model import Model
from quorate.sim.clients.operations import Operation


class Get(msgspec.Struct, frozen=True):
    """A read of one key."""

    key: bytes


class Found(msgspec.Struct, frozen=True):
    """Answer of a `Get`: the pair, if there is one, and the revision of the store that it was read from."""

    revision: int
    pair: KeyValue | None


KvCall: TypeAlias = Get | Put | Delete | CompareAndSwap
KvAnswer: TypeAlias = Found | PutResult | DeleteResult | SwapResult
KvOperation: TypeAlias = Operation[KvCall, KvAnswer]

Register: TypeAlias = tuple[int, bytes]
"""The state of one key: its version and its value; version 0: it is not there."""

ABSENT: Register = (0, b"")

_RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: lambda left, right: left == right,
    Relation.GREATER: lambda left, right: left > right,
    Relation.LESS: lambda left, right: left < right,
    Relation.NOT_EQUAL: lambda left, right: left != right,
}


class KeyValueModel(Model[Register, KvCall, KvAnswer]):
    """Each key by itself. Every answer is held against version and value, and its revision says where it stands among the others of the
    key; what revisions say of several keys is `kv_revisions`' concern. `ranked`: False leaves revisions alone, for a store without.

    Raises ValueError for what touches more than one key: a delete of a range, a condition on a revision.
    """

    def __init__(self, *, ranked: bool = True) -> None:
        self._ranked = ranked

    def init(self) -> Register:
        return ABSENT

    def step(self, state: Register, operation: KvOperation) -> Register | None:
        return _STEPS[type(operation.call)](state, operation.call, operation.answer)

    def partition(self, call: KvCall) -> bytes:
        if isinstance(call, Delete) and call.range_end:
            raise ValueError(f"a delete of the range from {call.key!r} cannot be judged key by key")
        if isinstance(call, CompareAndSwap) and not _PER_KEY.issuperset(item.target for item in call.conditions):
            raise ValueError(f"a condition on a revision of {call.key!r} cannot be judged key by key: use its version")
        return call.key

    def reads(self, call: KvCall) -> bool:
        return isinstance(call, Get)

    def rank(self, operation: KvOperation) -> int | None:
        """A change is the first thing at its revision; what else was answered with it came after."""
        if operation.answer is None or not self._ranked:
            return None
        return 2 * operation.answer.revision + (not changes(operation))

    def describe(self, operation: KvOperation) -> str:
        answer = "not known" if operation.answer is None else _answer_words(operation.answer)
        return f"{_call_words(operation.call)}: {answer}"

    def describe_state(self, state: Register) -> str:
        return f"{_text(state[1])} version {state[0]}" if state[0] else "nothing"


def changes(operation: KvOperation) -> bool:
    """Whether the operation is known to have changed something."""
    answer = operation.answer
    if isinstance(answer, SwapResult):
        return answer.succeeded and (put_by(operation) is not None or answer.found is not None)
    return isinstance(answer, PutResult) or (isinstance(answer, DeleteResult) and answer.deleted > 0)


def put_by(operation: KvOperation) -> tuple[bytes, bytes] | None:
    """Key and value that a change leaves; None: it deletes."""
    call = operation.call
    if isinstance(call, Put | CompareAndSwap) and call.value is not None:
        return call.key, call.value
    return None


_PER_KEY = frozenset((Target.VERSION, Target.VALUE))


def _get(state: Register, _call: Get, answer: Found | None) -> Register | None:
    return state if answer is None or _same(answer.pair, state) else None


def _put(state: Register, call: Put, answer: PutResult | None) -> Register | None:
    if answer is not None and call.prev_kv and not _same(answer.previous, state):
        return None
    return state[0] + 1, call.value


def _delete(state: Register, call: Delete, answer: DeleteResult | None) -> Register | None:
    if answer is not None:
        removed = answer.previous[0] if answer.previous else None
        if answer.deleted != (state[0] > 0) or (call.prev_kv and not _same(removed, state)):
            return None
    return ABSENT


def _swap(state: Register, call: CompareAndSwap, answer: SwapResult | None) -> Register | None:
    holds = all(_holds(condition, state) for condition in call.conditions)
    if answer is not None:
        told = call.prev_kv or not holds
        if answer.succeeded is not holds or (told and not _same(answer.found, state)):
            return None
    if not holds:
        return state
    return ABSENT if call.value is None else (state[0] + 1, call.value)


_STEPS: dict[type[KvCall], Callable[..., Register | None]] = {
    Get: _get,
    Put: _put,
    Delete: _delete,
    CompareAndSwap: _swap,
}


def _holds(condition: Condition, state: Register) -> bool:
    compare = _RELATIONS[condition.relation]
    if condition.target is Target.VALUE:
        # No value is compared to what is not there, whatever the relation.
        return state[0] > 0 and compare(state[1], condition.operand)
    return compare(state[0], condition.operand)


def _same(pair: KeyValue | None, state: Register) -> bool:
    return state[0] == 0 if pair is None else (pair.version, pair.value) == state


def _text(value: bytes) -> str:
    return repr(value.decode(errors="backslashreplace"))


def _pair_words(pair: KeyValue | None) -> str:
    return "nothing" if pair is None else f"{_text(pair.value)} version {pair.version}"


def _call_words(call: KvCall) -> str:
    match call:
        case Get():
            return "get"
        case Put():
            return f"put {_text(call.value)}"
        case Delete():
            return "delete"
        case CompareAndSwap():
            conditions = " and ".join(
                f"{item.target.name.lower()} {item.relation.name.lower().replace('_', ' ')} {item.operand!r}"
                for item in call.conditions
            )
            return f"if {conditions} " + ("delete" if call.value is None else f"put {_text(call.value)}")


def _answer_words(answer: KvAnswer) -> str:
    match answer:
        case Found():
            return _pair_words(answer.pair)
        case PutResult():
            return "done" if answer.previous is None else f"done, was {_pair_words(answer.previous)}"
        case DeleteResult():
            was = f", was {_pair_words(answer.previous[0])}" if answer.previous else ""
            return f"deleted{was}" if answer.deleted else "nothing to delete"
        case SwapResult():
            verdict = "succeeded" if answer.succeeded else "conditions do not hold"
            return verdict if answer.found is None else f"{verdict}, found {_pair_words(answer.found)}"


def pairs_in(answer: KvAnswer | None) -> Iterator[KeyValue]:
    """The pairs that an answer shows."""
    match answer:
        case (
            Found(pair=KeyValue() as pair)
            | PutResult(previous=KeyValue() as pair)
            | SwapResult(found=KeyValue() as pair)
        ):
            yield pair
        case DeleteResult(previous=pairs):
            yield from pairs
