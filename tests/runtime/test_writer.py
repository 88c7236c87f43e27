"""One write at a time, and the upkeep of the log beside it."""

from __future__ import annotations

import errno

from quorate.core.effects import Persist, WriteSnapshot
from quorate.core.errors import DiskFailedError
from quorate.core.events import Persisted, SnapshotWritten
from quorate.core.snapshot import SnapshotMeta
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
    table.disk.failures.append(Failure("write", code=errno.ENOSPC))
    table.say(WriteSnapshot(META, 0, b"abcd"), Persist(1))
    table.world.writes.finish()
    assert isinstance(table.ear.failures[0], DiskFailedError)
    assert len(table.world.writes) == 0
    assert table.algorithm.seen(SnapshotWritten) == []


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
