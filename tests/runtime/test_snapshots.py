"""Taking, reading and loading snapshots, with the real store on a simulated disk."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator

import pytest

from machines.builders import Journal
from quorate.core.durable import LogPoint
from quorate.core.effects import (
    Apply,
    LeaderChanged,
    LoadSnapshot,
    Persist,
    ReadReady,
    ReadSnapshot,
    WriteSnapshot,
)
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import DamagedError, DiskFailedError, MachineFailedError
from quorate.core.events import SnapshotRead, SnapshotTaken, SnapshotWritten
from quorate.core.outcome import Applied
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.limits import Limits
from quorate.sim.disk import Failure
from runtime.fakes import Caller, ScriptedAlgorithm, SoloAlgorithm, Table, entry_of

LED = LeaderChanged(2, 1)


def noop(index: int) -> Entry:
    return Entry(index, 1, EntryKind.NOOP, b"", 0)


def solo(entries: int = 1000, size: int = 1 << 30, **options: object) -> Table:
    limits = Limits(snapshot_entries=entries, snapshot_bytes=size)
    return Table(SoloAlgorithm(), limits=limits, **options).start()  # type: ignore[arg-type]


def apply(table: Table, *commands: bytes) -> None:
    """One entry a command, without touching the background lane."""
    for command in commands:
        table.propose(command)
        table.world.settle()
        table.world.writes.finish()
        table.world.settle()


def taken(table: Table) -> list[int]:
    return [event.meta.index for event in table.algorithm.seen(SnapshotTaken)]


def snapshot_of(*commands: bytes) -> tuple[SnapshotMeta, bytes]:
    """What another node took after it had applied these."""
    peer = solo(entries=len(commands))
    apply(peer, *commands)
    peer.world.work()
    (event,) = peer.algorithm.seen(SnapshotTaken)
    return event.meta, b"".join(peer.store.snapshots.chunks(event.meta))


def receive(table: Table, meta: SnapshotMeta, data: bytes) -> None:
    """Bring a snapshot into the table's store."""
    table.say(WriteSnapshot(meta, 0, data))
    table.world.writes.finish()
    assert table.algorithm.seen(SnapshotWritten)[-1] == SnapshotWritten(meta, meta.size, complete=True)


def install(table: Table, meta: SnapshotMeta, position: int) -> None:
    """As an algorithm does with a complete snapshot."""
    table.say(Persist(position, reset=LogPoint(meta.index, meta.term)), LoadSnapshot(meta))
    table.world.writes.finish()


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


def ask(table: Table, meta: SnapshotMeta, offset: int, size: int) -> SnapshotRead:
    table.say(ReadSnapshot(3, meta, offset, size))
    table.world.backgrounds.finish()
    answer = table.algorithm.seen(SnapshotRead)[-1]
    assert isinstance(answer, SnapshotRead)
    return answer


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


def flip_a_byte(table: Table) -> None:
    (name,) = table.disk.list("snapshots")
    file = table.disk.open(f"snapshots/{name}")
    middle = file.size() // 2
    byte = file.read(middle, 1)[0]
    file.write(middle, bytes([byte ^ 1]))


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


# Loading


def restarted() -> Table:
    """A node that comes back with a snapshot at 2 and knows that entry 3 is committed."""
    before = solo(entries=2)
    apply(before, b"a", b"b")
    before.world.work()
    return before.restart(ScriptedAlgorithm(LED, Apply((noop(3),))))


def test_at_the_start_the_snapshot_is_loaded_before_anything_is_applied() -> None:
    table = restarted().start()
    assert table.driver.replica.applied == 0
    assert table.ear.changes == [LED]
    table.apply(noop(4))
    table.world.backgrounds.finish()
    assert table.driver.replica.applied == 4
    assert table.machine.lines == [b"a", b"b"]
    assert table.ear.failures == []


def test_nobody_reads_while_it_is_loaded() -> None:
    table = restarted().start()
    reader = table.read()
    table.world.settle()
    table.say(ReadReady(1, 0))
    assert reader.waits
    table.world.backgrounds.finish()
    assert reader.answer == 3


def test_a_received_snapshot_replaces_the_state_and_later_applies_wait_for_it() -> None:
    table = Table(ScriptedAlgorithm(LED)).start()
    table.apply(noop(1))
    meta, data = snapshot_of(b"a", b"b", b"c")
    receive(table, meta, data)
    install(table, meta, 1)
    table.apply(noop(4), noop(5))
    table.apply(noop(6))
    assert table.driver.replica.applied == 1
    table.world.backgrounds.finish()
    assert table.driver.replica.applied == 6
    assert table.machine.lines == [b"a", b"b", b"c"]
    table.apply(noop(7))
    assert table.driver.replica.applied == 7


