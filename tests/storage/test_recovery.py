"""Recovery: a torn tail is cut, damage stops, and neither is taken for the other (S-D8)."""

from collections.abc import Callable

import pytest

from quorate.core.durable import LogPoint
from quorate.core.errors import MismatchError
from quorate.storage.damage import LocatedDamageError
from quorate.storage.frame import FrameBuilder, segment_seed
from quorate.storage.layout import segment_path
from quorate.storage.record import RecordKind, encode_number
from quorate.storage.recovery import Recovered, recover
from quorate.storage.verify import verify
from storage.builders import DISK_ID, Words, entries, entry, open_store, persist, snapshot
from storage.memory_disk import MemoryDisk


def a_disk(writes: int = 6, size: int = 100) -> MemoryDisk:
    """One entry a write, after the start; the store is gone, the disk is well."""
    disk = MemoryDisk()
    store = open_store(disk)
    for index in range(1, writes + 1):
        store.write([persist(entries=(entry(index, 1, bytes([index]) * size),))])
    store.close()
    return disk.after_crash()


def recovered(disk: MemoryDisk) -> Recovered:
    return recover(disk, DISK_ID)


def refused(disk: MemoryDisk) -> LocatedDamageError:
    """The error, both of recovery and of a start, which changes nothing."""
    before = {path: disk.content(path) for path in disk.names}
    with pytest.raises(LocatedDamageError) as caught:
        open_store(disk)
    disk.unlock()
    assert {path: disk.content(path) for path in disk.names} == before
    return caught.value


def offset_of(disk: MemoryDisk, index: int, path: str = segment_path(1), size: int = 100) -> int:
    """Where the data of an entry lies."""
    return disk.content(path).index(bytes([index]) * size)


def test_a_log_is_read_to_its_end() -> None:
    found = recovered(a_disk())
    assert [one.index for one in found.entries] == [1, 2, 3, 4, 5, 6]
    assert found.cut is None
    assert found.next_write == 9  # the segment's own, the start's, and six
    assert [segment.highest for segment in found.segments] == [6]


def test_s_d8_a_torn_tail_is_cut_and_reported_and_stays_away() -> None:
    disk = a_disk()
    path = segment_path(1)
    last = offset_of(disk, 6)
    content = disk.content(path)
    disk.replace(path, content[: last + 30] + bytes(len(content) - last - 30))
    store = open_store(disk)
    assert [one.index for one in store.durable.entries] == [1, 2, 3, 4, 5]
    cut = store.report.cut
    assert cut is not None
    assert cut.file == path
    assert cut.offset < last < cut.offset + cut.size == last + 30
    assert "cut" in store.report.notes()[0]
    store.write([persist(entries=(entry(6, 2, b"new"),))])
    assert bytes([6]) * 30 not in disk.content(path)
    again = open_store(disk.after_crash())
    assert again.durable.entries[-1] == entry(6, 2, b"new")
    assert again.report.cut is None


def test_a_file_cut_short_is_a_torn_tail_too() -> None:
    disk = a_disk()
    path = segment_path(1)
    disk.replace(path, disk.content(path)[: offset_of(disk, 6) + 1])
    assert len(open_store(disk).durable.entries) == 5


@pytest.mark.parametrize("index", [1, 3, 5])
def test_s_d8_damage_before_a_later_write_stops_the_node(index: int) -> None:
    """In data, in a header, zeros where bytes were: all the same, for a later write proves that they were durable."""
    for damage in (_flip, _blank_sector, _blank_everything_between):
        disk = a_disk()
        at = offset_of(disk, index)
        damage(disk, at)
        error = refused(disk)
        assert error.path == segment_path(1)
        assert at - 100 <= error.offset <= at
        assert "a later write is intact at offset" in error.what
        assert error.remedy


def _flip(disk: MemoryDisk, at: int) -> None:
    disk.flip(segment_path(1), at + 7)


def _blank_sector(disk: MemoryDisk, at: int) -> None:
    content = disk.content(segment_path(1))
    disk.replace(segment_path(1), content[: at - 40] + bytes(80) + content[at + 40 :])


def _blank_everything_between(disk: MemoryDisk, at: int) -> None:
    last = offset_of(disk, 6)
    content = disk.content(segment_path(1))
    disk.replace(segment_path(1), content[: at - 51] + bytes(last - at) + content[last - 51 :])


