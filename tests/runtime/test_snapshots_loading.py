"""Loading a snapshot in place of the state: who waits, what is superseded, what fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from machines.builders import Journal
from quorate.core.effects import (
    Apply,
    LoadSnapshot,
    ReadReady,
    ReadSnapshot,
)
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import DamagedError, MachineFailedError
from quorate.core.events import SnapshotRead, SnapshotTaken
from quorate.core.outcome import Applied
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.limits import Limits
from runtime.fakes import Caller, ScriptedAlgorithm, Table, entry_of
from runtime.snapshot_steps import LED, apply, flip_a_byte, install, noop, receive, snapshot_of, solo, taken

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


def test_r36_a_received_snapshot_replaces_the_state_and_later_applies_wait_for_it() -> None:
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


def test_s_c5_r39_who_waits_for_what_a_snapshot_covers_is_answered_from_it() -> None:
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


def test_no_snapshot_replaces_a_damaged_one_while_the_state_is_being_replaced() -> None:
    table = Table(ScriptedAlgorithm(LED)).start()
    table.apply(noop(1), noop(2))
    old, new = snapshot_of(b"a"), snapshot_of(b"a", b"b", b"c")
    receive(table, *old)
    flip_a_byte(table)
    receive(table, *new)
    table.say(LoadSnapshot(old[0]), ReadSnapshot(3, old[0], 0, 10**6))
    install(table, new[0], 1)
    table.world.backgrounds.finish()
    table.world.backgrounds.finish()
    assert table.algorithm.events[-1] == SnapshotRead(3, old[0], 0, b"", failed=True)
    assert len(table.world.backgrounds) == 1
    table.world.work()
    assert table.driver.replica.applied == 3


def test_what_was_applied_before_a_load_does_not_count_for_the_next_snapshot() -> None:
    table = Table(ScriptedAlgorithm(LED), limits=Limits(snapshot_bytes=10_000)).start()
    table.apply(Entry(1, 1, EntryKind.NOOP, bytes(6000), 0))
    meta, data = snapshot_of(b"a", b"b")
    receive(table, meta, data)
    install(table, meta, 1)
    table.world.work()
    table.apply(Entry(3, 1, EntryKind.NOOP, bytes(6000), 0))
    assert len(table.world.backgrounds) == 0
    table.apply(Entry(4, 1, EntryKind.NOOP, bytes(6000), 0))
    assert len(table.world.backgrounds) == 1


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
