"""The JSON form of requests: decoding what people send, and refusing what cannot be meant."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from quorate.machines.kv import KeyValue, SortTarget
from quorate.server.gateway import (
    DeleteRangeRequest,
    PutRequest,
    RangeRequest,
    TxnRequest,
    decode,
    decoder,
    pair_of,
    word,
)
from quorate.server.problem import ProblemError

SHAPES = [PutRequest, RangeRequest, DeleteRangeRequest, TxnRequest]
json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20),
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(some.sampled_from(["key", "compare", "success", "limit", "request_put", "x"]), inner)
    ),
    max_leaves=20,
)


def status_of_decoding(shape: type[msgspec.Struct], data: bytes) -> int:
    try:
        return 200 if isinstance(decode(decoder(shape), data), shape) else 0
    except ProblemError as refused:
        return refused.status


def test_an_absent_body_is_an_empty_request() -> None:
    assert decode(decoder(RangeRequest), b"") == RangeRequest()


def test_numbers_and_flags_may_be_strings() -> None:
    request = decode(decoder(RangeRequest), b'{"limit": "7", "serializable": "true"}')
    assert (request.limit, request.serializable) == (7, True)


@pytest.mark.parametrize("text", [b'{"key": "Zm8"}', b'{"key": "_w=="}', b'{"key": "Zm9v\\n"}'])
def test_base64_is_strict_and_the_refusal_shows_how_it_looks(text: bytes) -> None:
    with pytest.raises(ProblemError) as refused:
        decode(decoder(PutRequest), text)
    assert "$.key" in refused.value.body.message
    assert "Zm9v" in refused.value.body.hint


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(ProblemError, match="rangeEnd"):
        decode(decoder(RangeRequest), b'{"rangeEnd": "Zm9v"}')


@given(some.sampled_from(SHAPES), some.binary(max_size=200))
def test_any_bytes_give_a_request_or_a_400(shape: type[msgspec.Struct], data: bytes) -> None:
    assert status_of_decoding(shape, data) in (200, 400)


@settings(deadline=None)
@given(some.sampled_from(SHAPES), json_values)
def test_any_json_gives_a_request_or_a_400(shape: type[msgspec.Struct], value: object) -> None:
    assert status_of_decoding(shape, msgspec.json.encode(value)) in (200, 400)


@pytest.mark.parametrize("given_word", ["VALUE", 4, "4"])
def test_a_word_is_a_name_or_a_number(given_word: str | int) -> None:
    assert word(SortTarget, given_word, "sort_target") is SortTarget.VALUE


@pytest.mark.parametrize("given_word", ["value", "", 5, -1, "5", "0x4", "9" * 5000])
def test_another_word_is_refused_with_the_known_ones(given_word: str | int) -> None:
    with pytest.raises(ProblemError) as refused:
        word(SortTarget, given_word, "sort_target")
    assert "KEY (0), VERSION (1)" in refused.value.body.hint
    assert len(refused.value.body.message) < 100


def test_numbers_of_a_pair_are_written_as_strings() -> None:
    assert msgspec.to_builtins(pair_of(KeyValue(b"k", b"v", 1, 2**62, 3))) == {
        "key": "aw==",
        "create_revision": "1",
        "mod_revision": str(2**62),
        "version": "3",
        "value": "dg==",
    }