def test_s_d8_a_changed_bit_in_the_last_write_is_damage_not_a_torn_tail() -> None:
    """What was acknowledged is never dropped in silence: the write is there in full, so it was not interrupted."""
    disk = a_disk()
    disk.flip(segment_path(1), offset_of(disk, 6) + 50)
    error = refused(disk)
    assert "this is not the trace of an interrupted write" in error.what


def test_damage_in_a_segment_before_the_last_stops_the_node() -> None:
    disk = a_disk(writes=80)
    assert len(disk.list("wal")) > 2
    for number in (1, 2):
        changed = disk.after_crash()
        content = changed.content(segment_path(number))
        used = len(content.rstrip(b"\0"))
        changed.replace(segment_path(number), content[: used - 50] + bytes(len(content) - used + 50))
        error = refused(changed)
        assert error.path in (segment_path(number), segment_path(number + 1))
        headless = disk.after_crash()
        headless.replace(segment_path(number), bytes(40) + content[40:])
        assert refused(headless).path == segment_path(number)


def test_a_lost_end_of_a_segment_is_noticed_by_the_next_one() -> None:
    """Whole writes that are gone leave zeros, which look like the end of the log."""
    disk = a_disk(writes=80)
    content = disk.content(segment_path(1))
    last = content.rstrip(b"\0").rindex(b"QFRM")
    disk.replace(segment_path(1), content[:last] + bytes(len(content) - last))
    error = refused(disk)
    assert "stands where write" in error.what
    assert error.path == segment_path(2)


def test_a_missing_segment_is_named() -> None:
    disk = a_disk(writes=80)
    disk.erase(segment_path(2))
    error = refused(disk)
    assert error.path == segment_path(2)
    assert "the file is missing, and entries 1 to " in error.what
    disk = a_disk(writes=80)
    disk.erase(segment_path(1))
    assert refused(disk).path == segment_path(1)


def test_no_segment_at_all_is_not_an_empty_log() -> None:
    """A node without its log would forget its vote."""
    disk = a_disk()
    disk.erase(segment_path(1))
    assert "it holds no log, but this directory was in use" in refused(disk).what


def test_a_blank_segment_between_others_is_damage() -> None:
    disk = a_disk(writes=80)
    disk.replace(segment_path(2), bytes(4096))
    error = refused(disk)
    assert error.path == segment_path(2)
    assert "nothing but zeros" in error.what


def test_a_log_of_nothing_but_a_torn_first_write_is_damage() -> None:
    """The first write of the oldest segment was durable before the label was."""
    disk = a_disk(writes=0)
    disk.replace(segment_path(1), disk.content(segment_path(1))[:50])
    assert "the oldest segment was durable before anything else" in refused(disk).what
    disk.replace(segment_path(1), bytes(4096))
    assert "the log holds no intact write" in refused(disk).what


@pytest.mark.parametrize("rest", [0, 20, 33, 60, 300])
def test_a_roll_that_was_interrupted_leaves_a_segment_ready_for_use(rest: int) -> None:
    disk = a_disk(writes=80)
    numbers = [int(name[:16]) for name in disk.list("wal")]
    last = segment_path(numbers[-1])
    entries_before = len(recovered(disk).entries)
    first_write = disk.content(last)[:rest]
    disk.replace(last, first_write + bytes(4096 - rest))
    store = open_store(disk)
    assert len(store.durable.entries) < entries_before
    assert (store.report.cut is not None) == bool(rest)
    more = entries(len(store.durable.entries) + 1, len(store.durable.entries) + 40, 2, 100)
    store.write([persist(entries=more)])
    assert open_store(disk.after_crash()).durable.entries[-40:] == more


def test_a_torn_write_before_a_used_segment_is_damage() -> None:
    """A segment is begun only after the one before was durable to its end."""
    disk = a_disk(writes=80)
    last = max(int(name[:16]) for name in disk.list("wal"))
    content = disk.content(segment_path(last - 1))
    used = len(content.rstrip(b"\0"))
    disk.replace(segment_path(last - 1), content[: used - 60] + bytes(4096))
    disk.replace(segment_path(last), b"QUORATEW" + bytes(4000))
    error = refused(disk)
    assert error.path == segment_path(last - 1)
    assert f"{segment_path(last)} was written after it" in error.what


