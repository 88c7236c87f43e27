"""The segment that is written on."""

import pytest

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
    assert sizes == [1000, 2000, 3000, 4000, 4500]
    assert disk.log.count("resize segment") == 4 + 1


def test_a_write_as_large_as_a_step_needs_no_zeros_before_it() -> None:
    disk = MemoryDisk()
    segment = a_segment(disk)
    segment.append(b"x" * 5000)
    segment.append(b"y")
    assert disk.log == ["write segment", "sync segment", "resize segment", "write segment", "sync segment"]


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
