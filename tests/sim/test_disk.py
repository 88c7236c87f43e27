"""The `Disk` protocol as a simulated process sees it."""

import errno
from random import Random

import pytest

from quorate.core.errors import LockedError
from quorate.sim.disk import CrashedError, Failure, SimDisk
from quorate.sim.image import DiskImage
from quorate.storage.disk import Disk


def a_disk(capacity: int | None = None) -> SimDisk:
    return SimDisk(DiskImage(capacity))


def test_it_behaves_as_a_disk() -> None:
    disk: Disk = a_disk()
    disk.make_directory("deep/er")
    assert disk.list() == ["deep"]
    assert disk.list("nowhere") == []
    file = disk.open("deep/er/log", create=True)
    file.write(2, b"abc")
    assert (file.size(), file.read(0, 9), file.read(4, 9)) == (5, b"\0\0abc", b"c")
    file.allocate(8)
    assert (file.size(), file.read(4, 9)) == (8, b"c\0\0\0")
    file.allocate(3)
    assert file.size() == 8
    file.truncate(3)
    assert file.read(0, 9) == b"\0\0a"
    file.close()
    disk.rename("deep/er/log", "deep/er/journal")
    assert disk.list("deep/er") == ["journal"]
    assert disk.open("deep/er/journal").read(2, 1) == b"a"
    disk.remove("deep/er/journal")
    assert disk.list("deep/er") == []
    assert disk.free_bytes() > 1 << 30


def test_absent_files_are_named() -> None:
    disk = a_disk()
    for act in (lambda: disk.open("x"), lambda: disk.remove("x"), lambda: disk.rename("x", "y")):
        with pytest.raises(FileNotFoundError):
            act()
    disk.make_directory("sub")
    disk.open("x", create=True)
    with pytest.raises(OSError, match="a rename stays in its directory"):
        disk.rename("x", "sub/x")


def test_open_with_create_keeps_what_is_there() -> None:
    disk = a_disk()
    disk.open("log", create=True).write(0, b"here")
    assert disk.open("log", create=True).read(0, 9) == b"here"


def test_only_one_process_has_the_lock() -> None:
    image = DiskImage()
    first, second = SimDisk(image), SimDisk(image)
    first.lock("lock")
    first.lock("lock")
    with pytest.raises(LockedError, match="another process"):
        second.lock("lock")
    first.release()
    second.lock("lock")


def test_synced_bytes_survive_and_a_full_round_of_publishing_does() -> None:
    disk = a_disk()
    file = disk.open("temporary", create=True)
    file.write(0, b"state")
    file.sync()
    disk.rename("temporary", "snapshot")
    disk.sync_directory()
    disk.release()
    disk.image.lose_power(Random(3), "all")
    assert SimDisk(disk.image).open("snapshot").read(0, 9) == b"state"


def test_a_failure_strikes_at_its_call_and_as_often_as_asked() -> None:
    disk = a_disk()
    file = disk.open("log", create=True)
    disk.failures.append(Failure("sync", after=1, times=2))
    file.sync()
    for _ in range(2):
        with pytest.raises(OSError, match="log") as caught:
            file.sync()
        assert caught.value.errno == errno.EIO
    file.sync()
    disk.failures.append(Failure("any", code=errno.EROFS, times=-1))
    for _ in range(3):
        with pytest.raises(OSError, match="Read-only"):
            file.read(0, 1)


def test_after_a_failed_sync_a_second_one_saves_nothing() -> None:
    disk = a_disk()
    file = disk.open("log", create=True)
    disk.sync_directory()
    file.write(0, b"abc")
    disk.failures.append(Failure("sync"))
    with pytest.raises(OSError, match="log"):
        file.sync()
    file.sync()
    assert file.read(0, 9) == b"abc"
    disk.image.lose_power(Random(1), "none")
    assert SimDisk(disk.image).open("log").size() == 0


def test_a_full_disk_takes_part_of_a_write_and_says_so() -> None:
    disk = a_disk(capacity=10)
    file = disk.open("log", create=True)
    file.write(0, b"12345678")
    assert disk.free_bytes() == 2
    with pytest.raises(OSError, match="No space") as caught:
        file.write(8, b"abc")
    assert caught.value.errno == errno.ENOSPC
    file.write(0, b"abcdefgh")
    with pytest.raises(OSError, match="No space"):
        file.allocate(11)


def test_a_crash_in_the_middle_stops_every_later_operation_but_close() -> None:
    disk = a_disk()
    file = disk.open("log", create=True)
    disk.crash_after(1)
    file.write(0, b"done")
    for act in (lambda: file.write(4, b"never"), file.sync, lambda: disk.open("log"), disk.sync_directory):
        with pytest.raises(CrashedError):
            act()
    file.close()
    assert SimDisk(disk.image).open("log").read(0, 9) == b"done"


def test_a_crash_may_wait_for_one_kind_of_operation_and_then_stops_all() -> None:
    disk = a_disk()
    file = disk.open("log", create=True)
    disk.crash_after(1, "sync")
    for _ in range(3):
        file.write(0, b"done")
    file.sync()
    file.write(4, b"last")
    for act in (file.sync, lambda: file.write(8, b"never"), lambda: disk.open("log")):
        with pytest.raises(CrashedError):
            act()
    assert SimDisk(disk.image).open("log").read(0, 99) == b"donelast"


def test_a_sync_goes_through_the_image_which_may_lie() -> None:
    disk = a_disk()
    file = disk.open("log", create=True)
    disk.sync_directory()
    disk.image.lies = True
    file.write(0, b"abc")
    file.sync()
    assert disk.image.unsynced() == 1