def test_a_load_that_is_superseded_gives_way_and_takes_its_applies_along() -> None:
    table = Table(ScriptedAlgorithm(LED)).start()
    old, new = snapshot_of(b"a"), snapshot_of(b"a", b"b", b"c")
    for meta, data in (old, new):
        receive(table, meta, data)
    install(table, old[0], 1)
    table.apply(noop(2))
    install(table, new[0], 2)
    table.apply(noop(4))
    table.world.work()
    assert table.driver.replica.applied == 4
    assert table.machine.lines == [b"a", b"b", b"c"]
    assert table.ear.failures == []


def test_what_became_of_a_superseded_snapshot_does_not_matter() -> None:
    table = Table(ScriptedAlgorithm(LED)).start()
    gone, (meta, data) = SnapshotMeta(1, 1, (1, 2, 3), 4, "ab" * 16), snapshot_of(b"a", b"b")
    receive(table, meta, data)
    table.say(LoadSnapshot(gone))
    install(table, meta, 1)
    table.world.work()
    assert table.driver.replica.applied == 2
    assert table.ear.failures == []


def test_a_snapshot_that_cannot_be_loaded_stops_the_node() -> None:
    table = restarted()
    flip_a_byte(table)
    table.start()
    caller = table.propose(b"x")
    table.world.work()
    assert isinstance(table.ear.failures[0], DamagedError)
    assert caller.told


class Forgetful(Journal):
    """It cannot take a state back."""

    def restore(self, chunks: Iterable[bytes]) -> None:
        raise ZeroDivisionError("what was it?")


def test_a_machine_that_cannot_take_it_stops_the_node() -> None:
    before = restarted()
    table = before.restart(machine=Forgetful())
    table.start()
    table.world.work()
    (failure,) = table.ear.failures
    assert isinstance(failure, MachineFailedError)
    assert "Forgetful raised ZeroDivisionError('what was it?') in restore()" in str(failure)


def test_who_waits_for_what_a_snapshot_covers_is_answered_from_it() -> None:
    table = Table(ScriptedAlgorithm(LED), limits=Limits(batch_commands=2)).start()
    callers = [table.propose(b"a"), table.propose(b"b"), table.propose(b"c")]
    table.world.settle()
    covered, other = table.proposed()
    peer = Table(ScriptedAlgorithm(LED), limits=Limits(snapshot_entries=3)).start()
    peer.apply(noop(1), entry_of(covered, 2), noop(3))
    peer.world.work()
    (event,) = peer.algorithm.seen(SnapshotTaken)
    receive(table, event.meta, b"".join(peer.store.snapshots.chunks(event.meta)))
    install(table, event.meta, 1)
    assert all(caller.waits for caller in callers)
    table.world.backgrounds.finish()
    assert [caller.answer for caller in callers[:2]] == [Applied([1], 3), Applied([2], 3)]
    assert callers[2].waits
    table.apply(entry_of(covered, 4), entry_of(other, 5))
    assert callers[2].answer == Applied([3], 5)
    assert table.machine.lines == [b"a", b"b", b"c"]


def test_no_snapshot_is_taken_of_a_state_that_is_being_replaced() -> None:
    table = Table(ScriptedAlgorithm(LED), limits=Limits(snapshot_entries=2)).start()
    meta, data = snapshot_of(b"a", b"b", b"c")
    receive(table, meta, data)
    install(table, meta, 1)
    table.apply(noop(4), noop(5))
    assert len(table.world.backgrounds) == 1
    table.world.backgrounds.finish()
    assert taken(table) == []
    table.world.backgrounds.finish()
    assert taken(table) == [5]


class Streaming(Journal):
    """It gives its state piece by piece, detached."""

    def snapshot(self) -> Iterator[bytes]:
        yield from [line + b"\n" for line in self.lines]


def test_a_stop_while_it_is_loaded_ends_it_there() -> None:
    table = restarted().start()
    reader = table.read()
    table.propose(b"x", caller=Caller())
    table.driver.stop()
    table.world.work()
    assert reader.failure == ("stopping", None)
    assert table.driver.replica.applied == 2
    assert table.ear.failures == []


def test_a_stop_while_one_is_built_ends_quietly() -> None:
    table = solo(entries=1, machine=Streaming())
    apply(table, b"a")
    table.driver.stop()
    table.world.work()
    assert taken(table) == []
    assert table.ear.failures == []
