"""A write of the log in two halves, with the sync between them left to others."""

import errno

import pytest

from quorate.core.durable import LogPoint
from quorate.core.errors import DiskFailedError, InvariantError
from quorate.storage.options import StoreOptions
from storage.builders import Words, entries, entry, persist
from storage.test_wal import a_wal, held, reopened, segments


def test_a_write_in_halves_counts_when_it_is_settled() -> None:
    disk, wal = a_wal(StoreOptions())
    wal.write([persist(entries=(entry(1),))])
    disk.log.clear()
    file = wal.put([persist(entries=(entry(2),)), persist(hard_state=Words(3))])
    assert file is not None
    assert disk.log == ["write wal/0000000000000001.wal"]
    assert held(disk) == [entry(1)]
    before = wal.log_bytes()
    with pytest.raises(InvariantError, match="put down"):
        wal.put([persist(entries=(entry(3),))])
    with pytest.raises(InvariantError, match="put down"):
        wal.write([persist(entries=(entry(3),))])
    file.sync()
    wal.settle()
    assert wal.log_bytes() > before
    wal.write([persist(entries=(entry(3),))])
    assert held(disk) == list(entries(1, 3))
    with pytest.raises(InvariantError, match="nothing was put"):
        wal.settle()


def test_both_ways_of_writing_leave_the_same_bytes() -> None:
    whole, halves = a_wal(StoreOptions()), a_wal(StoreOptions())
    for number in range(1, 30):
        write = [persist(entries=(entry(number),), commit=number - 1)]
        whole[1].write(write)
        file = halves[1].put(write)
        assert file is not None
        file.sync()
        halves[1].settle()
    path = "wal/0000000000000001.wal"
    assert whole[0].content(path)[: whole[1].log_bytes()] == halves[0].content(path)[: halves[1].log_bytes()]
    assert whole[1].log_bytes() == halves[1].log_bytes()
    assert reopened(halves[0]).state.last == LogPoint(29, entry(29).term)


def test_what_needs_more_than_one_write_and_one_sync_is_not_put() -> None:
    disk, wal = a_wal(StoreOptions(segment_bytes=4096, allocate_bytes=512, write_bytes=1000))
    assert wal.put([]) is None
    assert wal.put([persist()]) is None
    assert wal.put([persist(entries=(entry(1, data=b"x" * 900),)), persist(entries=(entry(2),))]) is None, (
        "more than one frame"
    )
    assert wal.put([persist(entries=(entry(1, data=b"x" * 600),))]) is None, "no room yet"
    assert disk.log == []
    wal.write([persist(entries=(entry(1),))])
    put = 0
    for number in range(2, 120):
        file = wal.put([persist(entries=(entry(number),))])
        if file is None:
            wal.write([persist(entries=(entry(number),))])
        else:
            file.sync()
            wal.settle()
            put += 1
    assert put > 60
    assert len(segments(disk)) > 1
    assert held(disk) == list(entries(1, 119))


def test_a_sync_that_failed_is_the_end_of_the_log() -> None:
    _, wal = a_wal(StoreOptions())
    wal.write([persist(entries=(entry(1),))])
    assert wal.put([persist(entries=(entry(2),))]) is not None
    with pytest.raises(DiskFailedError, match="Input/output"):
        wal.lose(OSError(errno.EIO, "Input/output error"))
    for attempt in (wal.put, wal.write):
        with pytest.raises(DiskFailedError):
            attempt([persist(entries=(entry(2),))])


def test_a_put_that_the_disk_refuses_is_the_end_of_the_log() -> None:
    disk, wal = a_wal(StoreOptions())
    wal.write([persist(entries=(entry(1),))])

    def refuse(operation: str, _path: str) -> None:
        if operation == "write":
            raise OSError(errno.EIO, "Input/output error")

    disk.watch = refuse
    with pytest.raises(DiskFailedError):
        wal.put([persist(entries=(entry(2),))])
    with pytest.raises(DiskFailedError):
        wal.write([persist(entries=(entry(2),))])
