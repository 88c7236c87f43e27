"""The answers of commands are told apart after they went through bytes."""

import pytest

from quorate.machines.kv.results import DeleteResult, PutResult, Result, SwapResult
from quorate.machines.kv.store import KeyValue
from quorate.machines.results import ResultCodec

PAIR = KeyValue(b"k", b"v", 2, 3, 2)


@pytest.mark.parametrize(
    "result",
    [
        PutResult(7),
        PutResult(7, PAIR),
        DeleteResult(7, 0),
        DeleteResult(7, 2, (PAIR, PAIR)),
        SwapResult(7, succeeded=True),
        SwapResult(7, succeeded=False, found=PAIR),
    ],
    ids=repr,
)
def test_an_answer_comes_back_as_the_same_type(result: Result) -> None:
    codec = ResultCodec(Result)
    stored = codec.encode(result)
    assert codec.decode(stored) == result
    assert codec.encode(codec.decode(stored)) == stored
