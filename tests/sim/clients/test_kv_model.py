"""The model says of one key what the machine says, and of nothing else."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from quorate.machines.kv import (
    CompareAndSwap,
    Condition,
    Delete,
    DeleteResult,
    KeyValue,
    KeyValueMachine,
    Put,
    PutResult,
    Relation,
    SwapResult,
    Target,
)
from quorate.sim.clients.kv_model import ABSENT, Found, Get, KeyValueModel, changes, pairs_in, put_by
from quorate.sim.clients.operations import Operation
from sim.clients.histories import answer_of, draw_call

MODEL = KeyValueModel()
PAIR = KeyValue(b"k", b"v", 2, 4, 3)
PRESENT = (3, b"v")


def draw_swap(random: Random) -> CompareAndSwap:
    conditions = []
    for _ in range(random.randint(1, 2)):
        relation = random.choice(list(Relation))
        if random.random() < 0.5:
            conditions.append(Condition(Target.VERSION, random.randrange(4), relation))
        else:
            conditions.append(Condition(Target.VALUE, b"v%d" % random.randrange(4), relation))
    value = random.choice((None, b"v1", b"v2"))
    return CompareAndSwap(b"k", tuple(conditions), value, prev_kv=random.random() < 0.5)


def test_it_agrees_with_the_machine_step_by_step() -> None:
    for seed in range(300):
        random = Random(seed)
        machine, state = KeyValueMachine(), MODEL.init()
        rank = 0
        for number in range(20):
            call = draw_swap(random) if random.random() < 0.5 else draw_call(random, b"k", b"v%d" % (number % 4), 3)
            before = state
            operation = Operation(1, call, 0, answer_of(machine, call), 1)
            after = MODEL.step(state, operation)
            assert after is not None, (seed, operation)
            assert MODEL.step(before, Operation(1, call, 0)) == after
            state = after
            pair = machine.get(b"k")
            assert state == (ABSENT if pair is None else (pair.version, pair.value))
            at = MODEL.rank(operation)
            assert at is not None
            assert at >= rank
            rank = at
            if MODEL.reads(call):
                assert state == before


@pytest.mark.parametrize(
    ("state", "operation"),
    [
        (PRESENT, Operation(1, Get(b"k"), 0, Found(9, None), 1)),
        (ABSENT, Operation(1, Get(b"k"), 0, Found(9, PAIR), 1)),
        (PRESENT, Operation(1, Get(b"k"), 0, Found(9, msgspec.structs.replace(PAIR, version=2)), 1)),
        (PRESENT, Operation(1, Get(b"k"), 0, Found(9, msgspec.structs.replace(PAIR, value=b"w")), 1)),
        (PRESENT, Operation(1, Put(b"k", b"x", prev_kv=True), 0, PutResult(9), 1)),
        (PRESENT, Operation(1, Delete(b"k"), 0, DeleteResult(9, 0), 1)),
        (ABSENT, Operation(1, Delete(b"k"), 0, DeleteResult(9, 1), 1)),
        (ABSENT, Operation(1, Delete(b"k", prev_kv=True), 0, DeleteResult(9, 1, (PAIR,)), 1)),
        (PRESENT, Operation(1, CompareAndSwap(b"k", (Condition(Target.VERSION, 2),), b"x"), 0, SwapResult(9, True), 1)),
        (
            PRESENT,
            Operation(1, CompareAndSwap(b"k", (Condition(Target.VERSION, 3),), b"x"), 0, SwapResult(9, False), 1),
        ),
        (
            PRESENT,
            Operation(1, CompareAndSwap(b"k", (Condition(Target.VERSION, 2),), b"x"), 0, SwapResult(9, False), 1),
        ),
    ],
)
def test_what_could_not_have_been_answered(state: tuple[int, bytes], operation: Operation) -> None:
    assert MODEL.step(state, operation) is None


def test_what_touches_more_than_one_key_is_refused() -> None:
    assert MODEL.partition(Delete(b"k")) == b"k"
    with pytest.raises(ValueError, match="a delete of the range from b'k' cannot be judged key by key"):
        MODEL.partition(Delete(b"k", b"z"))
    with pytest.raises(ValueError, match="a condition on a revision of b'k' cannot be judged key by key"):
        MODEL.partition(CompareAndSwap(b"k", (Condition(Target.MOD, 3),), b"x"))


def test_a_change_ranks_before_what_else_was_answered_with_its_revision() -> None:
    put = Operation(1, Put(b"k", b"x"), 0, PutResult(9), 1)
    get = Operation(1, Get(b"k"), 0, Found(9, PAIR), 1)
    assert (MODEL.rank(put), MODEL.rank(get), MODEL.rank(Operation(1, Put(b"k", b"x"), 0))) == (18, 19, None)
    assert KeyValueModel(ranked=False).rank(put) is None


def test_what_is_known_to_have_changed_something() -> None:
    always = (Condition(Target.VERSION, 0, Relation.NOT_EQUAL),)
    put, delete = CompareAndSwap(b"k", always, b"x"), CompareAndSwap(b"k", always, None)
    assert [
        changes(Operation(1, call, 0, answer, 1))
        for call, answer in [
            (Put(b"k", b"x"), PutResult(2)),
            (Delete(b"k"), DeleteResult(2, 1)),
            (Delete(b"k"), DeleteResult(2, 0)),
            (put, SwapResult(2, True)),
            (put, SwapResult(2, False, PAIR)),
            (delete, SwapResult(2, True)),
            (delete, SwapResult(2, True, PAIR)),
            (Get(b"k"), Found(2, PAIR)),
        ]
    ] == [True, True, False, True, False, False, True, False]
    assert put_by(Operation(1, put, 0)) == (b"k", b"x")
    assert put_by(Operation(1, delete, 0)) is None


def test_the_pairs_that_answers_show() -> None:
    answers = [Found(1, PAIR), PutResult(2, PAIR), SwapResult(2, True, PAIR), DeleteResult(3, 1, (PAIR,))]
    assert [list(pairs_in(answer)) for answer in answers] == [[PAIR]] * 4
    for answer in (Found(1, None), PutResult(2), SwapResult(2, True), DeleteResult(3, 0), None):
        assert list(pairs_in(answer)) == []


def test_operations_in_words() -> None:
    conditions = (Condition(Target.VERSION, 3), Condition(Target.VALUE, b"v", Relation.NOT_EQUAL))
    words = {
        "get: 'v' version 3": Operation(1, Get(b"k"), 0, Found(9, PAIR), 1),
        "get: nothing": Operation(1, Get(b"k"), 0, Found(9, None), 1),
        "put 'x': not known": Operation(1, Put(b"k", b"x"), 0),
        "put 'x': done, was 'v' version 3": Operation(1, Put(b"k", b"x"), 0, PutResult(2, PAIR), 1),
        "delete: nothing to delete": Operation(1, Delete(b"k"), 0, DeleteResult(2, 0), 1),
        "delete: deleted, was 'v' version 3": Operation(1, Delete(b"k"), 0, DeleteResult(2, 1, (PAIR,)), 1),
        "if version equal 3 and value not equal b'v' delete: conditions do not hold, found 'v' version 3": Operation(
            1, CompareAndSwap(b"k", conditions, None), 0, SwapResult(2, False, PAIR), 1
        ),
        "if version equal 3 and value not equal b'v' put 'x': succeeded": Operation(
            1, CompareAndSwap(b"k", conditions, b"x"), 0, SwapResult(2, True), 1
        ),
    }
    assert [MODEL.describe(operation) for operation in words.values()] == list(words)
    assert (MODEL.describe_state(PRESENT), MODEL.describe_state(ABSENT)) == ("'v' version 3", "nothing")
