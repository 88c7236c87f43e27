"""Taking snapshots and reading them for a peer. Loading is in test_snapshots_loading.py."""

from __future__ import annotations

import errno
from collections.abc import Iterable

import pytest

from machines.builders import Journal
from quorate.core.effects import (
    ReadSnapshot,
)
from quorate.core.errors import DiskFailedError, MachineFailedError
from quorate.core.events import SnapshotRead, SnapshotTaken
from quorate.core.snapshot import SnapshotMeta
from quorate.sim.disk import Failure
from runtime.fakes import SoloAlgorithm, Table
from runtime.snapshot_steps import apply, ask, flip_a_byte, receive, snapshot_of, solo, taken

# Taking


def test_a_snapshot_is_taken_after_so_many_entries() -> None:
    table = solo(entries=3)
    apply(table, b"a", b"b")
    assert len(table.world.backgrounds) == 0
    apply(table, b"c")
    table.world.backgrounds.finish()
    assert taken(table) == [3]
    meta = table.store.snapshots.newest()
    assert meta is not None
    assert (meta.index, meta.term, meta.members) == (3, 1, (1, 2, 3))
    apply(table, b"d", b"e")
    assert len(table.world.backgrounds) == 0
    apply(table, b"f")
    table.world.backgrounds.finish()
    assert taken(table) == [3, 6]


def test_a_snapshot_is_taken_after_so_many_bytes() -> None:
    table = solo(size=10_000)
    apply(table, b"x" * 6000)
    assert len(table.world.backgrounds) == 0
    apply(table, b"x" * 6000)
    table.world.backgrounds.finish()
    apply(table, b"x" * 6000)
    assert taken(table) == [2]
    assert len(table.world.backgrounds) == 0
    apply(table, b"x" * 6000)
    table.world.backgrounds.finish()
    assert taken(table) == [2, 4]


def test_one_at_a_time_and_what_comes_meanwhile_counts_for_the_next() -> None:
    table = solo(entries=2)
    apply(table, b"a", b"b", b"c", b"d", b"e")
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert taken(table) == [2]
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert taken(table) == [2, 5]
    assert len(table.world.backgrounds) == 0


def test_a_snapshot_holds_what_was_applied_when_it_was_begun() -> None:
    table = solo(entries=2)
    apply(table, b"a", b"b", b"c")
    table.world.backgrounds.finish()
    table = table.restart(SoloAlgorithm())
    table.start()
    table.world.work()
    assert (table.driver.replica.applied, table.machine.lines) == (2, [b"a", b"b"])


def test_without_entries_there_is_no_snapshot() -> None:
    table = solo(entries=1)
    table.world.pass_time(10**12)
    assert len(table.world.backgrounds) == 0


class Bursting(Journal):
    """Its state cannot be read to the end."""

    def snapshot(self) -> Iterable[bytes]:
        return map(self._burst, (1, 0))

    def _burst(self, divisor: int) -> bytes:
        return bytes(1 // divisor)


class Refusing(Journal):
    """It has no snapshot."""

    def snapshot(self) -> bytes:
        raise ZeroDivisionError("no snapshot today")


@pytest.mark.parametrize("machine", [Bursting(), Refusing()], ids=["while it is read", "at once"])
def test_a_machine_that_cannot_give_its_state_stops_the_node(machine: Journal) -> None:
    table = solo(entries=1, machine=machine)
    apply(table, b"a")
    table.world.work()
    (failure,) = table.ear.failures
    assert isinstance(failure, MachineFailedError)
    assert "ZeroDivisionError" in str(failure)
    assert table.store.snapshots.newest() is None


def test_a_disk_that_cannot_take_it_stops_the_node() -> None:
    table = solo(entries=1)
    apply(table, b"a")
    table.disk.failures.append(Failure("write", code=errno.ENOSPC))
    table.world.backgrounds.finish()
    (failure,) = table.ear.failures
    assert isinstance(failure, DiskFailedError)
    assert "No space left" in str(failure)


# Reading for a peer


def test_a_peer_gets_the_bytes_it_asks_for() -> None:
    table = Table().start()
    meta, data = snapshot_of(b"a", b"b")
    receive(table, meta, data)
    assert ask(table, meta, 0, 10) == SnapshotRead(3, meta, 0, data[:10])
    assert ask(table, meta, 10, 10**6) == SnapshotRead(3, meta, 10, data[10:])


def test_a_snapshot_that_is_gone_is_said_to_be() -> None:
    table = Table().start()
    gone = SnapshotMeta(5, 1, (1, 2, 3), 4, "ab" * 16)
    assert ask(table, gone, 0, 10) == SnapshotRead(3, gone, 0, b"", failed=True)
    assert table.ear.failures == []


def test_a_damaged_snapshot_is_not_given_away_and_a_new_one_is_taken() -> None:
    table = solo(entries=50)
    apply(table, *(b"x" * 100 for _ in range(50)))
    table.world.backgrounds.finish()
    (event,) = table.algorithm.seen(SnapshotTaken)
    apply(table, b"y")
    flip_a_byte(table)
    answer = ask(table, event.meta, 0, 10**6)
    assert answer == SnapshotRead(3, event.meta, 0, b"", failed=True)
    table.world.work()
    assert taken(table) == [50, 51]
    assert table.ear.failures == []


def test_a_disk_that_cannot_be_read_stops_the_node() -> None:
    table = Table().start()
    meta, data = snapshot_of(b"a")
    receive(table, meta, data)
    table.disk.failures.append(Failure("read"))
    table.say(ReadSnapshot(3, meta, 0, 10))
    table.world.backgrounds.finish()
    assert isinstance(table.ear.failures[0], DiskFailedError)
    assert table.algorithm.seen(SnapshotRead) == []
