"""The evidence can be read."""

from __future__ import annotations

from quorate.core.ids import MILLISECOND
from quorate.machines.kv import (
    CompareAndSwap,
    Condition,
    Delete,
    DeleteResult,
    KeyValue,
    Put,
    PutResult,
    SwapResult,
    Target,
)
from quorate.sim.clients.evidence import show
from quorate.sim.clients.kv_model import Found, Get, KeyValueModel, KvAnswer, KvCall, KvOperation
from quorate.sim.clients.linearizability import NotLinearizable, check
from quorate.sim.clients.operations import Operation

FIRST = KeyValue(b"k", b"a", 2, 2, 1)


def op(client: int, call: KvCall, called: float, answer: KvAnswer | None = None, returned: float = 0) -> KvOperation:
    ended = None if answer is None else int(returned * MILLISECOND)
    return Operation(client, call, int(called * MILLISECOND), answer, ended)


def told(history: list[KvOperation]) -> list[str]:
    model = KeyValueModel()
    verdict = check(history, model)
    assert isinstance(verdict, NotLinearizable)
    return show(verdict, model).splitlines()


def test_a_stale_read() -> None:
    history = [
        op(1, Put(b"k", b"a"), 0, PutResult(2), 10),
        op(2, CompareAndSwap(b"k", (Condition(Target.VERSION, 1),), b"b"), 12.5, SwapResult(3, True), 20),
        op(1, Put(b"k", b"c"), 15),
        op(12, Get(b"k"), 21, Found(3, FIRST), 22.125),
        op(1, Delete(b"k"), 30, DeleteResult(5, 1), 40),
    ]
    assert told(history) == [
        "k, 5 operations: no order explains what was answered by 22.125 ms",
        "could not be placed:",
        "  client  called  returned  operation",
        "      12  21.000    22.125  get: 'a' version 1",
        "the longest order without that, the last 2 of 2, which ends in 'b' version 2:",
        "  client  called  returned  operation                              state after",
        "       1   0.000    10.000  put 'a': done                          'a' version 1",
        "       2  12.500    20.000  if version equal 1 put 'b': succeeded  'b' version 2",
        "not answered by then, and of no help:",
        "  client  called  returned  operation",
        "       1  15.000            put 'c': not known",
    ]


def test_long_lists_are_cut() -> None:
    """The end of the order, where it went wrong, and its length."""
    history = [op(1, Put(b"k", b"%d" % number), number, PutResult(number + 2), number + 0.5) for number in range(30)]
    lines = told([*history, op(2, Get(b"k"), 40, Found(31, FIRST), 41)])
    assert lines[4] == "the longest order without that, the last 12 of 30, which ends in '29' version 30:"
    assert len(lines) == 6 + 12
    pending = [op(3, Put(b"k", b"x"), number) for number in range(30)]
    lines = told([*history, *pending, op(2, Get(b"k"), 40, Found(31, FIRST), 41)])
    assert lines[-1] == "  and 18 more"


def test_nothing_fits_at_all() -> None:
    assert told([op(1, Get(b"k"), 0, Found(2, FIRST), 1)])[-2:] == [
        "the longest order without that, the last 0 of 0, which ends in nothing:",
        "  client  called  returned  operation",
    ]
