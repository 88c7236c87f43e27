"""Orders and answers survive the pipe."""

from __future__ import annotations

import msgspec
import pytest

from quorate.cli.bench_orders import (
    Answer,
    BeginWrites,
    CatchUp,
    EndWrites,
    Fill,
    MemberPlan,
    Order,
    Remember,
    Run,
    WhoLeads,
    WriteOnce,
)
from quorate.cli.bench_results import Load


@pytest.mark.parametrize(
    "order",
    [
        WhoLeads(),
        Run(Load("read", "follower", 64), 256, 3.0, 0.5, keys=7),
        Fill(0, 100, 256),
        Remember(),
        WriteOnce(256),
        BeginWrites(256),
        EndWrites(2, 17.5),
        CatchUp(),
    ],
    ids=lambda order: type(order).__name__,
)
def test_an_order_is_a_line_of_json(order: Order) -> None:
    line = msgspec.json.encode(order)
    assert b"\n" not in line
    assert msgspec.json.decode(line, type=Order) == order


def test_a_plan_is_one_word_of_a_command_line() -> None:
    plan = MemberPlan(1, {1: "127.0.0.1:1", 2: "127.0.0.1:2"}, "/a b", "raft", {"heartbeat_ms": 30}, "store")
    assert msgspec.json.decode(msgspec.json.encode(plan).decode(), type=MemberPlan) == plan


def test_an_answer_is_a_value_or_an_error() -> None:
    line = msgspec.json.encode(Answer(msgspec.Raw(b'{"a":1}')))
    assert msgspec.json.decode(msgspec.json.decode(line, type=Answer).value) == {"a": 1}
    assert msgspec.json.decode(msgspec.json.encode(Answer(error="no")), type=Answer).error == "no"
