"""The pairs and their order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.errors import InvariantError
from quorate.machines.kv.key_range import FROM_KEY
from quorate.machines.kv.store import KeyValue, PairStore, SortTarget

KEYS = [b"\0", b"a", b"a\0", b"aa", b"ab", b"b", b"\xff", b"\xff\xff"]


def store_of(keys: list[bytes]) -> PairStore:
    store = PairStore()
    for revision, key in enumerate(keys, 2):
        store.put(key, b"", revision)
    return store


def keys(pairs: list[KeyValue]) -> list[bytes]:
    return [pair.key for pair in pairs]


def test_a_new_key_and_a_put_over_it() -> None:
    store = PairStore()
    assert store.put(b"k", b"one", 5) is None
    assert store.get(b"k") == KeyValue(b"k", b"one", 5, 5, 1)
    assert store.put(b"k", b"two", 9) == KeyValue(b"k", b"one", 5, 5, 1)
    assert store.get(b"k") == KeyValue(b"k", b"two", 5, 9, 2)
    store.check()


def test_a_key_that_was_removed_begins_anew() -> None:
    store = store_of([b"k", b"k"])
    assert store.remove(b"k") == [KeyValue(b"k", b"", 2, 3, 2)]
    assert store.remove(b"k") == []
    assert store.get(b"k") is None
    store.put(b"k", b"", 7)
    assert store.get(b"k") == KeyValue(b"k", b"", 7, 7, 1)
    store.check()


def test_a_key_is_kept_once_however_often_it_is_put() -> None:
    store = PairStore()
    store.put(bytes(bytearray(b"key")), b"1", 2)
    first = store.get(b"key")
    store.put(bytes(bytearray(b"key")), b"2", 3)
    second = store.get(b"key")
    assert first is not None
    assert second is not None
    assert second.key is first.key


RANGES = [
    ("one key", b"a", b"", [b"a"]),
    ("one key that is absent", b"c", b"", []),
    ("half-open", b"a", b"b", [b"a", b"a\0", b"aa", b"ab"]),
    ("the end is not included", b"a", b"aa", [b"a", b"a\0"]),
    ("the start need not be there", b"a\x01", b"ab", [b"aa"]),
    ("the successor key is one key", b"a", b"a\0", [b"a"]),
    ("to the end", b"b", FROM_KEY, [b"b", b"\xff", b"\xff\xff"]),
    ("all", b"\0", FROM_KEY, KEYS),
    ("behind the last key", b"\xff\xff\xff", FROM_KEY, []),
    ("end equals start", b"a", b"a", []),
    ("end below start", b"b", b"a", []),
    ("two zero bytes are an ordinary end", b"\0", b"\0\0", [b"\0"]),
    ("no key at all", b"", FROM_KEY, KEYS),
]


@pytest.mark.parametrize(("key", "range_end", "expected"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES])
def test_ranges_are_etcds(key: bytes, range_end: bytes, expected: list[bytes]) -> None:
    store = store_of(KEYS[::-1])
    assert keys(store.select(key, range_end)) == expected
    assert keys(store.select(key, range_end, descending=True)) == expected[::-1]
    assert store.count(key, range_end) == len(expected)
    assert keys(store.remove(key, range_end)) == expected
    assert len(store) == len(KEYS) - len(expected)
    assert keys(store.select(b"\0", FROM_KEY)) == [kept for kept in KEYS if kept not in expected]
    store.check()


@pytest.mark.parametrize(
    ("limit", "ascending", "descending"),
    [
        (1, [b"a"], [b"d"]),
        (3, [b"a", b"b", b"c"], [b"d", b"c", b"b"]),
        (4, [b"a", b"b", b"c", b"d"], [b"d", b"c", b"b", b"a"]),
        (9, [b"a", b"b", b"c", b"d"], [b"d", b"c", b"b", b"a"]),
        (0, [b"a", b"b", b"c", b"d"], [b"d", b"c", b"b", b"a"]),
        (-1, [b"a", b"b", b"c", b"d"], [b"d", b"c", b"b", b"a"]),
    ],
)
def test_a_limit_takes_the_first_in_the_order_asked_for(
    limit: int, ascending: list[bytes], descending: list[bytes]
) -> None:
    store = store_of([b"a", b"b", b"c", b"d", b"e"])
    assert keys(store.select(b"a", b"e", limit=limit)) == ascending
    assert keys(store.select(b"a", b"e", limit=limit, descending=True)) == descending
    by_age = store.select(b"a", b"e", limit=limit, sort_by=SortTarget.CREATE, descending=True)
    assert keys(by_age) == descending


def test_other_orders_keep_keys_in_order_among_equals() -> None:
    store = PairStore()
    for revision, (key, value) in enumerate([(b"c", b"x"), (b"a", b"y"), (b"b", b"x"), (b"c", b"x")], 2):
        store.put(key, value, revision)
    expected = {
        SortTarget.KEY: [b"a", b"b", b"c"],
        SortTarget.VERSION: [b"a", b"b", b"c"],
        SortTarget.CREATE: [b"c", b"a", b"b"],
        SortTarget.MOD: [b"a", b"b", b"c"],
        SortTarget.VALUE: [b"b", b"c", b"a"],
    }
    assert {target: keys(store.select(b"a", FROM_KEY, sort_by=target)) for target in SortTarget} == expected
    assert keys(store.select(b"a", FROM_KEY, sort_by=SortTarget.VERSION, descending=True)) == [b"c", b"a", b"b"]


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=2), st.binary(max_size=2)), max_size=60), st.integers(0, 60))
def test_a_capture_does_not_follow_later_changes(changes: list[tuple[bytes, bytes]], captured_at: int) -> None:
    store = PairStore()
    captured, expected = store.capture(), {}
    plain: dict[bytes, bytes] = {}
    for revision, (key, value) in enumerate(changes, 2):
        if revision - 2 == captured_at:
            captured, expected = store.capture(), plain.copy()
        if value:
            store.put(key, value, revision)
            plain[key] = value
        else:
            store.remove(key)
            plain.pop(key, None)
    in_order, pairs = captured
    assert in_order == sorted(expected)
    assert {key: pair.value for key, pair in pairs.items()} == expected
    store.check()


def test_a_large_range_goes_at_once() -> None:
    store = store_of([b"%05d" % number for number in range(5000)])
    assert len(store.remove(b"01000", b"01010")) == 10
    assert len(store.remove(b"00500", b"04500")) == 3990
    assert store.count(b"\0", FROM_KEY) == 1000
    store.check()


def test_check_finds_an_order_that_lost_a_key() -> None:
    store = store_of([b"a", b"b"])
    store._keys.remove(b"a")
    with pytest.raises(InvariantError, match="different keys"):
        store.check()


def test_check_finds_a_pair_in_the_wrong_place() -> None:
    pair = KeyValue(b"other", b"", 3, 2, 1)
    with pytest.raises(InvariantError, match="stored under b'key'"):
        PairStore({b"key": pair}).check()
