"""Records: what is written is read, and nothing else passes."""

import itertools
import struct
from contextlib import suppress
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.durable import LogPoint
from quorate.storage.frame import HEADER, FrameBuilder
from quorate.storage.record import (
    CRC_MASK,
    BadRecordError,
    Carried,
    RecordKind,
    decode_records,
    encode_carried,
    encode_number,
    encode_point,
)
from storage.builders import entry

SEED, BASE = 12345, 1000
CARRIED = Carried(3, b"hard", LogPoint(4, 2), 9, ((5, 2), (8, 3)), 6)


def a_body() -> bytes:
    builder = FrameBuilder(SEED, BASE - HEADER.size, 1)
    builder.add(RecordKind.SEGMENT, encode_carried(CARRIED))
    builder.add(RecordKind.HARD_STATE, b"words")
    builder.add(RecordKind.TRUNCATE, encode_number(7))
    builder.add_entries([entry(7, 3), entry(8, 3, b""), entry(9, 4, b"x" * 600)], LogPoint(6, 2))
    builder.add(RecordKind.COMPACT, encode_point(LogPoint(5, 2)))
    builder.add_reset(encode_point(LogPoint(40, 6)))
    builder.add(RecordKind.COMMIT, encode_number(8))
    builder.add(RecordKind.INCARNATION, encode_number(4))
    return builder.finish()[HEADER.size : -4]


def test_what_is_written_is_read() -> None:
    records = list(decode_records(a_body(), BASE, SEED))
    assert [(record.kind.name, record.value) for record in records] == [
        ("SEGMENT", CARRIED),
        ("HARD_STATE", b"words"),
        ("TRUNCATE", 7),
        ("ENTRY", entry(7, 3)),
        ("ENTRY", entry(8, 3, b"")),
        ("ENTRY", entry(9, 4, b"x" * 600)),
        ("COMPACT", LogPoint(5, 2)),
        ("RESET", LogPoint(40, 6)),
        ("COMMIT", 8),
        ("INCARNATION", 4),
    ]
    assert records[0].offset == BASE
    for record, following in itertools.pairwise(records):
        assert record.offset + record.size == following.offset
    assert records[-1].offset + records[-1].size == BASE + len(a_body())


def test_no_flipped_bit_passes() -> None:
    body = a_body()
    for position in range(len(body)):
        for bit in (0, 5):
            changed = bytearray(body)
            changed[position] ^= 1 << bit
            with pytest.raises(BadRecordError) as caught:
                list(decode_records(bytes(changed), BASE, SEED))
            assert not caught.value.written
            assert caught.value.offset <= BASE + position


@pytest.mark.parametrize(("base", "seed"), [(BASE + 1, SEED), (BASE, SEED + 1), (BASE + 512, SEED)])
def test_records_of_another_place_or_segment_do_not_pass(base: int, seed: int) -> None:
    """Misdirected or stale bytes are intact in themselves, only not here."""
    with pytest.raises(BadRecordError) as caught:
        list(decode_records(a_body(), base, seed))
    assert caught.value.offset == base


def test_no_shortened_body_passes() -> None:
    body = a_body()
    whole = len(list(decode_records(body, BASE, SEED)))
    for length in range(len(body)):
        with suppress(BadRecordError):
            assert len(list(decode_records(body[:length], BASE, SEED))) < whole


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"\x63payload", "a record of kind 99"),
        (bytes([RecordKind.COMMIT]) + b"short", "a COMMIT record cannot be read"),
        (bytes([RecordKind.RESET]) + bytes(15), "a RESET record cannot be read"),
        (bytes([RecordKind.SEGMENT]) + b"\xc1", "a SEGMENT record cannot be read"),
    ],
)
def test_what_was_written_so_is_told_from_what_was_torn(content: bytes, what: str) -> None:
    prefix = struct.pack("<II", len(content) - 1, crc32(content, (SEED + BASE) & CRC_MASK))
    with pytest.raises(BadRecordError, match=what) as caught:
        list(decode_records(prefix + content, BASE, SEED))
    assert caught.value.written


def test_s_d7_what_a_newer_release_added_at_the_end_is_skipped() -> None:
    for content, value in (
        (bytes([RecordKind.COMMIT]) + struct.pack("<Q", 7) + b"more", 7),
        (bytes([RecordKind.COMPACT]) + struct.pack("<QQ", 7, 2) + b"more", LogPoint(7, 2)),
        (bytes([RecordKind.SEGMENT]) + encode_carried(CARRIED).replace(b"\x96", b"\x97", 1) + b"\x01", CARRIED),
    ):
        prefix = struct.pack("<II", len(content) - 1, crc32(content, (SEED + BASE) & CRC_MASK))
        (record,) = decode_records(prefix + content, BASE, SEED)
        assert record.value == value


@given(st.binary(max_size=300))
def test_garbage_gives_the_typed_error(body: bytes) -> None:
    if not body:
        return
    with pytest.raises(BadRecordError) as caught:
        list(decode_records(body, BASE, SEED))
    assert BASE <= caught.value.offset < BASE + len(body)
