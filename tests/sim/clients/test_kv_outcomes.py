"""What others saw tells what became of an operation."""

from __future__ import annotations

from random import Random

from quorate.machines.kv import CompareAndSwap, Condition, KeyValue, Put, PutResult, Relation, SwapResult, Target
from quorate.sim.clients.kv_model import Found, Get, KeyValueModel, KvOperation
from quorate.sim.clients.kv_outcomes import UNSEEN, infer_outcomes
from quorate.sim.clients.linearizability import Linearizable, NotLinearizable, check
from quorate.sim.clients.operations import Operation
from sim.clients.histories import brute_force, legal, perturbed


def test_no_verdict_changes() -> None:
    model = KeyValueModel()
    bad = 0
    for seed in range(1500):
        random = Random(seed)
        history = legal(random, 5, clients=3, unknown=0.5, versions=2)
        for _ in range(seed % 5):
            history = perturbed(random, history)
        truth = brute_force(history, model)
        assert isinstance(check(infer_outcomes(history), model), Linearizable if truth else NotLinearizable), seed
        bad += not truth
    assert bad > 50


def put(value: bytes, called: int) -> KvOperation:
    return Operation(1, Put(b"k", value, prev_kv=True), called)


def found(value: bytes, revision: int, returned: int) -> KvOperation:
    return Operation(2, Get(b"k"), 5, Found(9, KeyValue(b"k", value, 1, revision, 1)), returned)


def test_what_was_found_has_taken_effect_before_the_first_who_found_it_was_answered() -> None:
    history = [put(b"a", 0), found(b"a", 7, 20), found(b"a", 7, 10)]
    first, *others = infer_outcomes(history)
    assert first == Operation(1, Put(b"k", b"a"), 0, PutResult(7), 10)
    assert others == history[1:]


def test_a_swap_that_was_found_had_succeeded() -> None:
    call = CompareAndSwap(b"k", (Condition(Target.VERSION, 0),), b"a", prev_kv=True)
    first, _ = infer_outcomes([Operation(1, call, 0), found(b"a", 7, 10)])
    assert first.answer == SwapResult(7, succeeded=True)
    assert first.returned_ns == 10


def test_values_that_nobody_found_are_alike() -> None:
    told = infer_outcomes([put(b"a", 0), put(b"b", 1), put(b"c", 2), found(b"c", 3, 10)])
    assert [operation.call.value for operation in told[:3]] == [UNSEEN, UNSEEN, b"c"]
    assert [operation.open for operation in told] == [True, True, False, False]


def test_what_is_not_certain_is_left_alone() -> None:
    """A value that two operations write, one that was found before it was written, values that conditions name or compare by size."""

    def swap(relation: Relation, operand: bytes) -> KvOperation:
        return Operation(3, CompareAndSwap(b"k", (Condition(Target.VALUE, operand, relation),), None), 3)

    for history in (
        [put(b"a", 0), put(b"a", 1), found(b"a", 3, 10)],
        [put(b"a", 50), found(b"a", 3, 10)],
        [put(b"a", 0), swap(Relation.EQUAL, b"a")],
        [put(b"a", 0), swap(Relation.GREATER, b"b")],
        [put(b"a", 0), swap(Relation.EQUAL, UNSEEN)],
    ):
        assert infer_outcomes(history) == history
