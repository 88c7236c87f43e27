"""Looking into a data directory."""

from random import Random

import msgspec

from quorate.core.durable import LogPoint
from quorate.storage.inspect import RecordRow, SegmentRow, record_rows, segment_rows, walk
from quorate.storage.layout import segment_path
from quorate.storage.scan import Stop
from storage.builders import Words, entries, entry, open_store, persist, snapshot
from storage.memory_disk import MemoryDisk

FIRST = segment_path(1)


def a_disk() -> MemoryDisk:
    """A bit of everything, over several segments."""
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(hard_state=Words(2, 3), entries=entries(1, 4, 2), commit=2)])
    store.write([persist(truncate_from=4, entries=entries(4, 6, 3))])
    snapshot(store, 5, 3)
    store.write([persist(compact=LogPoint(2, 2))])
    for index in range(7, 67):
        store.write([persist(entries=(entry(index, 3, bytes([index]) * 100),))])
    return disk.after_crash()


def looked_at(disk: MemoryDisk) -> tuple[list[SegmentRow], list[RecordRow]]:
    """Everything, on a disk that allows no change."""

    def refuse(operation: str, path: str) -> None:
        raise AssertionError(f"{operation} {path}")

    disk.watch = refuse
    rows = list(segment_rows(disk)), list(record_rows(disk))
    disk.watch = lambda operation, path: None
    return rows


def test_segments_are_told_with_their_entries() -> None:
    segments, records = looked_at(a_disk())
    assert [row.number for row in segments] == list(range(1, len(segments) + 1))
    assert len(segments) > 2
    first, last = segments[0], segments[-1]
    assert (first.file, first.first_index, first.size, first.status) == (FIRST, 1, 4096, "ok")
    assert last.last_index == 66
    assert sum(row.entries for row in segments) == 4 + 3 + 60
    assert sum(row.records for row in segments) == len(records)
    assert all(row.used <= row.size for row in segments)


def test_records_are_told_one_by_one() -> None:
    _, records = looked_at(a_disk())
    assert all(row.status == "ok" for row in records)
    told = [(row.kind, row.index, row.term, row.detail) for row in records[:16]]
    empty = "continues after 0, log starts after 0, incarnation 0, hard state none, commit hint 0"
    assert told[0] == ("segment", 0, None, empty)
    assert told[1] == ("incarnation", None, None, "1")
    assert told[2] == ("hard_state", None, None, "[2, 3]")
    assert told[3] == ("entry", 1, 2, "batch, 3 bytes")
    assert told[7] == ("commit", 2, None, "known to be committed up to here")
    assert told[8] == ("truncate", 4, None, "entries from here on are dropped")
    assert told[12] == ("compact", 2, 2, "entries up to here are dropped")
    writes = [row.write for row in records if row.write is not None]
    assert writes == sorted(writes)
    carried = [row for row in records if row.kind == "segment"][1]
    assert "hard state [2, 3]" in carried.detail
    assert "log starts after 2" in carried.detail


def test_a_reset_and_a_strange_entry_are_told_too() -> None:
    disk = MemoryDisk()
    store = open_store(disk)
    store.write([persist(entries=(msgspec.structs.replace(entry(1), kind=77),))])
    snapshot(store, 1)
    store.write([persist(reset=LogPoint(1, 1))])
    _, records = looked_at(disk)
    assert records[2].detail == "kind 77, 3 bytes"
    assert (records[3].kind, records[3].index) == ("reset", 1)


def test_a_torn_tail_is_told_as_one() -> None:
    disk = a_disk()
    last = segment_path(len(disk.list("wal")))
    content = disk.content(last)
    used = len(content.rstrip(b"\0"))
    disk.replace(last, content[: used - 20] + bytes(4096 - used + 20))
    segments, records = looked_at(disk)
    assert [row.status for row in segments] == ["ok"] * (len(segments) - 1) + ["torn"]
    assert (records[-1].kind, records[-1].status, records[-1].file) == ("?", "torn", last)


def test_what_lies_behind_damage_is_told_as_well() -> None:
    disk = a_disk()
    at = disk.content(FIRST).index(bytes([9]) * 100)
    disk.flip(FIRST, at)
    segments, records = looked_at(disk)
    assert segments[0].status == "damaged"
    bad = next(number for number, row in enumerate(records) if row.status == "damaged")
    assert records[bad].kind == "?"
    assert records[bad].offset < at
    assert (records[bad - 1].index, records[bad + 1].index) == (8, 10)
    assert records[-1].index == 66


def test_a_missing_write_is_told() -> None:
    """Only the number of the next one shows it."""
    disk = a_disk()
    content = disk.content(FIRST)
    at = content.index(bytes([9]) * 100) - 51
    end = content.index(bytes([10]) * 100) - 51
    disk.replace(FIRST, content[:at] + content[end:])
    _, records = looked_at(disk)
    assert any(row.status == "damaged" for row in records)


def test_segments_made_ready_and_blank_ones_in_the_middle() -> None:
    disk = a_disk()
    count = len(disk.list("wal"))
    disk.replace(segment_path(count + 1), bytes(4096))
    segments, _ = looked_at(disk)
    assert segments[-1].status == "unused"
    disk.replace(segment_path(2), bytes(4096))
    segments, _ = looked_at(disk)
    assert segments[1].status == "damaged"


def test_without_a_label_the_segments_speak_for_themselves() -> None:
    disk = a_disk()
    expected = looked_at(disk)
    disk.erase("quorate.json")
    assert looked_at(disk) == expected
    disk.replace("quorate.json", b"garbage")
    assert looked_at(disk) == expected


def test_a_stop_with_something_intact_behind_it_is_never_called_interrupted() -> None:
    disk = a_disk()
    content = disk.content(FIRST)
    at = content.index(bytes([9]) * 100)
    disk.replace(FIRST, content[:at] + bytes(100) + content[at + 100 :])
    stops = [found for found in walk(disk, 1) if isinstance(found, Stop)]
    assert [stop.interrupted for stop in stops] == [False]


def test_any_garbage_is_survived() -> None:
    random = Random(2)
    for _ in range(60):
        disk = a_disk() if random.random() < 0.5 else MemoryDisk()
        disk.make_directory("wal")
        content = bytearray(disk.content(FIRST)) if FIRST in disk.names else bytearray(5000)
        for _ in range(random.randint(1, 5)):
            start = random.randrange(len(content))
            content[start : start + random.randrange(600)] = random.randbytes(random.randrange(600))
        disk.replace(FIRST, bytes(content))
        segments, records = looked_at(disk)
        assert segments[0].file == FIRST
        assert len(records) >= sum(row.records for row in segments)


def test_nothing_there_is_nothing_told() -> None:
    assert looked_at(MemoryDisk()) == ([], [])
