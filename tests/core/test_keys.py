"""Keys: written, read, and numbered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.keys import MAX_NUMBER, ClientSession, Key, Keys, opening, parse_key, parse_session

numbers = st.integers(1, MAX_NUMBER)


@given(numbers, st.integers(0, MAX_NUMBER), numbers)
def test_a_key_comes_back_from_its_text(index: int, nonce: int, sequence: int) -> None:
    key = Key(ClientSession(index, nonce), sequence)
    assert parse_key(str(key)) == key
    assert parse_session(str(key.session)) == key.session


def test_this_is_how_it_looks() -> None:
    assert str(Key(ClientSession(4711, 0xC0FFEE), 3, settled=2)) == "4711-0000000000c0ffee-3"
    assert parse_key("4711-0000000000c0ffee-3", settled=2).settled == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "order-17",
        "4711",
        "4711-0000000000c0ffee",
        "0-0000000000c0ffee-1",
        "1-0000000000c0ffee-0",
        "1-c0ffee-1",
        "1-ffffffffffffffff-1",
        "9999999999999999999-0000000000c0ffee-1",
        "1-0000000000c0ffee-9999999999999999999",
        "1-0000000000c0ffee-1 ",
        "1-0000000000C0FFEE-1",
        "٤-0000000000c0ffee-1",
    ],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="a key is SESSION-NUMBER, as in 4711-"):
        parse_key(text)


def test_what_asks_for_a_session_names_none() -> None:
    assert opening(7) == Key(ClientSession(0, 7), 0)


def test_settled_is_what_comes_before_the_first_open_request() -> None:
    keys = Keys(ClientSession(9, 1))
    first, second, third = keys.next(), keys.next(), keys.next()
    assert [(key.sequence, key.settled) for key in (first, second, third)] == [(1, 0), (2, 0), (3, 0)]
    keys.settle(second)
    assert keys.settled == 0
    keys.settle(first)
    assert keys.settled == 2
    keys.settle(first)
    keys.settle(third)
    assert keys.settled == 3
    fourth = keys.next()
    assert (fourth.sequence, fourth.settled, fourth.session) == (4, 3, ClientSession(9, 1))
