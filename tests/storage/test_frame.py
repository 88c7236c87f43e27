"""Frames: headers that belong to one place, and the trace of an interrupted write."""

import itertools
from random import Random

import pytest

from quorate.core.durable import LogPoint
from quorate.core.entry import Entry
from quorate.core.errors import InvariantError
from quorate.storage import frame
from quorate.storage.frame import (
    HEADER,
    PREAMBLE,
    FrameBuilder,
    Header,
    decode_header,
    decode_preamble,
    encode_header,
    encode_preamble,
    looks_interrupted,
    segment_seed,
)
from quorate.storage.record import RecordKind
from storage.builders import entries, entry


def test_a_preamble_names_disk_and_segment_and_no_flip_passes() -> None:
    data = encode_preamble(77, 5)
    found = decode_preamble(data)
    assert found is not None
    assert (found.disk, found.segment, found.format) == (77, 5, 1)
    assert len(data) == PREAMBLE.size
    assert decode_preamble(data[:-1]) is None
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 4
        assert decode_preamble(bytes(changed)) is None


def test_a_header_belongs_to_its_place() -> None:
    seed = segment_seed(77, 5)
    data = encode_header(Header(300, 12), 512, seed)
    assert decode_header(data, 512, seed) == Header(300, 12)
    assert decode_header(data, 513, seed) is None
    assert decode_header(data, 512, segment_seed(77, 6)) is None
    assert decode_header(data, 512, segment_seed(78, 5)) is None
    assert decode_header(data[:-1], 512, seed) is None
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 128
        assert decode_header(bytes(changed), 512, seed) is None


def test_every_interrupted_write_leaves_a_trace() -> None:
    """Cut at any byte, or with any sector missing; and a write in full has no trace, with any flipped bit neither."""
    builder = FrameBuilder(1, 1000, 7)
    builder.add_entries(entries(1, 4, size=500), LogPoint(0, 0))
    data = builder.finish()
    assert not looks_interrupted(data, 1000)
    for cut in range(len(data)):
        assert looks_interrupted(data[:cut].ljust(len(data), b"\0"), 1000)
    random = Random(4)
    borders = [0, 24, *range(536, len(data), 512), len(data)]
    sectors = [range(low, high) for low, high in itertools.pairwise(borders)]
    for _ in range(50):
        torn = bytearray(data)
        for sector in random.sample(sectors, random.randint(1, len(sectors))):
            torn[sector.start : sector.stop] = bytes(len(sector))
        assert looks_interrupted(bytes(torn), 1000)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 16
        assert not looks_interrupted(bytes(changed), 1000)
    assert looks_interrupted(b"", 0)


def test_an_interrupted_erasure_leaves_its_mark_too() -> None:
    """A start that cuts a torn tail may itself be cut off, at any byte."""
    builder = FrameBuilder(1, 1000, 7)
    builder.add_entries(entries(5, 8, 2), LogPoint(4, 1))
    data = builder.finish()
    for erased in range(1, len(data) + 1):
        assert looks_interrupted(bytes(erased) + data[erased:], 1000)


def test_a_builder_knows_what_it_holds() -> None:
    builder = FrameBuilder(1, 33, 7)
    assert builder.size == 0
    runs = builder.add_entries([*entries(5, 6, 2), *entries(7, 8, 3)], LogPoint(4, 1))
    assert runs == [(5, 2), (7, 3)]
    assert (builder.highest, builder.resets) == (8, False)
    builder.add_reset(bytes(16))
    assert (builder.highest, builder.resets) == (0, True)
    builder.add_entries(entries(41, 42, 3), LogPoint(40, 3))
    assert builder.highest == 42
    assert len(builder.finish()) == HEADER.size + builder.size + 4


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (entry(7, 3), "entry 7 of term 3 would leave a gap in the log, which ends at index 5"),
        (entry(5, 3), "entry 5 of term 3 would leave a gap in the log, which ends at index 5"),
        (entry(6, 1), "entry 6 of term 1 follows an entry of term 2: terms never fall"),
        (Entry(6, 2, 1, b"data", 1), "the data of entry 6 of term 2 does not match its checksum"),
        (Entry(6, 2, 256, b"", 0), "entry 6 of term 2 cannot be stored"),
        (Entry(6, 1 << 64, 1, b"", 0), "cannot be stored"),
    ],
)
def test_s_d4_entries_that_do_not_follow_are_refused(wrong: Entry, message: str) -> None:
    """S-D4: the store refuses gaps."""
    builder = FrameBuilder(1, 33, 7)
    with pytest.raises(InvariantError, match=message):
        builder.add_entries([entry(5, 2), wrong], LogPoint(4, 1))


def test_a_unit_that_no_reader_would_take_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "FRAME_LIMIT", 100)
    builder = FrameBuilder(1, 33, 7)
    builder.add(RecordKind.HARD_STATE, bytes(100))
    with pytest.raises(InvariantError, match="one unit of 109 bytes is more than the 100"):
        builder.finish()
