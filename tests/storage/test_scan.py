"""Reading one segment: intact frames, and why reading stopped."""

from random import Random

from quorate.core.durable import LogPoint
from quorate.storage.frame import PREAMBLE, FrameBuilder, Header, encode_header, encode_preamble, segment_seed
from quorate.storage.logstate import LogState
from quorate.storage.record import RecordKind, encode_carried
from quorate.storage.scan import Frame, SegmentScan
from quorate.storage.window import Window
from storage.builders import DISK_ID, entry
from storage.memory_disk import MemoryDisk

SEGMENT = 7
SEED = segment_seed(DISK_ID, SEGMENT)


def a_segment(*numbers: int, size: int = 100) -> tuple[bytes, list[int]]:
    """Frames with these numbers, then zeros; and where each begins."""
    content, offsets = encode_preamble(DISK_ID, SEGMENT), []
    for number in numbers:
        builder = FrameBuilder(SEED, len(content), number)
        if not offsets:
            builder.add(RecordKind.SEGMENT, encode_carried(LogState().carried()))
        builder.add_entries([entry(number, 1, bytes([number]) * size)], LogPoint(number - 1, 1))
        offsets.append(len(content))
        content += builder.finish()
    return content + bytes(2000), offsets


def scanned(content: bytes, expected: int | None = None) -> tuple[list[Frame], SegmentScan]:
    disk = MemoryDisk()
    disk.replace("segment", content)
    scan = SegmentScan(Window(disk.open("segment")), DISK_ID, SEGMENT)
    return list(scan.frames(expected)), scan


def test_intact_frames_up_to_the_zeros() -> None:
    content, offsets = a_segment(4, 5, 6)
    frames, scan = scanned(content, 4)
    assert [(frame.number, frame.offset) for frame in frames] == list(zip((4, 5, 6), offsets, strict=True))
    assert scan.stop is None
    assert scan.end == frames[-1].offset + frames[-1].size == len(content) - 2000
    assert [record.kind for record in frames[0].records] == [RecordKind.SEGMENT, RecordKind.ENTRY]


def test_a_blank_segment_and_an_empty_file_hold_nothing() -> None:
    for content in (b"", bytes(5000)):
        frames, scan = scanned(content)
        assert (frames, scan.stop, scan.end) == ([], None, 0)


def test_a_file_that_ends_inside_a_frame_is_interrupted() -> None:
    content, offsets = a_segment(4, 5)
    frames, scan = scanned(content[: offsets[1] + 50])
    assert len(frames) == 1
    assert scan.stop is not None
    assert (scan.stop.offset, scan.stop.interrupted) == (offsets[1], True)
    assert scan.end == offsets[1]


def test_the_first_write_of_a_segment_includes_its_preamble() -> None:
    content, _ = a_segment(4)
    for cut in (5, PREAMBLE.size, PREAMBLE.size + 8, PREAMBLE.size + 60):
        frames, scan = scanned(content[:cut] + bytes(1000))
        assert frames == []
        assert scan.stop is not None
        assert (scan.stop.offset, scan.stop.interrupted) == (0, True)


def test_a_changed_byte_is_no_interrupted_write() -> None:
    content, offsets = a_segment(4, 5)
    for position in range(offsets[1], len(content) - 2000):
        changed = bytearray(content)
        changed[position] ^= 64
        frames, scan = scanned(bytes(changed))
        assert len(frames) == 1
        assert scan.stop is not None
        assert (scan.stop.offset, scan.stop.interrupted) == (offsets[1], False)
        assert scan.stop.at <= position


def test_a_write_out_of_order_is_not_taken() -> None:
    content, _offsets = a_segment(4, 6)
    frames, scan = scanned(content)
    assert len(frames) == 1
    assert scan.stop is not None
    assert scan.stop.what == "write 6 stands where write 5 belongs"
    assert scan.stop.misplaced
    assert not scan.stop.interrupted
    frames, scan = scanned(content, 3)
    assert scan.stop is not None
    assert (frames, scan.stop.offset, scan.stop.misplaced) == ([], 0, True)


def test_a_segment_of_another_disk_number_or_format_is_named() -> None:
    content, _ = a_segment(4)
    for preamble, what in (
        (encode_preamble(DISK_ID, 8), f"segment 8 of disk id {DISK_ID} stands where segment 7 belongs"),
        (encode_preamble(9, SEGMENT), "segment 7 of disk id 9 stands where segment 7 belongs"),
    ):
        _, scan = scanned(preamble + content[PREAMBLE.size :])
        assert scan.stop is not None
        assert (scan.stop.what, scan.stop.interrupted) == (what, False)


def test_frames_of_another_place_do_not_pass() -> None:
    """Stale bytes, or bytes that a disk put in the wrong place: intact in themselves."""
    content, offsets = a_segment(4, 5)
    frame = content[offsets[1] : len(content) - 2000]
    moved = content[: offsets[1]] + bytes(1) + frame + bytes(1000)
    frames, scan = scanned(moved)
    assert len(frames) == 1
    assert scan.stop is not None
    assert scan.later_write(0, 4) is None


def test_a_later_write_is_found_wherever_it_is() -> None:
    content, offsets = a_segment(4, 5, 6, size=3000)
    _, scan = scanned(content)
    assert scan.later_write(0, 3) == offsets[0]
    assert scan.later_write(0, 4) == offsets[1]
    assert scan.later_write(offsets[1] + 1, 4) == offsets[2]
    assert scan.later_write(0, 6) is None


def test_data_that_looks_like_a_header_is_no_proof() -> None:
    """Entry data can be anything, even a copy of a header from elsewhere in this very segment."""
    header = encode_header(Header(10, 99), 40, SEED)
    content, _offsets = a_segment(4, 5)
    builder = FrameBuilder(SEED, len(content) - 2000, 6)
    builder.add_entries([entry(6, 1, header * 20)], LogPoint(5, 1))
    _, scan = scanned(content[:-2000] + builder.finish() + bytes(100))
    assert scan.stop is None
    assert scan.later_write(0, 6) is None


def test_a_length_above_the_limit_is_not_followed() -> None:
    content, _ = a_segment(4)
    end = len(content) - 2000
    huge = encode_header(Header(0xFFFFFFF0, 5), end, SEED)
    frames, scan = scanned(content[:end] + huge + bytes(100))
    assert len(frames) == 1
    assert scan.stop is not None
    assert "above the limit" in scan.stop.what


def test_any_garbage_ends_in_a_stop() -> None:
    random = Random(1)
    content, _ = a_segment(4, 5, 6)
    for _ in range(300):
        start = random.randrange(len(content))
        garbage = random.randbytes(random.randrange(1, 400))
        changed = content[:start] + garbage + content[start + len(garbage) :]
        frames, scan = scanned(changed)
        assert [frame.number for frame in frames] == [4, 5, 6][: len(frames)]
        for frame in frames:
            taken = slice(frame.offset, frame.offset + frame.size)
            assert changed[taken] == content[taken]
    frames, scan = scanned(random.randbytes(5000))
    assert frames == []
    assert scan.stop is not None
