"""Commands through bytes; bytes that are none; bounds."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.machine import CommandError
from quorate.machines.kv.commands import (
    MAX_CONDITIONS,
    MAX_KEY_BYTES,
    MAX_VALUE_BYTES,
    Command,
    CompareAndSwap,
    Condition,
    Delete,
    Put,
    Relation,
    Target,
    check_command,
    check_key,
    check_range,
    decode_command,
    encode_command,
)

EXISTS = Condition(Target.VERSION, 0, Relation.GREATER)

conditions = st.builds(Condition, st.just(Target.VALUE), st.binary(max_size=4), st.sampled_from(Relation)) | st.builds(
    Condition,
    st.sampled_from([Target.VERSION, Target.CREATE, Target.MOD]),
    st.integers(-(2**63), 2**64 - 1),
    st.sampled_from(Relation),
)
keys = st.binary(min_size=1, max_size=6)
commands = (
    st.builds(Put, keys, st.binary(max_size=6), st.booleans())
    | st.builds(Delete, keys, st.binary(max_size=6), st.booleans())
    | st.builds(
        CompareAndSwap,
        keys,
        st.lists(conditions, min_size=1, max_size=4).map(tuple),
        st.none() | st.binary(max_size=6),
        st.booleans(),
    )
)


@given(commands)
def test_a_command_comes_back_as_it_was(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


def test_the_bytes_are_fixed_because_they_live_in_logs() -> None:
    assert encode_command(Put(b"k", b"v")).hex() == "9401c4016bc40176c2"
    assert encode_command(Delete(b"k", b"l", prev_kv=True)).hex() == "9402c4016bc4016cc3"
    swap = CompareAndSwap(b"k", (Condition(Target.MOD, 7),), None)
    assert encode_command(swap).hex() == "9503c4016b9193020700c0c2"


def refusal_of(data: bytes) -> CommandError:
    with pytest.raises(CommandError) as caught:
        decode_command(data)
    return caught.value


MALFORMED: dict[str, Any] = {
    "nothing": b"",
    "no msgpack": b"\xc1",
    "no command": 5,
    "no tag": [],
    "unknown tag": [9, b"k", b"v"],
    "tag of another kind": ["Put", b"k", b"v"],
    "field missing": [1, b"k"],
    "field of another kind": [1, b"k", 7],
    "text for bytes": [1, "?", b"v"],
    "field too many": [1, b"k", b"v", False, 1],
    "unknown target": [3, b"k", [[4, 0, 0]], None],
    "unknown relation": [3, b"k", [[0, 0, 4]], None],
    "trailing bytes": msgspec.msgpack.encode([1, b"k", b"v"]) + b"\0",
    "cut short": msgspec.msgpack.encode([1, b"k", b"v"])[:-1],
    "length without bytes": b"\x93\x01\xc6\xff\xff\xff\xff",
    "deep nesting": b"\x95\x01\xc4\x01k\xc4\x01v\xc2" + b"\x91" * 100_000,
    "deep nesting at once": b"\x91" * 100_000,
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_malformed_bytes_are_refused_in_words_that_no_library_chooses(content: Any) -> None:
    data = content if isinstance(content, bytes) else msgspec.msgpack.encode(content)
    expected = f"not a key-value command ({len(data)} bytes); use encode_command() of quorate.machines.kv"
    assert refusal_of(data) == CommandError(expected, "malformed")


@st.composite
def damaged_commands(draw: st.DrawFn) -> bytes:
    data = bytearray(encode_command(draw(commands)))
    place = draw(st.integers(0, len(data)))
    data[place : place + 2] = draw(st.binary(max_size=3))
    return bytes(data)


@given(st.binary(max_size=40) | damaged_commands())
def test_any_bytes_are_a_command_or_refused(data: bytes) -> None:
    try:
        command = decode_command(data)
        check_command(command)
    except CommandError:
        return
    assert decode_command(encode_command(command)) == command


LARGEST_KEY = b"k" * MAX_KEY_BYTES
LARGEST_VALUE = b"v" * MAX_VALUE_BYTES


@pytest.mark.parametrize(
    "command",
    [
        Put(LARGEST_KEY, LARGEST_VALUE),
        Delete(LARGEST_KEY, LARGEST_KEY),
        CompareAndSwap(LARGEST_KEY, (EXISTS,) * MAX_CONDITIONS, LARGEST_VALUE),
        Put(b"\0", b""),
        CompareAndSwap(b"k", (Condition(Target.VALUE, b""),), None),
    ],
    ids=lambda command: type(command).__name__,
)
def test_what_is_just_within_bounds(command: Command) -> None:
    assert decode_command(encode_command(command)) == command


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Put(b"", b"v"), "empty_key"),
        (Delete(b""), "empty_key"),
        (Delete(b"", b"\0"), "empty_key"),
        (CompareAndSwap(b"", (EXISTS,), b"v"), "empty_key"),
        (Put(LARGEST_KEY + b"k", b"v"), "key_too_large"),
        (Delete(LARGEST_KEY + b"k"), "key_too_large"),
        (Delete(b"k", LARGEST_KEY + b"k"), "key_too_large"),
        (CompareAndSwap(LARGEST_KEY + b"k", (EXISTS,), b"v"), "key_too_large"),
        (Put(b"k", LARGEST_VALUE + b"v"), "value_too_large"),
        (CompareAndSwap(b"k", (EXISTS,), LARGEST_VALUE + b"v"), "value_too_large"),
        (CompareAndSwap(b"k", (), b"v"), "conditions"),
        (CompareAndSwap(b"k", (EXISTS,) * (MAX_CONDITIONS + 1), b"v"), "conditions"),
        (CompareAndSwap(b"k", (Condition(Target.VALUE, 1),), b"v"), "malformed"),
        (CompareAndSwap(b"k", (Condition(Target.MOD, b"1"),), b"v"), "malformed"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_out_of_bounds_is_refused_before_it_is_proposed_and_when_applied(command: Command, code: str) -> None:
    for check in (encode_command, check_command):
        with pytest.raises(CommandError) as caught:
            check(command)
        assert caught.value.code == code


def test_reads_have_the_same_bounds() -> None:
    check_key(LARGEST_KEY)
    check_range(LARGEST_KEY, LARGEST_KEY)
    for key, range_end in [(b"", b""), (LARGEST_KEY + b"k", b""), (b"k", LARGEST_KEY + b"k")]:
        with pytest.raises(CommandError, match=r"key is empty|of 65537 bytes; at most 65536"):
            check_range(key, range_end)
