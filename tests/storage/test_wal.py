"""The log as it is written."""

import errno
from collections.abc import Callable
from contextlib import suppress

import pytest

from quorate.core.durable import LogPoint
from quorate.core.effects import Persist
from quorate.core.entry import Entry
from quorate.core.errors import DiskFailedError, DiskFullError, InvariantError, StoppedError
from quorate.storage.options import StoreOptions
from quorate.storage.recovery import recover
from quorate.storage.wal import Wal, create_log
from storage.builders import DISK_ID, SMALL, Words, entries, entry, persist
from storage.memory_disk import MemoryDisk


def a_wal(options: StoreOptions = SMALL) -> tuple[MemoryDisk, Wal]:
    disk = MemoryDisk()
    create_log(disk, DISK_ID)
    wal = reopened(disk, options)
    disk.log.clear()
    return disk, wal


def reopened(disk: MemoryDisk, options: StoreOptions = SMALL) -> Wal:
    found = recover(disk, DISK_ID)
    wal = Wal(disk, DISK_ID, found, options)
    wal.begin(found, None)
    return wal


def held(disk: MemoryDisk) -> list[Entry]:
    """What a start would find after a loss of power now."""
    return recover(disk.after_crash(), DISK_ID).entries


def segments(disk: MemoryDisk) -> list[int]:
    return [int(name[:16]) for name in disk.list("wal")]


def test_many_persists_share_one_write_and_one_sync() -> None:
    disk, wal = a_wal(StoreOptions())
    wal.write(
        [persist(hard_state=Words(1), entries=entries(1, 3)), *(persist(entries=(entry(i),)) for i in range(4, 20))]
    )
    assert disk.log == ["write wal/0000000000000001.wal", "sync wal/0000000000000001.wal"]
    assert held(disk) == list(entries(1, 19))


def test_what_says_nothing_writes_nothing() -> None:
    disk, wal = a_wal()
    wal.write([])
    wal.write([persist(), persist(commit=0)])
    assert disk.log == []


def test_the_order_inside_a_persist_is_kept() -> None:
    disk, wal = a_wal()
    wal.write([persist(entries=entries(1, 5))])
    wal.write([persist(truncate_from=4, entries=entries(4, 9, 2), compact=LogPoint(6, 2), commit=8)])
    state = recover(disk.after_crash(), DISK_ID).state
    assert (state.start, state.last, state.commit) == (LogPoint(6, 2), LogPoint(9, 2), 8)
    wal.write([persist(reset=LogPoint(50, 3), entries=entries(51, 52, 3))])
    assert held(disk) == list(entries(51, 52, 3))


def test_a_lower_commit_hint_is_not_written() -> None:
    disk, wal = a_wal()
    wal.write([persist(entries=entries(1, 5), commit=4)])
    disk.log.clear()
    wal.write([persist(commit=3)])
    assert disk.log == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (persist(entries=(entry(7),)), "would leave a gap"),
        (persist(entries=(entry(6, 0),)), "terms never fall"),
        (persist(entries=(Entry(6, 1, 1, b"data", 0),)), "does not match its checksum"),
        (persist(truncate_from=0), "cannot drop entries from 0 on"),
        (persist(compact=LogPoint(9, 1)), "cannot compact at 9"),
        (persist(compact=LogPoint(3, 2)), "the entry has term 1"),
    ],
)
def test_s_d4_what_does_not_fit_is_refused_and_nothing_of_the_merged_write_is_written(
    wrong: Persist, message: str
) -> None:
    """S-D4; and the log goes on as if nobody had asked."""
    disk, wal = a_wal()
    wal.write([persist(entries=entries(1, 5))])
    disk.log.clear()
    with pytest.raises(InvariantError, match=message):
        wal.write([persist(hard_state=Words(5), truncate_from=None), wrong])
    assert disk.log == []
    assert wal.state.hard_state == b""
    wal.write([persist(entries=entries(6, 7))])
    assert held(disk) == list(entries(1, 7))


def test_a_full_segment_is_followed_by_the_next() -> None:
    disk, wal = a_wal()
    for index in range(1, 101):
        wal.write([persist(entries=(entry(index, 1, b"x" * 200),))])
    assert segments(disk) == list(range(1, len(segments(disk)) + 1))
    assert len(segments(disk)) > 4
    assert all(len(disk.content(f"wal/{name}")) <= SMALL.segment_bytes for name in disk.list("wal"))
    assert [one.index for one in held(disk)] == list(range(1, 101))
    assert reopened(disk).log_bytes() > 100 * 200


def test_a_write_larger_than_a_segment_gets_one_of_its_own() -> None:
    disk, wal = a_wal()
    large = entry(1, 1, b"x" * 20_000)
    wal.write([persist(entries=(large,))])
    wal.write([persist(entries=entries(2, 3))])
    assert held(disk) == [large, *entries(2, 3)]
    assert segments(disk) == [2, 3]  # the first held no entry and is not needed


