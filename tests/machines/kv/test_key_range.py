"""Ranges by prefix, as in etcd's client (`GetPrefixRangeEnd`)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.machines.kv.key_range import FROM_KEY, prefix_range


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (b"a", (b"a", b"b")),
        (b"app/", (b"app/", b"app0")),
        (b"a\xfe", (b"a\xfe", b"a\xff")),
        (b"a\xff", (b"a\xff", b"b")),
        (b"a\xff\xff", (b"a\xff\xff", b"b")),
        (b"\0", (b"\0", b"\x01")),
        (b"\xff", (b"\xff", FROM_KEY)),
        (b"\xff\xff", (b"\xff\xff", FROM_KEY)),
        (b"", (FROM_KEY, FROM_KEY)),
    ],
)
def test_a_prefix_is_a_range(prefix: bytes, expected: tuple[bytes, bytes]) -> None:
    assert prefix_range(prefix) == expected


@given(st.binary(max_size=4), st.binary(min_size=1, max_size=6))
def test_the_range_holds_the_keys_with_the_prefix_and_no_others(prefix: bytes, key: bytes) -> None:
    start, end = prefix_range(prefix)
    assert (start <= key and (end == FROM_KEY or key < end)) == key.startswith(prefix)
