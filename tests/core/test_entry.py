"""Entries and batches: as bytes, and found when damaged."""

from zlib import crc32

import msgspec
import pytest

from quorate.core.entry import Batch, Entry, EntryKind, KeyedCall, SessionId, decode_batch, encode_batch
from quorate.core.keys import ClientSession, Key

BATCH = Batch(
    SessionId(3, 2**64 - 1, 7),
    sequence=12,
    floor=9,
    commands=[b"", b"\x00\xff", b"put"],
    clock_ms=1234567,
    keyed=[KeyedCall(1, 2, Key(ClientSession(44, 5), 3, 1))],
)


def test_an_entry_knows_whether_its_data_is_what_was_proposed() -> None:
    entry = Entry(5, 2, EntryKind.BATCH, b"abc", crc32(b"abc"))
    assert entry.intact()
    for bit in range(24):
        data = bytearray(b"abc")
        data[bit // 8] ^= 1 << bit % 8
        assert not msgspec.structs.replace(entry, data=bytes(data)).intact(), bit
    assert Entry(1, 1, EntryKind.NOOP, b"", 0).intact()


def test_an_entry_is_one_short_array() -> None:
    entry = Entry(5, 2, EntryKind.BATCH, b"abc", 7)
    data = msgspec.msgpack.encode(entry)
    assert msgspec.msgpack.decode(data) == [5, 2, 1, b"abc", 7]
    assert msgspec.msgpack.decode(data, type=Entry) == entry


def test_kinds_have_numbers_that_stay() -> None:
    """They are on disks."""
    assert {kind.name: int(kind) for kind in EntryKind} == {"NOOP": 0, "BATCH": 1, "CONFIGURATION": 2}


def test_a_batch_comes_back_as_it_was() -> None:
    assert decode_batch(encode_batch(BATCH)) == BATCH


def test_a_batch_has_the_same_bytes_everywhere() -> None:
    assert encode_batch(Batch(SessionId(1, 2, 3), 4, 5, [b"x"])).hex() == "96930102030405" + "91c40178" + "0090"


@pytest.mark.parametrize(
    "data",
    [b"", b"\xc1", encode_batch(BATCH)[:-1], encode_batch(BATCH) + b"\x00", msgspec.msgpack.encode([1, 2, 3, []])],
)
def test_anything_else_is_a_decode_error(data: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_batch(data)


def test_a_batch_without_clock_and_keys_is_one_of_an_earlier_version() -> None:
    assert decode_batch(bytes.fromhex("9493010203040591c40178")) == Batch(SessionId(1, 2, 3), 4, 5, [b"x"])


def test_nothing_of_it_can_be_changed() -> None:
    for value in (Entry(1, 1, 0, b"", 0), BATCH, BATCH.session):
        with pytest.raises(AttributeError):
            value.term = 2  # type: ignore[union-attr, misc]


def test_a_session_is_the_same_only_with_all_three() -> None:
    assert SessionId(1, 2, 3) == SessionId(1, 2, 3)
    assert len({SessionId(1, 2, 3), SessionId(1, 2, 4), SessionId(1, 9, 3), SessionId(9, 2, 3)}) == 4
