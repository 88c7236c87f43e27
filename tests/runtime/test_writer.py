"""One write at a time, and the upkeep of the log beside it."""

from __future__ import annotations

import errno
from zlib import crc32

import pytest

from quorate.core.effects import Persist, WriteSnapshot
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import DiskFailedError
from quorate.core.events import Persisted, SnapshotWritten, SpaceChanged
from quorate.core.ids import SECOND
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.writer import QUICK_BYTES, LogWrite
from quorate.sim.disk import Failure
from quorate.storage.options import StoreOptions
from runtime.fakes import SoloAlgorithm, Table, Word

TINY = StoreOptions(segment_bytes=1 << 12, allocate_bytes=1 << 10, prepare_bytes=1 << 10)
META = SnapshotMeta(5, 1, (1, 2, 3), 8, "ab" * 16)


def test_what_is_merged_is_written_with_one_sync_and_told_by_its_last_position() -> None:
    table = Table().start()
    table.say(Persist(1), Persist(2, hard_state=Word(1)), Persist(3, hard_state=Word(2)))
    table.disk.failures.append(Failure("sync", after=1))
    table.world.writes.finish()
    assert table.algorithm.events[-1] == Persisted(3)
    assert table.store.written == [(1, 2, 3)]
    assert (table.driver.counters.writes, table.driver.counters.persists) == (1, 3)
    restarted = table.restart()
    assert restarted.store.durable.hard_state == Word(2)


def test_a_piece_of_a_snapshot_is_written_in_its_turn() -> None:
    table = Table().start()
    table.say(Persist(1), WriteSnapshot(META, 0, b"abcd"), Persist(2))
    for expected in (Persisted(1), SnapshotWritten(META, 4), Persisted(2)):
        assert len(table.world.writes) == 1
        table.world.writes.finish()
        assert table.algorithm.events[-1] == expected
    assert table.store.written == [(1,), (2,)]
    assert (table.driver.counters.writes, table.driver.counters.persists) == (3, 2)


def test_a_piece_that_cannot_be_written_stops_the_node_and_is_not_tried_again() -> None:
    table = Table().start()
    table.disk.failures.append(Failure("write", code=errno.EIO))
    table.say(WriteSnapshot(META, 0, b"abcd"), Persist(1))
    table.world.writes.finish()
    assert isinstance(table.ear.failures[0], DiskFailedError)
    assert len(table.world.writes) == 0
    assert table.algorithm.seen(SnapshotWritten) == []


def test_a_piece_for_which_there_is_no_room_is_told_and_given_up() -> None:
    table = Table().start()
    table.disk.failures.append(Failure("write", code=errno.ENOSPC))
    table.say(WriteSnapshot(META, 0, b"abcd"), Persist(1))
    table.world.writes.finish()
    assert table.algorithm.seen(SnapshotWritten) == [SnapshotWritten(META, 0, no_room=True)]
    assert (table.ear.failures, table.disk.list("snapshots")) == ([], [])
    table.world.writes.finish()
    assert table.algorithm.events[-1] == Persisted(1)


# A full disk


def fill_disk(table: Table, room: int = 0) -> None:
    table.disk.image.capacity = table.disk.image.used() + room


def test_s_d8_a_write_without_room_waits_with_all_behind_it_and_is_done_when_there_is_space() -> None:
    algorithm = SoloAlgorithm()
    table = Table(algorithm, store_options=TINY).start()
    fill_disk(table)
    callers = []
    for _ in range(40):
        callers.append(table.propose(b"x" * 200))
        table.world.work()
    applied = [caller for caller in callers if not caller.waits]
    assert 0 < len(applied) < 20
    assert table.algorithm.seen(SpaceChanged) == [SpaceChanged(short=True)]
    table.world.pass_time(SECOND)
    table.world.work()
    assert [caller for caller in callers if not caller.waits] == applied
    table.disk.image.capacity = None
    table.world.pass_time(SECOND)
    table.world.work()
    table.world.pass_time(SECOND)
    table.world.work()
    assert not any(caller.waits for caller in callers)
    assert table.algorithm.seen(SpaceChanged) == [SpaceChanged(short=True), SpaceChanged(short=False)]
    assert table.ear.failures == []
    assert len(table.restart().store.durable.entries) == algorithm.last_index


def test_the_part_of_a_write_that_is_durable_is_not_written_again() -> None:
    table = Table(store_options=StoreOptions(segment_bytes=1 << 12, allocate_bytes=1 << 10, write_bytes=100)).start()
    fill_disk(table, 200)
    entries = [entry_of_size(index, 900) for index in range(1, 7)]
    table.say(*(Persist(entry.index, entries=(entry,)) for entry in entries))
    table.world.writes.finish()
    assert table.algorithm.seen(Persisted) == []
    table.disk.image.capacity = None
    table.world.pass_time(SECOND)
    table.world.writes.finish()
    assert table.algorithm.seen(Persisted) == [Persisted(6)]
    assert table.restart().store.durable.entries == tuple(entries)


def entry_of_size(index: int, size: int) -> Entry:
    data = b"x" * size
    return Entry(index, 1, EntryKind.BATCH, data, crc32(data))


