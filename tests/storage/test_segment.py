"""The segment that is written on."""

import errno

import pytest

from quorate.core.errors import DiskFullError
from quorate.storage.options import StoreOptions
from quorate.storage.segment import ActiveSegment, erase
from quorate.storage.window import BLOCK
from storage.memory_disk import MemoryDisk

OPTIONS = StoreOptions(segment_bytes=4096, allocate_bytes=1000)


def a_segment(disk: MemoryDisk, content: bytes = b"") -> ActiveSegment:
    disk.replace("segment", content)
    return ActiveSegment(disk.open("segment"), 3, OPTIONS, len(content))


def test_an_append_is_one_write_and_one_sync() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    segment.append(b"one")
    disk.log.clear()
    segment.append(b"two")
    assert disk.log == ["write segment", "sync segment"]
    assert disk.after_crash().content("segment").rstrip(b"\0") == b"onetwo"
    assert segment.end == 6


def test_space_is_filled_ahead_in_steps_up_to_the_size_of_a_segment() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    sizes = []
    for _ in range(5):
        segment.append(b"x" * 900)
        sizes.append(len(disk.content("segment")))
    assert sizes == [2000, 3000, 4000, 4096, 4500]
    assert disk.log.count("resize segment") == 5


def test_the_largest_write_too_has_its_room_before_it_begins() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    segment.append(b"x" * 5000)
    segment.append(b"y")
    assert disk.log == ["resize segment", "write segment", "sync segment"] * 2


def test_s_d8_a_full_disk_says_so_before_anything_is_written_and_the_write_can_be_tried_again() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    segment.append(b"one")
    before = disk.content("segment")
    disk.capacity = len(before) + 10
    with pytest.raises(DiskFullError, match=r"log segment 3: .*free space"):
        segment.append(b"x" * 2000)
    assert segment.starved
    assert (disk.content("segment"), segment.end) == (before + bytes(10), 3)
    disk.capacity = None
    segment.append(b"x" * 2000)
    assert not segment.starved
    assert disk.after_crash().content("segment").rstrip(b"\0") == b"one" + b"x" * 2000


def test_what_fits_is_written_on_a_full_disk_as_long_as_it_leaves_what_it_must() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    segment.append(b"x" * 100)
    assert len(disk.content("segment")) == 1000
    disk.capacity = 1000
    segment.append(b"x" * 500, leave=200)
    assert segment.starved
    with pytest.raises(DiskFullError):
        segment.append(b"x" * 300, leave=200)
    segment.append(b"x" * 300)
    with pytest.raises(DiskFullError):
        segment.append(b"x" * 101)
    segment.append(b"x" * 100)
    assert segment.end == 1000


def test_a_disk_that_fails_while_room_is_made_has_failed() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)

    def watch(operation: str, path: str) -> None:
        raise OSError(errno.EIO, "broken", path)

    disk.watch = watch
    with pytest.raises(OSError, match="broken"):
        segment.append(b"x")
    assert not segment.starved


def test_what_was_seen_is_written_again() -> None:
    disk = MemoryDisk()
    content = bytes(range(256)) * ((2 * BLOCK) // 256) + b"end"
    segment = a_segment(disk, content)
    segment.write_again(0, len(content))
    assert disk.content("segment") == content
    assert disk.log == ["write segment"] * 3 + ["sync segment"]


@pytest.mark.parametrize("size", [1, BLOCK, 2 * BLOCK + 7])
def test_what_is_erased_is_durably_zero(size: int) -> None:
    disk = MemoryDisk()
    disk.replace("segment", b"k" * 10 + b"x" * size + b"k")
    erase(disk.open("segment"), 10, size)
    assert disk.after_crash().content("segment") == b"k" * 10 + bytes(size) + b"k"


def test_an_append_in_halves() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    assert not segment.has_room(3)
    segment.append(b"one")
    assert segment.has_room(3)
    disk.log.clear()
    file = segment.put(b"two")
    assert disk.log == ["write segment"]
    assert segment.end == 3
    file.sync()
    segment.advance(3)
    assert disk.log == ["write segment", "sync segment"]
    assert segment.end == 6
    assert disk.after_crash().content("segment").rstrip(b"\0") == b"onetwo"


def test_there_is_room_as_long_as_an_append_would_not_allocate() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    for size in (300, 300, 300, 700, 900, 900, 600):
        roomy = segment.has_room(size)
        disk.log.clear()
        segment.append(b"x" * size)
        assert roomy == ("resize segment" not in disk.log)
