"""Bytes as text and back."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as some

from quorate.cli.coding import Coding
from quorate.core.errors import ConfigError


def test_the_flags_choose_and_exclude_each_other() -> None:
    assert Coding.chosen(hexadecimal=False, base64=False) is Coding.TEXT
    assert Coding.chosen(hexadecimal=True, base64=False) is Coding.HEX
    assert Coding.chosen(hexadecimal=False, base64=True) is Coding.BASE64
    with pytest.raises(ConfigError, match="exclude each other"):
        Coding.chosen(hexadecimal=True, base64=True)


@given(some.binary(), some.sampled_from([Coding.HEX, Coding.BASE64]))
def test_hex_and_base64_lose_nothing(data: bytes, coding: Coding) -> None:
    assert coding.read(coding.write(data)) == data


@given(some.binary())
def test_text_comes_from_the_shell_as_it_is(data: bytes) -> None:
    assert Coding.TEXT.read(os.fsdecode(data)) == data


@pytest.mark.parametrize(
    ("coding", "text"),
    [(Coding.HEX, "abc"), (Coding.HEX, "zz"), (Coding.BASE64, "a"), (Coding.BASE64, "ä"), (Coding.BASE64, "a b=")],
)
def test_what_is_not_in_the_coding_is_refused(coding: Coding, text: str) -> None:
    with pytest.raises(ConfigError, match=f"is not {coding.value}"):
        coding.read(text)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain", "plain"),
        ("grüße".encode(), "grüße"),
        (b"a\nb\tc", "a\\nb\\tc"),
        (b"\x1b[2J", "\\x1b[2J"),
        (b"\x00", "\\x00"),
        (b"back\\slash", "back\\\\slash"),
        (b"\xff\xfe", "\\xff\\xfe"),
        (b"\\xff", "\\\\xff"),
        ("\u202e".encode(), "\\u202e"),
    ],
)
def test_text_is_shown_printable_and_unambiguous(data: bytes, shown: str) -> None:
    assert Coding.TEXT.write(data) == shown


@given(some.binary(), some.binary())
def test_shown_text_is_printable_and_tells_values_apart(one: bytes, other: bytes) -> None:
    assert Coding.TEXT.write(one).isprintable()
    assert (Coding.TEXT.write(one) == Coding.TEXT.write(other)) == (one == other)


def test_json_is_text_only_if_all_of_it_is() -> None:
    assert Coding.TEXT.for_json([b"a", "ü\n".encode()]) is Coding.TEXT
    assert Coding.TEXT.for_json([b"a", b"\xff"]) is Coding.BASE64
    assert Coding.HEX.for_json([b"\xff"]) is Coding.HEX
    assert Coding.TEXT.write_json("ü\n".encode()) == "ü\n"
    assert Coding.HEX.write_json(b"\xff") == "ff"