def test_the_early_warning_comes_while_writes_still_find_room_and_is_taken_back_with_the_next_segment() -> None:
    table = Table(store_options=StoreOptions(segment_bytes=1 << 14, allocate_bytes=1 << 14)).start()
    write(table, 1)
    fill_disk(table)
    position = 1
    while not table.algorithm.seen(SpaceChanged):
        position += 1
        write(table, position)
        while len(table.world.backgrounds):
            table.world.backgrounds.finish()
    assert table.algorithm.seen(Persisted)[-1] == Persisted(position)
    assert table.store.log_bytes() < 14_000
    write(table, position + 1)
    table.disk.image.capacity = None
    table.world.pass_time(SECOND)
    table.world.backgrounds.finish()
    assert table.algorithm.seen(SpaceChanged) == [SpaceChanged(short=True), SpaceChanged(short=False)]
    assert (table.ear.failures, table.world.armed) == ([], None)


def test_nothing_is_tried_again_after_the_stop() -> None:
    table = Table(store_options=TINY).start()
    fill_disk(table)
    table.say(Persist(1, entries=(entry_of_size(1, 9000),)))
    table.world.writes.finish()
    table.driver.stop()
    table.world.pass_time(10 * SECOND)
    assert (len(table.world.writes), len(table.world.backgrounds)) == (0, 0)


def write(table: Table, position: int) -> None:
    table.say(Persist(position, hard_state=Word(1 << 60)))
    table.world.writes.finish()


def fill(table: Table) -> int:
    """Write until the log wants upkeep; the position it then is at."""
    for position in range(1, 1000):
        write(table, position)
        if table.store.wants_upkeep:
            return position
    raise AssertionError("the log never wants upkeep")


def test_upkeep_is_done_beside_the_writes_one_at_a_time() -> None:
    table = Table(store_options=TINY).start()
    position = fill(table)
    assert len(table.world.backgrounds) == 1
    write(table, position + 1)
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert not table.store.wants_upkeep
    write(table, position + 2)
    assert len(table.world.backgrounds) == 0


def test_upkeep_that_the_disk_refuses_does_not_stop_the_node() -> None:
    table = Table(store_options=TINY).start()
    position = fill(table)
    table.disk.failures.append(Failure("any", code=errno.ENOSPC))
    table.world.backgrounds.finish()
    for later in range(position + 1, position + 200):
        write(table, later)
    assert table.ear.failures == []
    assert len(table.store.written) == position + 199


def test_upkeep_that_meets_a_defect_stops_the_node() -> None:
    table = Table(store_options=TINY).start()
    fill(table)
    table.world.backgrounds.break_down(TypeError("a defect"))
    assert isinstance(table.ear.failures[0], TypeError)


def test_no_upkeep_is_begun_after_the_stop() -> None:
    position = fill(Table(store_options=TINY).start())
    table = Table(store_options=TINY).start()
    for earlier in range(1, position):
        write(table, earlier)
    table.say(Persist(position, hard_state=Word(1 << 60)))
    table.driver.stop()
    table.world.writes.finish()
    assert table.store.wants_upkeep
    assert len(table.world.backgrounds) == 0


def test_a_log_of_many_segments_serves_on() -> None:
    table = Table(SoloAlgorithm(), store_options=TINY).start()
    for number in range(100):
        caller = table.propose(b"x" * 200)
        table.world.work()
        assert caller.answer.index == number + 1
    assert table.store.log_bytes() > 4 * TINY.segment_bytes
    assert len(table.restart().store.durable.entries) == 100


def test_a_write_may_be_done_in_halves() -> None:
    table = Table().start()
    table.say(Persist(1, hard_state=Word(1)))
    job = table.world.writes.jobs[0][0]
    assert isinstance(job, LogWrite)
    assert job() == Persisted(1)  # the first makes room
    table.say(Persist(2, hard_state=Word(2)))
    file = LogWrite(table.store, (Persist(2, hard_state=Word(2)),)).put()
    assert file is not None
    file.sync()
    half = LogWrite(table.store, (Persist(2, hard_state=Word(2)),))
    assert half.synced(None) == Persisted(2)
    assert LogWrite(table.store, (Persist(3, hard_state=Word(3)),)).by_halves() == Persisted(3)
    assert table.restart().store.durable.hard_state == Word(3)


def test_a_sync_that_fails_between_the_halves_stops_the_node() -> None:
    table = Table().start()
    table.say(Persist(1, hard_state=Word(1)))
    table.world.writes.finish()
    job = LogWrite(table.store, (Persist(2, hard_state=Word(2)),))
    table.disk.failures.append(Failure("sync"))
    with pytest.raises(DiskFailedError):
        job.by_halves()


def test_a_large_write_is_not_done_in_halves() -> None:
    table = Table().start()
    data = bytes(QUICK_BYTES + 1)
    entry = Entry(1, 1, int(EntryKind.BATCH), data, crc32(data))
    assert LogWrite(table.store, (Persist(1, entries=(entry,)),)).put() is None