def test_a_merged_write_above_the_limit_is_split_between_persists_each_part_synced() -> None:
    """Two frames behind one sync could both be torn, and then look like damage."""
    disk, wal = a_wal(StoreOptions(segment_bytes=1 << 20, allocate_bytes=1 << 20, write_bytes=1000))
    wal.write([persist(entries=(entry(index, 1, b"x" * 400),)) for index in range(1, 8)])
    name = "wal/0000000000000001.wal"
    assert disk.log == [f"write {name}", f"sync {name}"] * 3
    assert len(held(disk)) == 7


def test_the_state_is_carried_into_every_segment() -> None:
    """The first segment can go, and nothing but its entries with it."""
    disk, wal = a_wal()
    wal.write([persist(hard_state=Words(4, 2), entries=entries(1, 10, 3, 200), commit=7)])
    wal.write([persist(entries=entries(11, 20, 4, 200))])
    wal.write([persist(compact=LogPoint(15, 4))])
    wal.work()
    assert 1 not in segments(disk)
    state = recover(disk.after_crash(), DISK_ID).state
    assert state.carried() == wal.state.carried()
    assert state.incarnation == 1


def test_segments_go_only_when_all_of_their_entries_are_compacted() -> None:
    disk, wal = a_wal()
    for index in range(1, 41):
        wal.write([persist(entries=(entry(index, 1, b"x" * 200),))])
    before = segments(disk)
    highest = {number: max(i for i in range(1, 41) if _holds(disk, number, i)) for number in before}
    for point in range(1, 40):
        wal.write([persist(compact=LogPoint(point, 1))])
        wal.work()
        alive = [number for number in before[:-1] if highest[number] > point]
        assert [number for number in segments(disk) if number in before[:-1]] == alive
        assert [one.index for one in held(disk)] == list(range(point + 1, 41))


def _holds(disk: MemoryDisk, number: int, index: int) -> bool:
    head = index.to_bytes(8, "little") + (1).to_bytes(8, "little")
    return b"\x03" + head in disk.content(f"wal/{number:016d}.wal")


def test_a_reset_frees_all_earlier_segments_whatever_their_indexes() -> None:
    disk, wal = a_wal()
    for index in range(1, 41):
        wal.write([persist(entries=(entry(index, 1, b"x" * 200),))])
    wal.write([persist(reset=LogPoint(5, 2), entries=entries(6, 7, 2))])
    wal.work()
    assert len(list(segments(disk))) <= 2
    assert held(disk) == list(entries(6, 7, 2))


def test_truncated_entries_keep_their_segment_until_compaction_passes_them() -> None:
    """Their segment may hold live ones too; when it goes, nothing needed goes with it."""
    disk, wal = a_wal()
    wal.write([persist(entries=entries(1, 12, 1, 250))])
    wal.write([persist(truncate_from=5, entries=entries(5, 20, 2, 250))])
    wal.write([persist(compact=LogPoint(10, 2))])
    wal.work()
    assert 1 in segments(disk) or 2 in segments(disk)
    wal.write([persist(compact=LogPoint(12, 2))])
    wal.work()
    assert 1 not in segments(disk)
    assert held(disk) == list(entries(13, 20, 2, 250))


def test_the_next_segment_is_ready_before_it_is_needed() -> None:
    """Then a roll costs what any write costs: one write, one sync, no directory."""
    disk, wal = a_wal()
    index = 0
    while not wal.wants_work:
        index += 1
        wal.write([persist(entries=(entry(index, 1, b"x" * 100),))])
    assert wal.log_bytes() < SMALL.segment_bytes / 2
    wal.work()
    assert not wal.wants_work
    disk.log.clear()
    for more in range(index + 1, index + 41):
        wal.write([persist(entries=(entry(more, 1, b"x" * 100),))])
        if disk.log[-1].endswith("2.wal"):
            break
    assert disk.log[-2:] == ["write wal/0000000000000002.wal", "sync wal/0000000000000002.wal"]
    assert not any("directory" in line or "create" in line for line in disk.log)


def test_log_bytes_counts_what_is_written_and_alive() -> None:
    _disk, wal = a_wal()
    empty = wal.log_bytes()
    wal.write([persist(entries=(entry(1, 1, b"x" * 100),))])
    assert 100 < wal.log_bytes() - empty < 170
    for index in range(2, 101):
        wal.write([persist(entries=(entry(index, 1, b"x" * 100),))])
    before = wal.log_bytes()
    assert 100 * 100 < before < 100 * 200
    wal.write([persist(compact=LogPoint(99, 1))])
    assert wal.log_bytes() < SMALL.segment_bytes


