"""Revisions rise with real time and stand for one change each."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from quorate.machines.kv import Delete, DeleteResult, KeyValue, Put, PutResult
from quorate.sim.clients.kv_model import Found, Get, KvAnswer, KvCall, KvOperation
from quorate.sim.clients.kv_revisions import check_revisions
from quorate.sim.clients.operations import Operation
from quorate.sim.invariants.base import InvariantBrokenError
from sim.clients.histories import legal

PAIR = KeyValue(b"k", b"a", 2, 2, 1)


def op(call: KvCall, called: int, answer: KvAnswer | None = None, returned: int | None = None) -> KvOperation:
    return Operation(1, call, called, answer, returned)


PUT = op(Put(b"k", b"a"), 0, PutResult(2), 10)


def test_what_the_machine_answers_holds() -> None:
    for seed in range(20):
        check_revisions(legal(Random(seed), 300, keys=4, unknown=0.1))


def test_concurrent_and_open_ones_are_not_held_against_each_other() -> None:
    check_revisions([PUT, op(Get(b"x"), 10, Found(1, None), 30), op(Put(b"k", b"b"), 20)])


@pytest.mark.parametrize(
    ("words", "history"),
    [
        ("came to revision 1 after", [PUT, op(Get(b"x"), 11, Found(1, None), 12)]),
        ("came to revision 2 after", [op(Get(b"k"), 0, Found(2, PAIR), 5), op(Put(b"x", b"b"), 6, PutResult(2), 7)]),
        ("revision 2 is that of two changes", [PUT, op(Put(b"x", b"b"), 5, PutResult(2), 15)]),
        ("revision 2 is that of two changes", [PUT, op(Delete(b"x"), 5, DeleteResult(2, 1), 15)]),
        (
            "one revision, two pairs",
            [op(Get(b"k"), 0, Found(3, p), 9) for p in (PAIR, KeyValue(b"k", b"b", 2, 2, 1))],
        ),
        (
            "the change of that revision is .client 1, 0.000 to 0.000 ms, k: put 'a': done.",
            [PUT, op(Get(b"k"), 5, Found(2, KeyValue(b"k", b"b", 2, 2, 1)), 15)],
        ),
    ],
)
def test_what_cannot_be(words: str, history: Sequence[KvOperation]) -> None:
    with pytest.raises(InvariantBrokenError, match=f"^Revisions: .*{words}"):
        check_revisions(history)
