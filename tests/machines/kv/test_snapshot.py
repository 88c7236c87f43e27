"""The snapshot stream of the pairs."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.builders import cut, cuts
from quorate.core.errors import DamagedError, MismatchError
from quorate.machines.kv.commands import MAX_KEY_BYTES, MAX_VALUE_BYTES
from quorate.machines.kv.snapshot import FORMAT, Header, PairSnapshot, read_pairs
from quorate.machines.kv.store import KeyValue
from quorate.machines.stream import CHUNK_BYTES, frame

numbers = st.integers(1, 2**63 - 1)
pair_lists = st.lists(
    st.builds(KeyValue, st.binary(min_size=1, max_size=4), st.binary(max_size=40), numbers, numbers, numbers),
    unique_by=lambda pair: pair.key,
    max_size=20,
)


def snapshot_of(revision: int, pairs: list[KeyValue]) -> PairSnapshot:
    by_key = {pair.key: pair for pair in pairs}
    return PairSnapshot(revision, sorted(by_key), by_key)


@given(numbers, pair_lists, cuts())
def test_pairs_come_back_from_any_cut_in_the_order_of_their_keys(
    revision: int, pairs: list[KeyValue], borders: list[int]
) -> None:
    stream = b"".join(snapshot_of(revision, pairs))
    restored_revision, restored = read_pairs(cut(stream, borders))
    assert restored_revision == revision
    assert list(restored.values()) == sorted(pairs, key=lambda pair: pair.key)
    assert all(key is pair.key for key, pair in restored.items())


def test_large_pairs_go_one_to_a_chunk_and_small_ones_together() -> None:
    large = [KeyValue(bytes([n]) * MAX_KEY_BYTES, bytes(MAX_VALUE_BYTES), 2**63, 2**63, 2**63) for n in range(1, 4)]
    small = [KeyValue(b"%05d" % n, b"v" * 20, 1, 1, 1) for n in range(5000)]
    snapshot = snapshot_of(9, large + small)
    chunks = list(snapshot)
    assert read_pairs(chunks) == (9, {pair.key: pair for pair in sorted(large + small, key=lambda pair: pair.key)})
    assert len(chunks) < 12
    assert all(len(chunk) < MAX_KEY_BYTES + MAX_VALUE_BYTES + 2 * CHUNK_BYTES for chunk in chunks)


def test_it_can_be_read_again() -> None:
    snapshot = snapshot_of(3, [KeyValue(b"k", b"v", 2, 3, 2)])
    assert list(snapshot) == list(snapshot)


def header(version: int = 1, name: str = FORMAT, pairs: int = 1) -> bytes:
    return frame(msgspec.msgpack.encode(Header(name, version, 5, pairs)))


PAIR = frame(msgspec.msgpack.encode([[b"k", b"v", 2, 2, 1]]))

DAMAGED = {
    "empty": b"",
    "not a header": frame(b"\x93\x01\x02\x03"),
    "text that is none": frame(b"\x94\xa2\xff\xff\x01\x01\x01"),
    "of something else": header(name="other") + PAIR,
    "a pair missing": header(pairs=2) + PAIR,
    "a pair too many": header(pairs=0) + PAIR,
    "the same key twice": header(pairs=2) + PAIR + PAIR,
    "more pairs than said": header(pairs=1) + frame(msgspec.msgpack.encode([[b"k", b"v", 2, 2, 1]] * 2)),
    "not a pair": header() + frame(b"\x91\x91\x05"),
    "a huge frame": header() + b"\xff\xff\xff\xff",
    "behind the end": header() + PAIR + b"\0",
    "cut short": (header() + PAIR)[:-1],
}


@pytest.mark.parametrize("stream", DAMAGED.values(), ids=DAMAGED)
def test_what_is_not_a_snapshot_is_refused_with_the_remedy(stream: bytes) -> None:
    assert read_pairs([header() + PAIR]) == (5, {b"k": KeyValue(b"k", b"v", 2, 2, 1)})
    with pytest.raises(DamagedError, match="move the snapshot away and start again"):
        read_pairs([stream])


def test_another_version_is_refused_by_name() -> None:
    with pytest.raises(MismatchError, match=r"version 2 of its format, this quorate reads version 1"):
        read_pairs([header(version=2) + PAIR])


@given(pair_lists, st.data())
def test_any_damage_is_typed_or_harmless(pairs: list[KeyValue], data: st.DataObject) -> None:
    stream = bytearray(b"".join(snapshot_of(4, pairs)))
    stream[data.draw(st.integers(0, len(stream) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read_pairs([bytes(stream)])
    except (DamagedError, MismatchError):
        return