def fill_up(wal: Wal, *, worked: bool = False) -> int:
    """Write entries until there is no room; the index of the last that is on the log."""
    for index in range(1, 200):
        try:
            wal.write([persist(entries=(entry(index, 1, b"x" * 200),))])
        except DiskFullError:
            return index - 1
        if worked and wal.wants_work:
            with suppress(OSError):
                wal.work()
    raise AssertionError("the disk is never full")


@pytest.mark.parametrize("worked", [False, True])
def test_s_d8_a_full_disk_costs_nothing_that_was_acknowledged_and_the_write_is_done_when_there_is_room(
    *, worked: bool
) -> None:
    disk, wal = a_wal()
    disk.capacity = disk.used() + 10_000
    last = fill_up(wal, worked=worked)
    assert wal.short
    state = wal.state.carried()
    assert [one.index for one in held(disk)] == list(range(1, last + 1))
    with pytest.raises(DiskFullError):
        wal.write([persist(entries=(entry(last + 1, 1, b"x" * 200),))])
    assert wal.state.carried() == state
    disk.capacity = None
    wal.write([persist(entries=(entry(last + 1, 1, b"x" * 200),))])
    wal.work(again=True)
    assert not wal.short
    assert [one.index for one in held(disk)] == list(range(1, last + 2))


def test_votes_and_starts_have_room_after_entries_have_none() -> None:
    disk, wal = a_wal()
    disk.capacity = disk.used() + 6000
    last = fill_up(wal)
    for term in range(1, 5):
        wal.write([persist(hard_state=Words(term, 2))])
    found = recover(disk.after_crash(), DISK_ID)
    assert found.state.last_index == last
    again = reopened(disk)
    assert again.state.incarnation == 2
    with pytest.raises(DiskFullError):
        again.write([persist(entries=(entry(last + 1, 1, b"x" * 2000),))])


def test_of_a_merged_write_the_parts_before_the_disk_was_full_are_told() -> None:
    disk, wal = a_wal(StoreOptions(segment_bytes=4096, allocate_bytes=1024, prepare_bytes=1024, write_bytes=1000))
    disk.capacity = disk.used() + 1500
    asked = [persist(entries=(entry(index, 1, b"x" * 1200),)) for index in range(1, 4)]
    with pytest.raises(DiskFullError) as caught:
        wal.write(asked)
    assert caught.value.written == len(held(disk)) == 1
    disk.capacity = None
    wal.write(asked[1:])
    assert [one.index for one in held(disk)] == [1, 2, 3]


def test_the_next_segment_is_missed_when_the_present_one_is_nearly_full() -> None:
    disk, wal = a_wal(StoreOptions(segment_bytes=16 << 10, allocate_bytes=16 << 10, prepare_bytes=1024))
    wal.write([persist(entries=entries(1, 10, size=500))])
    disk.capacity = disk.used()
    assert wal.wants_work
    with pytest.raises(OSError, match="next log segment"):
        wal.work()
    assert not wal.short
    wal.write([persist(entries=entries(11, 25, size=500))])
    assert wal.short
    disk.capacity = None
    wal.work(again=True)
    assert not wal.short


@pytest.mark.parametrize("operation", ["write", "sync", "resize"])
def test_s_d4_a_failure_of_the_disk_is_final(operation: str) -> None:
    """Never retry the sync as if nothing had happened."""
    disk, wal = a_wal()
    wal.write([persist(entries=entries(1, 2))])
    disk.watch = _failing(operation)
    with pytest.raises(
        DiskFailedError, match=r"writing to the log failed .*0000000000000001.wal: .*no luck.* stop the node"
    ):
        wal.write([persist(entries=entries(3, 3, 1, 900))])
    disk.watch = _failing("none")
    disk.log.clear()
    with pytest.raises(DiskFailedError, match="no luck"):
        wal.write([persist(entries=entries(3, 3))])
    with pytest.raises(DiskFailedError, match="no luck"):
        wal.write([])
    assert disk.log == []
    assert not wal.wants_work
    wal.close()
    with pytest.raises(DiskFailedError):
        wal.write([persist(entries=entries(3, 3))])
    assert held(disk)[:2] == list(entries(1, 2))


def _failing(operation: str) -> Callable[[str, str], None]:
    def watch(found: str, path: str) -> None:
        if found == operation:
            raise OSError(errno.EIO, "no luck", path)

    return watch


def test_a_closed_log_refuses_by_name() -> None:
    _, wal = a_wal()
    wal.close()
    wal.close()
    with pytest.raises(StoppedError, match="the store is closed"):
        wal.write([persist(entries=entries(1, 1))])


def test_every_start_is_counted_before_anything_else() -> None:
    disk, wal = a_wal()
    assert wal.state.incarnation == 1
    for incarnation in range(2, 6):
        disk = disk.after_crash()
        assert reopened(disk).state.incarnation == incarnation
