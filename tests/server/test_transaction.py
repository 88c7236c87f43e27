"""Transactions as compare-and-swap: what is understood, what is refused, and what is answered."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from quorate.machines.kv import CompareAndSwap, Condition, KeyValueMachine, Put, Relation, Target, encode_command
from quorate.server.gateway import Header, TxnRequest, decode, decoder
from quorate.server.problem import ProblemError
from quorate.server.transaction import response_of, swap_of

KEY, OTHER, VALUE = "aw==", "bw==", "dg=="
HEADER = Header("1", "2", "3", "4")
PUT = {"request_put": {"key": KEY, "value": VALUE}}
READ = {"request_range": {"key": KEY}}
DELETE = {"request_delete_range": {"key": KEY}}
ABSENT = {"key": KEY, "target": "VERSION", "result": "EQUAL", "version": "0"}

_requests = decoder(TxnRequest)


def request(**fields: Any) -> TxnRequest:
    return decode(_requests, msgspec.json.encode(fields))


def run(machine: KeyValueMachine, **fields: Any) -> dict[str, Any]:
    """The JSON answer to a transaction carried out on `machine`."""
    swap = swap_of(request(**fields))
    result = machine.apply(encode_command(swap.command))
    return msgspec.json.decode(msgspec.json.encode(response_of(swap, result, HEADER)))


def machine_with(value: bytes | None) -> KeyValueMachine:
    machine = KeyValueMachine()
    if value is not None:
        machine.apply(encode_command(Put(b"k", value)))
    return machine


@pytest.mark.parametrize(
    ("compare", "condition"),
    [
        (ABSENT, Condition(Target.VERSION, 0)),
        ({"key": KEY}, Condition(Target.VERSION, 0)),
        ({"key": KEY, "target": "VALUE", "value": VALUE}, Condition(Target.VALUE, b"v")),
        ({"key": KEY, "target": 3, "value": VALUE, "result": 3}, Condition(Target.VALUE, b"v", Relation.NOT_EQUAL)),
        ({"key": KEY, "target": "VALUE"}, Condition(Target.VALUE, b"")),
        ({"key": KEY, "target": "MOD", "mod_revision": 7, "result": "LESS"}, Condition(Target.MOD, 7, Relation.LESS)),
        (
            {"key": KEY, "target": "1", "create_revision": "7", "result": "GREATER"},
            Condition(Target.CREATE, 7, Relation.GREATER),
        ),
    ],
)
def test_a_compare_becomes_a_condition(compare: dict[str, Any], condition: Condition) -> None:
    swap = swap_of(request(compare=[compare], success=[PUT]))
    assert swap.command == CompareAndSwap(b"k", (condition,), b"v")
    assert not swap.reads


def test_several_compares_of_one_key_must_all_hold() -> None:
    swap = swap_of(request(compare=[ABSENT, {"key": KEY, "target": "MOD", "mod_revision": "0"}], success=[PUT]))
    assert swap.command.conditions == (Condition(Target.VERSION, 0), Condition(Target.MOD, 0))


def test_a_put_that_succeeds() -> None:
    machine = machine_with(None)
    answer = run(machine, compare=[ABSENT], success=[PUT], failure=[READ])
    assert answer["succeeded"] is True
    assert answer["responses"] == [{"response_put": {"header": answer["header"]}}]
    assert machine.get(b"k").value == b"v"


def test_a_put_that_succeeds_tells_what_was_there_if_asked() -> None:
    put = {"request_put": {"key": KEY, "value": VALUE, "prev_kv": True}}
    compare = {"key": KEY, "target": "VALUE", "value": "b2xk"}
    answer = run(machine_with(b"old"), compare=[compare], success=[put])
    assert answer["responses"][0]["response_put"]["prev_kv"]["value"] == "b2xk"


def test_a_failure_answers_with_the_pair_that_is_there() -> None:
    machine = machine_with(b"old")
    answer = run(machine, compare=[ABSENT], success=[PUT], failure=[READ])
    assert answer["succeeded"] is False
    found = answer["responses"][0]["response_range"]
    assert (found["count"], found["kvs"][0]["value"]) == ("1", "b2xk")
    assert machine.get(b"k").value == b"old"


def test_a_failure_without_a_pair_answers_with_an_empty_range() -> None:
    compare = {"key": KEY, "target": "VALUE", "value": VALUE}
    answer = run(machine_with(None), compare=[compare], success=[PUT], failure=[READ])
    assert answer["responses"][0]["response_range"]["kvs"] == []


def test_a_failure_without_requests_answers_nothing() -> None:
    assert run(machine_with(b"old"), compare=[ABSENT], success=[PUT])["responses"] == []


@pytest.mark.parametrize(("value", "deleted"), [(b"old", "1"), (None, "0")])
def test_a_delete_that_succeeds_counts(value: bytes | None, deleted: str) -> None:
    machine = machine_with(value)
    compare = {"key": KEY, "target": "VERSION", "result": "LESS", "version": 9}
    answer = run(machine, compare=[compare], success=[DELETE])
    assert answer["responses"] == [{"response_delete_range": {"header": answer["header"], "deleted": deleted}}]
    assert machine.get(b"k") is None


def test_a_delete_tells_what_was_there_only_if_asked() -> None:
    delete = {"request_delete_range": {"key": KEY, "prev_kv": True}}
    compare = {"key": KEY, "target": "VALUE", "value": "b2xk"}
    answer = run(machine_with(b"old"), compare=[compare], success=[delete])
    assert [pair["value"] for pair in answer["responses"][0]["response_delete_range"]["prev_kvs"]] == ["b2xk"]


NOT_OFFERED: list[dict[str, Any]] = [
    {},
    {"success": [PUT]},
    {"compare": [ABSENT]},
    {"compare": [ABSENT], "success": [PUT, PUT]},
    {"compare": [ABSENT, {"key": OTHER}], "success": [PUT]},
    {"compare": [{**ABSENT, "range_end": OTHER}], "success": [PUT]},
    {"compare": [ABSENT], "success": [{"request_put": {"key": OTHER}}]},
    {"compare": [ABSENT], "success": [{"request_put": {"key": KEY, "lease": "1"}}]},
    {"compare": [ABSENT], "success": [{"request_put": {"key": KEY, "ignore_value": True}}]},
    {"compare": [ABSENT], "success": [{"request_delete_range": {"key": KEY, "range_end": OTHER}}]},
    {"compare": [ABSENT], "success": [READ]},
    {"compare": [ABSENT], "success": [{"request_txn": {"any": ["thing"]}}]},
    {"compare": [ABSENT], "success": [PUT], "failure": [PUT]},
    {"compare": [ABSENT], "success": [PUT], "failure": [READ, READ]},
    {"compare": [ABSENT], "success": [PUT], "failure": [{"request_range": {"key": OTHER}}]},
    {"compare": [ABSENT], "success": [PUT], "failure": [{"request_range": {"key": KEY, "keys_only": True}}]},
]


@pytest.mark.parametrize("fields", NOT_OFFERED, ids=str)
def test_any_other_transaction_is_refused_by_name(fields: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as refused:
        swap_of(request(**fields))
    assert refused.value.status == 501
    assert "compare-and-swap" in refused.value.body.hint


WRONG: list[dict[str, Any]] = [
    {"compare": [{"key": KEY, "target": "VALUE", "version": "1"}], "success": [PUT]},
    {"compare": [{"key": KEY, "target": "VERSION", "value": VALUE}], "success": [PUT]},
    {"compare": [{"key": KEY, "version": "1", "lease": "1"}], "success": [PUT]},
    {"compare": [{"key": KEY, "target": "LEASE"}], "success": [PUT]},
    {"compare": [{"key": KEY, "result": "ALMOST"}], "success": [PUT]},
    {"compare": [ABSENT], "success": [{}]},
    {"compare": [ABSENT], "success": [{**PUT, **READ}]},
    {"compare": {}, "success": [PUT]},
    {"compare": [ABSENT], "success": PUT},
    {"compare": [ABSENT], "success": [{"request_pat": {}}]},
]


@pytest.mark.parametrize("fields", WRONG, ids=str)
def test_a_malformed_transaction_is_a_bad_request(fields: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as refused:
        swap_of(request(**fields))
    assert (refused.value.status, refused.value.body.error) == (400, "bad_field")