def test_segments_before_a_gap_are_leftovers_if_nothing_needs_them() -> None:
    """Removals need not reach the disk in order."""
    disk = MemoryDisk()
    store = open_store(disk)
    for index in range(1, 61):
        store.write([persist(entries=(entry(index, 1, b"x" * 100),))])
    old = {name: disk.content(f"wal/{name}") for name in disk.list("wal")}
    snapshot(store, 60)
    store.write([persist(compact=LogPoint(59, 1))])
    store.upkeep()
    gone = sorted(set(old) - set(disk.list("wal")))
    assert len(gone) > 1
    crashed = disk.after_crash()
    crashed.replace(f"wal/{gone[0]}", old[gone[0]])
    again = open_store(crashed)
    assert [one.index for one in again.durable.entries] == [60]
    assert f"wal/{gone[0]}" in again.report.removed
    assert gone[0] not in crashed.list("wal")


def test_what_a_reset_left_dead_stays_dead_over_a_restart() -> None:
    """Whatever the indexes of the entries that were there before it."""
    disk = a_disk(writes=80)
    store = open_store(disk)
    snapshot(store, 80)
    store.write([persist(reset=LogPoint(5, 2))])
    found = recovered(disk)
    assert len(found.segments) > 2
    assert [segment.highest for segment in found.segments] == [0] * len(found.segments)


def _append_frame(disk: MemoryDisk, fill: Callable[[FrameBuilder], None]) -> int:
    """Forge an intact write at the end of the first segment."""
    found = recovered(disk)
    end = found.segments[-1].end
    builder = FrameBuilder(segment_seed(DISK_ID, 1), end, found.next_write)
    fill(builder)
    content = disk.content(segment_path(1))
    data = builder.finish()
    disk.replace(segment_path(1), content[:end] + data + content[end + len(data) :])
    return end


@pytest.mark.parametrize(
    ("fill", "what"),
    [
        (lambda builder: builder.add_entries([entry(9)], LogPoint(8, 1)), "entry 9 follows entry 6"),
        (
            lambda builder: builder.add_entries([entry(7, 0)], LogPoint(6, 0)),
            "entry 7 has term 0, the one before has 1",
        ),
        (lambda builder: builder.add(RecordKind.TRUNCATE, encode_number(0)), "cannot drop entries from 0 on"),
        (
            lambda builder: builder.add(RecordKind.SEGMENT, b"\x96\x00\xc4\x00\x92\x00\x00\x00\x90\x00"),
            "does not continue",
        ),
    ],
)
def test_intact_writes_that_break_the_rules_stop_the_node(fill: Callable[[FrameBuilder], None], what: str) -> None:
    """S-D4: contiguous indexes and terms that never fall, checked at the start too."""
    disk = a_disk()
    end = _append_frame(disk, fill)
    error = refused(disk)
    assert what in error.what
    assert end < error.offset < end + 60


def test_s_d7_a_record_that_this_version_does_not_know_is_never_cut() -> None:
    disk = a_disk()
    _append_frame(disk, lambda builder: builder.add(99, bytes(2000)))  # type: ignore[arg-type]
    with pytest.raises(MismatchError, match=r"a record of kind 99, .*Start this directory with the newer version"):
        open_store(disk)
    disk.unlock()
    problem = verify(disk).problems[0]
    assert (problem.severity, "newer version" in problem.remedy) == ("damaged", True)


def test_without_entries_the_same_is_found() -> None:
    disk = a_disk(writes=30)
    lean = recover(disk, DISK_ID, keep_entries=False)
    assert lean.entries == []
    assert lean.state.carried() == recovered(disk).state.carried()


def test_r1_hard_state_of_a_cut_write_is_cut_with_its_entries() -> None:
    """R1: one unit is never half recovered."""
    disk = a_disk()
    before = recovered(disk).segments[-1].end
    store = open_store(disk)
    store.write([persist(hard_state=Words(7, 3), entries=entries(7, 8, 7, 700))])
    content = disk.content(segment_path(1))
    for cut in range(before + 60, len(content.rstrip(b"\0")), 97):
        torn = disk.after_crash()
        torn.replace(segment_path(1), content[:cut] + bytes(len(content) - cut))
        again = open_store(torn)
        assert again.durable.hard_state is None
        assert len(again.durable.entries) == 6
