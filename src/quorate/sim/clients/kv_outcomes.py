"""What the answers of others tell of operations whose own outcome is unknown. The verdict stays the same, and takes far less work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from quorate.core.ids import Nanos
from quorate.machines.kv import CompareAndSwap, KeyValue, Put, PutResult, Relation, SwapResult, Target
from quorate.sim.clients.kv_model import KvOperation, pairs_in, put_by

UNSEEN = b"(never seen)"
"""Stands for every value that nobody ever found."""


def infer_outcomes(history: Sequence[KvOperation]) -> list[KvOperation]:
    """The same history for the checker, with what follows from each value that only one operation writes:

    - An open operation whose value was found has taken effect, at the revision that the pair tells, before the first who found it was
      answered. It is open no more.
    - Values that nobody found and no condition names tell nothing: of open operations they become one value, so that the checker need
      not try which of them took effect where it can only tell how many did.
    """
    writers = Counter(written[1] for written in map(put_by, history) if written is not None)
    finds = _first_finds(history)
    named = _named_by_conditions(history)
    told = []
    for operation in history:
        written = put_by(operation) if operation.open else None
        if written is None or writers[written[1]] > 1:
            told.append(operation)
        elif written[1] in finds:
            told.append(_taken_effect(operation, *finds[written[1]]))
        elif named is None or written[1] in named:
            told.append(operation)
        else:
            call = msgspec.structs.replace(operation.call, value=UNSEEN)
            told.append(msgspec.structs.replace(operation, call=call))
    return told


def _first_finds(history: Sequence[KvOperation]) -> dict[bytes, tuple[KeyValue, Nanos]]:
    """By value: the pair in which it was found, and when the first who found it was answered."""
    finds: dict[bytes, tuple[KeyValue, Nanos]] = {}
    for operation in history:
        if operation.returned_ns is None:
            continue
        for pair in pairs_in(operation.answer):
            earlier = finds.get(pair.value)
            if earlier is None or operation.returned_ns < earlier[1]:
                finds[pair.value] = pair, operation.returned_ns
    return finds


def _named_by_conditions(history: Sequence[KvOperation]) -> set[bytes | int] | None:
    """Values that conditions ask for; None if some compare in another way, to which no value is like another."""
    named: set[bytes | int] = set()
    for operation in history:
        if isinstance(operation.call, CompareAndSwap):
            for condition in operation.call.conditions:
                if condition.target is Target.VALUE and condition.relation not in (Relation.EQUAL, Relation.NOT_EQUAL):
                    return None
                named.add(condition.operand)
    return None if UNSEEN in named else named


def _taken_effect(operation: KvOperation, pair: KeyValue, found_ns: Nanos) -> KvOperation:
    """Answered with what is known; what it found before it is not."""
    if found_ns < operation.called_ns or pair.key != operation.call.key:
        return operation
    answer = (
        PutResult(pair.mod_revision)
        if isinstance(operation.call, Put)
        else SwapResult(pair.mod_revision, succeeded=True)
    )
    call = msgspec.structs.replace(operation.call, prev_kv=False)
    return msgspec.structs.replace(operation, call=call, answer=answer, returned_ns=found_ns)
