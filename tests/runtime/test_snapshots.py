"""Taking snapshots and reading them for a peer. Loading is in test_snapshots_loading.py."""

from __future__ import annotations

import errno
from collections.abc import Iterable

import pytest

from machines.builders import Journal
from quorate.core.configuration import Configuration
from quorate.core.effects import (
    ReadSnapshot,
)
from quorate.core.errors import DiskFailedError, MachineFailedError
from quorate.core.events import SnapshotRead, SnapshotTaken
from quorate.core.ids import SECOND
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.requests import RequestFailed
from quorate.sim.disk import Failure
from runtime.fakes import SoloAlgorithm, Table
from runtime.snapshot_steps import apply, ask, flip_a_byte, receive, snapshot_of, solo, taken

# Taking


def test_s_s1_a_snapshot_is_taken_after_so_many_entries() -> None:
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


def test_a_node_that_does_not_know_yet_who_belongs_to_the_group_takes_no_snapshot() -> None:
    """It joins, and the log tells it."""
    table = solo(entries=2)
    parts = table.driver._snapshots
    known, parts.configuration = parts.configuration, Configuration()
    answers = asked(table)
    apply(table, b"a", b"b", b"c")
    table.driver.take_snapshot(answers.append)
    assert (len(table.world.backgrounds), answers) == (0, [RequestFailed("nothing_applied")] * 2)
    parts.configuration = known
    apply(table, b"d")
    table.world.backgrounds.finish()
    assert taken(table) == [4]


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


def test_s_s1_one_at_a_time_and_what_comes_meanwhile_counts_for_the_next() -> None:
    table = solo(entries=2)
    apply(table, b"a", b"b", b"c", b"d", b"e")
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert taken(table) == [2]
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert taken(table) == [2, 5]
    assert len(table.world.backgrounds) == 0


def asked(table: Table) -> list[SnapshotMeta | RequestFailed]:
    """Ask for a snapshot; what the answer will be put into."""
    answers: list[SnapshotMeta | RequestFailed] = []
    table.driver.take_snapshot(answers.append)
    return answers


def indexes(*answers: list[SnapshotMeta | RequestFailed]) -> list[object]:
    return [meta.index if isinstance(meta, SnapshotMeta) else meta.reason for each in answers for meta in each]


def test_s_s1_a_trigger_during_a_build_is_remembered() -> None:
    """What was applied after the build had begun is not in it: another one follows."""
    table = solo()
    apply(table, b"a")
    first = asked(table)
    apply(table, b"b", b"c")
    second, third = asked(table), asked(table)
    assert (len(table.world.backgrounds), indexes(first, second, third)) == (1, [])
    table.world.backgrounds.finish()
    assert indexes(first, second, third) == [1]
    table.world.work()
    assert indexes(first, second, third) == [1, 3, 3]
    assert taken(table) == [1, 3]


def test_without_news_the_newest_is_the_answer() -> None:
    table = solo(entries=2)
    apply(table, b"a", b"b")
    waits = asked(table)
    table.world.work()
    again = asked(table)
    assert (indexes(waits, again), taken(table)) == ([2, 2], [2])
    assert len(table.world.backgrounds) == 0


def test_who_asks_a_node_that_has_nothing_or_stops_is_told() -> None:
    table = solo()
    nothing = asked(table)
    apply(table, b"a")
    waits = asked(table)
    table.driver.stop()
    assert indexes(nothing, waits, asked(table)) == ["nothing_applied", "stopping", "stopping"]


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
    table.disk.failures.append(Failure("write", code=errno.EIO))
    table.world.backgrounds.finish()
    (failure,) = table.ear.failures
    assert isinstance(failure, DiskFailedError)
    assert "Input/output error" in str(failure)


def test_s_d8_for_a_full_disk_a_snapshot_is_put_off_longer_each_time_and_taken_when_there_is_space() -> None:
    table = solo(entries=2)
    apply(table, b"a", b"b")
    table.disk.image.capacity = table.disk.image.used()
    told: list[object] = []
    table.driver.take_snapshot(told.append)
    table.world.backgrounds.finish()
    assert told == [RequestFailed("disk_full")]
    for pause, room in ((SECOND, 0), (2 * SECOND, 10_000)):
        apply(table, b"c")
        assert len(table.world.backgrounds) == 0
        table.world.pass_time(pause - 1)
        assert len(table.world.backgrounds) == 0
        table.disk.image.capacity += room
        table.world.pass_time(1)
        table.world.backgrounds.finish()
    assert [(why.reason, why.fields["pause_ns"]) for why in table.ear.explanations] == [
        ("snapshot_put_off", SECOND),
        ("snapshot_put_off", 2 * SECOND),
    ]
    assert (table.ear.failures, taken(table)) == ([], [4])
    assert [name for name in table.disk.list("snapshots") if name.endswith(".tmp")] == []


def test_a_snapshot_that_was_put_off_is_not_taken_after_the_stop() -> None:
    table = solo(entries=1)
    apply(table, b"a")
    table.disk.image.capacity = table.disk.image.used()
    table.world.backgrounds.finish()
    table.driver.stop()
    table.world.pass_time(100 * SECOND)
    assert len(table.world.backgrounds) == 0


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


def test_a_damaged_snapshot_is_replaced_also_if_nothing_was_applied_since() -> None:
    table = solo(entries=50)
    apply(table, *(b"x" * 100 for _ in range(50)))
    table.world.backgrounds.finish()
    (event,) = table.algorithm.seen(SnapshotTaken)
    flip_a_byte(table)
    assert ask(table, event.meta, 0, 10**6).failed
    table.world.work()
    assert taken(table) == [50, 50]
    assert not ask(table, event.meta, 0, 10**6).failed


def test_a_disk_that_cannot_be_read_stops_the_node() -> None:
    table = Table().start()
    meta, data = snapshot_of(b"a")
    receive(table, meta, data)
    table.disk.failures.append(Failure("read"))
    table.say(ReadSnapshot(3, meta, 0, 10))
    table.world.backgrounds.finish()
    assert isinstance(table.ear.failures[0], DiskFailedError)
    assert table.algorithm.seen(SnapshotRead) == []
