"""Results become bytes and results again, or say that they are gone."""

import math
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.machine import CommandError, ResultGone
from quorate.machines import results
from quorate.machines.results import ResultCodec, ResultKind, StoredResult, plain_refusal, result_type_of


class Receipt(msgspec.Struct, frozen=True, tag=True):
    number: int


class Ticket(msgspec.Struct, frozen=True, tag=True):
    seat: str
    receipt: Receipt


plain_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab"), inner) | st.dictionaries(st.integers(0, 9), inner)
    ),
    max_leaves=12,
)


@given(plain_values)
def test_plain_data_comes_back_as_it_was(value: Any) -> None:
    codec = ResultCodec()
    stored = codec.encode(value)
    assert stored.kind is ResultKind.VALUE
    assert codec.decode(stored) == value


@pytest.mark.parametrize(
    "value",
    [(1, (2,)), {"b": 1, "a": {"d": (1,), "c": 2}}, {3, 1, 2}, Receipt(4), {7: {"x", "y"}}, math.nan, [CommandError]],
    ids=("tuple", "dict", "set", "struct", "set in a dict", "nan", "class"),
)
def test_encoding_what_was_decoded_gives_the_same_bytes(value: Any) -> None:
    codec = ResultCodec()
    stored = codec.encode(value)
    assert codec.encode(codec.decode(stored)) == stored


def test_hash_order_does_not_reach_the_bytes() -> None:
    names = [f"name {number}" for number in range(100)]
    codec = ResultCodec()
    assert codec.encode({"names": set(names)}) == codec.encode({"names": sorted(names)})


def test_a_declared_type_comes_back_as_that_type() -> None:
    codec = ResultCodec(Receipt | Ticket | None)
    for value in (Receipt(1), Ticket("4b", Receipt(2)), None):
        assert codec.decode(codec.encode(value)) == value


def test_without_a_declared_type_a_struct_comes_back_as_plain_data() -> None:
    codec = ResultCodec()
    assert codec.decode(codec.encode(Receipt(1))) == {"type": "Receipt", "number": 1}


def test_a_value_outside_the_declared_type_is_gone() -> None:
    codec = ResultCodec(Receipt)
    assert codec.decode(codec.encode("text")) == ResultGone()


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [object(), 2**64, "\ud800", {"deep": object()}, nested(100_000), ValueError("x")], ids=type
)
def test_what_cannot_be_encoded_is_gone_and_stays_gone(value: Any) -> None:
    codec = ResultCodec()
    stored = codec.encode(value)
    assert stored == StoredResult(ResultKind.GONE, b"")
    assert codec.decode(stored) == ResultGone()
    assert codec.encode(codec.decode(stored)) == stored


def test_a_value_nested_deeper_than_can_be_read_is_gone() -> None:
    assert ResultCodec().decode(StoredResult(ResultKind.VALUE, b"\x91" * 100_000)) == ResultGone()


def test_a_result_over_the_limit_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MAX_RESULT_BYTES", 12)
    codec = ResultCodec()
    assert codec.encode(b"x" * 10).kind is ResultKind.VALUE
    assert codec.encode(b"x" * 11).kind is ResultKind.GONE


@given(st.text(), st.text())
def test_a_refusal_comes_back_equal(message: str, code: str) -> None:
    codec = ResultCodec(int)
    refusal = plain_refusal(CommandError(message, code))
    returned = codec.decode(codec.encode(refusal))
    assert returned == refusal
    assert str(returned) == refusal.message
    assert codec.encode(returned) == codec.encode(CommandError(message, code))


def test_a_refusal_keeps_its_words_and_nothing_else() -> None:
    class OutOfStockError(CommandError):
        def __init__(self, left: int) -> None:
            self.left = left
            super().__init__(f"only {left} left", "out_of_stock")

    def refuse() -> CommandError:
        try:
            raise OutOfStockError(3)
        except CommandError as refusal:
            return plain_refusal(refusal)

    refusal = refuse()
    assert type(refusal) is CommandError
    assert refusal == CommandError("only 3 left", "out_of_stock")
    assert refusal.__traceback__ is None
    assert refusal.__context__ is None


class Untyped:
    def apply(self, command: bytes) -> int:
        return len(command)

    def snapshot(self) -> bytes:
        return b""

    def restore(self, chunks: Iterable[bytes]) -> None:
        list(chunks)


class Typed(Untyped):
    result_type = int


def test_a_machine_may_say_what_it_returns() -> None:
    assert result_type_of(Typed()) is int
    assert result_type_of(Untyped()) is Any
