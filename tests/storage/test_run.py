"""Runs of plain writes: the quick reader finds what the thorough one finds, and leaves to it whatever is not plain."""

import random
import struct
from collections.abc import Callable
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.core.durable import LogPoint
from quorate.storage.frame import END, HEADER, Header, encode_header
from quorate.storage.record import CRC_MASK, RecordKind
from quorate.storage.recovery import Recovered, recover
from quorate.storage.run import Run, read_run
from quorate.storage.scan import SegmentScan
from storage.builders import DISK_ID, Words, entries, entry, open_store, persist, snapshot
from storage.memory_disk import MemoryDisk

SEED, OFFSET, NUMBER = 4711, 300, 9
LAST = LogPoint(40, 3)


def record(kind: int, content: bytes, at: int) -> bytes:
    """A record at offset `at` of the segment, with its checksum."""
    body = bytes((kind,)) + content
    return struct.pack("<II", len(content), crc32(body, (SEED + at) & CRC_MASK)) + body


def an_entry(index: int, at: int, term: int = 3, data: bytes = b"data") -> bytes:
    head = struct.pack("<BQQBI", RecordKind.ENTRY, index, term, 1, crc32(data))
    return struct.pack("<II", len(head) - 1 + len(data), crc32(head, (SEED + at) & CRC_MASK)) + head + data


def write(number: int, at: int, *records: Callable[[int], bytes]) -> bytes:
    """A frame at offset `at` of the segment."""
    body = b""
    for make in records:
        body += make(at + HEADER.size + len(body))
    return encode_header(Header(len(body), number), at, SEED) + body + END


def log(*writes: list[Callable[[int], bytes]], first: int = NUMBER) -> bytes:
    content = b""
    for number, records in enumerate(writes, first):
        content += write(number, OFFSET + len(content), *records)
    return content


def at(index: int, **fields: int) -> Callable[[int], bytes]:
    return lambda offset: an_entry(index, offset, **fields)


def hint(commit: int) -> Callable[[int], bytes]:
    return lambda offset: record(RecordKind.COMMIT, struct.pack("<Q", commit), offset)


def read(content: bytes, before: bytes = b"") -> Run:
    return read_run(before + content + bytes(100), len(before), OFFSET, SEED, NUMBER, LAST)


def test_entries_and_hints_are_taken_to_the_end() -> None:
    content = log([at(41)], [at(42), hint(41)], [at(43), hint(40), at(44), hint(43)], [at(45)])
    run = read(content, before=b"whatever")
    assert (run.writes, run.end, run.commit) == (4, OFFSET + len(content), 43)
    assert run.last_at == OFFSET + len(log([at(41)], [at(42), hint(41)], [at(43), hint(40), at(44), hint(43)]))
    assert [one.index for one in run.entries] == [41, 42, 43, 44, 45]
    assert all(one.term == 3 and one.kind == 1 and one.data == b"data" and one.intact() for one in run.entries)


@pytest.mark.parametrize(
    "odd",
    [
        [at(43)],
        [at(41)],
        [at(42, term=4)],
        [at(42, term=2)],
        [at(42), at(44)],
        [at(42), at(43, term=4)],
        [at(42), lambda offset: record(RecordKind.TRUNCATE, bytes(8), offset)],
        [at(42), lambda offset: record(RecordKind.COMMIT, bytes(9), offset)],
        [lambda offset: record(RecordKind.HARD_STATE, b"words", offset), at(42)],
        [hint(41), at(42)],
        [at(42), lambda offset: record(99, bytes(40), offset)],
        [],
    ],
)
def test_what_is_not_plain_is_left_as_a_whole(odd: list[Callable[[int], bytes]]) -> None:
    content = log([at(41)], odd, [at(42)])
    run = read(content)
    assert (run.writes, [one.index for one in run.entries]) == (1, [41])
    assert run.end == OFFSET + len(log([at(41)]))


def test_a_write_of_another_number_or_that_the_block_cuts_is_left() -> None:
    content = log([at(41)], [at(42), hint(41)])
    assert read_run(content, 0, OFFSET, SEED, NUMBER + 1, LAST).writes == 0
    for length in range(len(content)):
        run = read_run(content[:length], 0, OFFSET, SEED, NUMBER, LAST)
        assert run.writes == len(run.entries) == (length >= len(log([at(41)])))


@given(st.integers(0, 2**31), st.integers(0, 7))
def test_s_d8_no_flipped_bit_passes(place: int, bit: int) -> None:
    content = bytearray(log([at(41)], [at(42), hint(41), at(43)], [at(44), hint(43)]))
    place %= len(content)
    content[place] ^= 1 << bit
    run = read(bytes(content))
    assert run.end <= OFFSET + place
    assert [one.index for one in run.entries] == [41, 42, 43, 44][: len(run.entries)]
    assert all(one.data == b"data" and one.intact() for one in run.entries)


def test_any_seed_of_a_segment_fits() -> None:
    """The checksum's start is a sum that may pass 32 bits."""
    content = write(NUMBER, OFFSET, lambda offset: an_entry(41, offset))
    assert read(content).writes == 1
    assert read_run(content + bytes(100), 0, OFFSET + 1, SEED, NUMBER, LAST).writes == 0


def told(found: Recovered) -> tuple[object, ...]:
    state = found.state
    segments = [(segment.number, segment.end, segment.highest) for segment in found.segments]
    return (
        *(state.carried(), state.missing, found.entries, segments, found.next_write, found.last_frame, found.writes),
        *(found.cut, found.blank, found.useless),
    )


@pytest.mark.parametrize("seed", range(12))
def test_s_d8_recovery_finds_the_same_with_and_without_runs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = random.Random(seed)
    disk = MemoryDisk()
    store = open_store(disk)
    last, term = 0, 1
    for _ in range(150):
        match draw.randrange(12):
            case 0:
                term += 1
                store.write([persist(hard_state=Words(term, draw.randrange(3)))])
            case 1 if last > store._wal.state.start.index + 2:
                first = last - draw.randrange(2)
                fresh = tuple(entry(index, term) for index in range(first, last + 1))
                store.write([persist(truncate_from=first, entries=fresh)])
            case 2 if last > 20 and draw.random() < 0.3:
                store.write([persist(compact=snapshot(store, last, store._wal.state.last.term))])
            case _:
                more = draw.choice([1, 1, 1, 4])
                store.write([persist(entries=entries(last + 1, last + more, term, draw.randrange(90)), commit=last)])
                last += more
    store.close()
    disk = disk.after_crash()
    if seed % 2:
        path = f"wal/{max(name for name in disk.list('wal') if name.endswith('.wal'))}"
        content = disk.content(path)
        disk.replace(path, content[: len(content.rstrip(bytes(1))) - draw.randrange(1, 60)])
    quick = told(recover(disk, DISK_ID))
    monkeypatch.setattr(SegmentScan, "run_ahead", lambda *_: None)
    assert told(recover(disk, DISK_ID)) == quick
