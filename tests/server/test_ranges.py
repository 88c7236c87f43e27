"""Range requests as queries: what is asked of the machine, and the bounds."""

from __future__ import annotations

import pytest

from quorate.machines.kv import KeyValueMachine, Put, encode_command
from quorate.server import ranges
from quorate.server.gateway import RangeRequest
from quorate.server.problem import ProblemError
from quorate.server.ranges import range_of


@pytest.fixture
def machine() -> KeyValueMachine:
    machine = KeyValueMachine()
    for key, value in ((b"a", b"3"), (b"b", b"1"), (b"c", b"2"), (b"a", b"0")):
        machine.apply(encode_command(Put(key, value)))
    return machine


def keys(machine: KeyValueMachine, request: RangeRequest) -> list[bytes]:
    return [pair.key for pair in range_of(request)(machine).pairs]


def test_order_and_target(machine: KeyValueMachine) -> None:
    every = {"key": b"\0", "range_end": b"\0"}
    assert keys(machine, RangeRequest(**every)) == [b"a", b"b", b"c"]
    assert keys(machine, RangeRequest(**every, sort_order="DESCEND")) == [b"c", b"b", b"a"]
    assert keys(machine, RangeRequest(**every, sort_target="VALUE")) == [b"a", b"b", b"c"]
    assert keys(machine, RangeRequest(**every, sort_target="MOD", sort_order="DESCEND")) == [b"a", b"c", b"b"]
    assert keys(machine, RangeRequest(**every, sort_target="CREATE", limit=2)) == [b"a", b"b"]


def test_a_limit_at_the_bound_is_served_whatever_the_store_holds(
    machine: KeyValueMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ranges, "MAX_PAIRS", 2)
    assert keys(machine, RangeRequest(key=b"a", range_end=b"z", limit=2)) == [b"a", b"b"]
    for request in (
        RangeRequest(key=b"a", range_end=b"z"),
        RangeRequest(key=b"a", range_end=b"z", limit=3),
        RangeRequest(key=b"a", range_end=b"z", limit=1, sort_target="VALUE"),
    ):
        with pytest.raises(ProblemError, match="range_too_large"):
            range_of(request)(machine)
    assert range_of(RangeRequest(key=b"a", range_end=b"z", count_only=True))(machine).count == 3


def test_bytes_are_bounded_too(machine: KeyValueMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "MAX_BYTES", 5)
    assert keys(machine, RangeRequest(key=b"a", range_end=b"c")) == [b"a", b"b"]
    with pytest.raises(ProblemError, match="range_too_large"):
        range_of(RangeRequest(key=b"a", range_end=b"z"))(machine)


@pytest.mark.parametrize(
    "request_", [RangeRequest(key=b"a", revision=1), RangeRequest(key=b"a", min_create_revision=1)]
)
def test_history_is_not_offered(request_: RangeRequest) -> None:
    with pytest.raises(ProblemError) as refused:
        range_of(request_)
    assert refused.value.status == 501
