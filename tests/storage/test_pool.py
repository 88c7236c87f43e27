"""Segments to come and segments to go."""

import errno
from pathlib import Path
from threading import Barrier, Thread

import pytest

from quorate.core.errors import DiskFullError
from quorate.real.disk import RealDisk
from quorate.storage import pool as pool_module
from quorate.storage.layout import segment_path
from quorate.storage.options import StoreOptions
from quorate.storage.pool import SegmentPool
from storage.memory_disk import MemoryDisk, PowerLossError

OPTIONS = StoreOptions(segment_bytes=4096, prepare_bytes=1024)


def a_pool(*existing: int, has_spare: bool = False) -> tuple[MemoryDisk, SegmentPool]:
    disk = MemoryDisk()
    disk.make_directory("wal")
    for number in existing:
        disk.replace(segment_path(number), b"x" * 4096)
    disk.log.clear()
    return disk, SegmentPool(disk, OPTIONS, max(existing) - has_spare, has_spare=has_spare)


def test_without_a_spare_one_is_made_on_the_spot() -> None:
    disk, pool = a_pool(1)
    number, file = pool.take()
    assert (number, file.size()) == (2, 0)
    assert disk.log == ["create wal/0000000000000002.wal", "sync_directory wal"]
    assert pool.take()[0] == 3


def test_a_spare_is_prepared_in_steps_and_taken_without_touching_the_disk() -> None:
    disk, pool = a_pool(1)
    assert not pool.wants_work
    pool.ask()
    assert pool.wants_work
    pool.work()
    assert not pool.wants_work
    steps = ["resize wal/next.tmp", "sync wal/next.tmp"] * 4
    assert disk.log == ["create wal/next.tmp", *steps, "rename wal/next.tmp", "sync_directory wal"]
    assert disk.after_crash().content(segment_path(2)) == bytes(4096)
    disk.log.clear()
    pool.ask()
    assert not pool.wants_work
    number, file = pool.take()
    assert (number, file.size(), disk.log) == (2, 4096, [])


def test_a_spare_found_at_the_start_is_used() -> None:
    disk, pool = a_pool(1, 2, has_spare=True)
    pool.ask()
    assert not pool.wants_work
    assert pool.take()[0] == 2
    assert disk.log == []


def test_a_spare_that_comes_too_late_serves_the_next_time() -> None:
    disk, pool = a_pool(1)
    pool.ask()
    overtaken: list[int] = []

    def watch(operation: str, path: str) -> None:
        if operation == "resize" and not overtaken:
            overtaken.append(pool.take()[0])

    disk.watch = watch
    pool.work()
    assert overtaken == [2]
    assert disk.list("wal") == ["0000000000000001.wal", "0000000000000002.wal", "0000000000000003.wal"]
    disk.log.clear()
    assert pool.take()[0] == 3
    assert disk.log == []


def test_the_dead_are_removed_oldest_first_and_never_look_like_a_damaged_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "_SHRINK", 1024)
    disk, pool = a_pool(1, 2, 3)
    for number in (1, 2):
        pool.retire(number)
    assert pool.wants_work
    pool.work()
    assert disk.list("wal") == ["0000000000000003.wal"]
    assert not pool.wants_work
    for stop in range(disk.operations):
        crashed, other = a_pool(1, 2, 3)
        crashed.stop_after(stop)
        for number in (1, 2):
            other.retire(number)
        try:
            other.work()
        except PowerLossError:
            for left in [crashed.after_nameless_crash(), *map(crashed.after_crash, range(crashed.unsynced() + 1))]:
                names = [name for name in left.list("wal") if name.endswith(".wal")]
                assert names == [f"{number:016d}.wal" for number in (1, 2, 3)][-len(names) :]
                assert all(len(left.content(f"wal/{name}")) == 4096 for name in names)


def test_without_anybody_working_the_dead_are_removed_when_the_next_segment_is_needed() -> None:
    disk, pool = a_pool(1, 2)
    pool.retire(1)
    assert pool.take()[0] == 3
    assert disk.list("wal") == ["0000000000000002.wal", "0000000000000003.wal"]
    assert not pool.wants_work


def test_a_preparation_that_fails_is_not_tried_again_for_the_same_segment() -> None:
    disk, pool = a_pool(1)

    def full(operation: str, path: str) -> None:
        if operation == "resize":
            raise OSError(errno.ENOSPC, "disk full", path)

    disk.watch = full
    pool.ask()
    with pytest.raises(OSError, match="disk full"):
        pool.work()
    pool.ask()
    assert not pool.wants_work
    disk.watch = lambda operation, path: None
    assert pool.take()[0] == 2
    pool.ask()
    pool.work()
    assert "0000000000000003.wal" in disk.list("wal")


def test_a_full_disk_starves_the_pool_until_it_is_told_to_try_again_and_there_is_room() -> None:
    """And what is too little for a segment is left to others."""
    disk, pool = a_pool(1)
    disk.capacity = 2 * 4096 - 1
    pool.ask()
    with pytest.raises(OSError, match="4096 bytes"):
        pool.work()
    assert pool.starved
    assert disk.free_bytes() == 4095
    with pytest.raises(OSError, match="4096 bytes"):
        pool.work(again=True)
    disk.capacity = 2 * 4096
    pool.work()
    assert pool.starved
    pool.work(again=True)
    assert not pool.starved
    disk.log.clear()
    assert (pool.take()[0], disk.log) == (2, [])


def test_a_preparation_that_runs_out_of_room_half_way_gives_it_back() -> None:
    disk, pool = a_pool(1)

    def watch(operation: str, path: str) -> None:
        if operation == "sync":
            disk.capacity = 4096 + 1024 + 100

    disk.watch = watch
    pool.ask()
    with pytest.raises(OSError, match="No space left"):
        pool.work()
    assert pool.starved
    assert disk.content("wal/next.tmp") == b""


@pytest.mark.parametrize("has_spare", [False, True])
def test_s_d8_a_segment_without_room_is_not_taken(*, has_spare: bool) -> None:
    disk, pool = a_pool(1, 2, has_spare=True) if has_spare else a_pool(1)
    disk.capacity = disk.used() + 100
    with pytest.raises(DiskFullError, match=segment_path(2)):
        pool.take(9000)
    disk.capacity = None
    number, file = pool.take(9000)
    assert (number, file.size()) == (2, 9000)
    assert pool.take()[0] == 3


def test_both_lanes_at_once(tmp_path: Path) -> None:
    """Whatever the interleaving: every number once, and at most one segment ahead."""
    for attempt in range(10):
        disk = RealDisk(tmp_path / str(attempt))
        disk.make_directory("wal")
        disk.open(segment_path(1), create=True).close()
        pool = SegmentPool(disk, OPTIONS, 1, has_spare=False)
        start = Barrier(2)

        def background(pool: SegmentPool = pool, start: Barrier = start) -> None:
            start.wait()
            for _ in range(10):
                pool.ask()
                pool.work()

        thread = Thread(target=background)
        thread.start()
        start.wait()
        numbers = []
        for _ in range(10):
            number, file = pool.take()
            file.close()
            numbers.append(number)
            pool.retire(number - 1)
        thread.join()
        pool.work()
        assert numbers == list(range(2, 12))
        assert disk.list("wal") in ([segment(11)], [segment(11), segment(12)])


def segment(number: int) -> str:
    return f"{number:016d}.wal"
