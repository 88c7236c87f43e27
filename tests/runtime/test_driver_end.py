"""What stops a node, what it then says, and that nothing happens any more."""

from __future__ import annotations

import errno

from quorate.core.effects import (
    Apply,
    Effect,
    LeaderChanged,
    Persist,
    Send,
)
from quorate.core.entry import Entry, EntryKind
from quorate.core.errors import DiskFailedError, InvariantError, MachineFailedError
from quorate.core.events import (
    Received,
)
from quorate.core.ids import SECOND
from quorate.core.outcome import NotApplied, Unknown
from quorate.sim.disk import Failure
from runtime.fakes import Hello, ScriptedAlgorithm, SoloAlgorithm, Table


def send(number: int, to: int = 2) -> Send:
    return Send(to, Hello(number))


def noop(index: int) -> Entry:
    return Entry(index, 1, EntryKind.NOOP, b"", 0)


def sent(table: Table) -> list[int]:
    return [message.number for _, message in table.world.sent]


# Failure


def test_a_failed_write_stops_the_node_for_good() -> None:
    table = Table(SoloAlgorithm(), limits=None).start()
    under_way = table.propose(b"a")
    table.world.settle()
    queued, reader = table.propose(b"b"), table.read()
    table.disk.failures.append(Failure("sync", code=errno.ENOSPC))
    table.world.writes.finish()
    (failure,) = table.ear.failures
    assert isinstance(failure, DiskFailedError)
    assert table.driver.failure is failure
    assert under_way.answer == Unknown("failed")
    assert queued.answer == NotApplied("failed")
    assert reader.failure == ("failed", None)
    assert table.propose(b"c").answer == NotApplied("failed")
    steps = len(table.algorithm.events)
    table.driver.received(2, Hello())
    table.driver.wake()
    table.world.pass_time(60 * SECOND)
    table.world.work()
    assert len(table.algorithm.events) == steps
    assert table.store.written == []
    assert table.world.armed is None


def test_a_write_lane_that_breaks_is_blamed_on_the_disk_only_if_it_is() -> None:
    table = Table().start()
    table.say(Persist(1))
    table.world.writes.break_down(OSError(errno.EIO, "Input/output error"))
    assert isinstance(table.ear.failures[0], DiskFailedError)
    other = Table().start()
    other.say(Persist(1))
    other.world.writes.break_down(TypeError("a defect"))
    assert isinstance(other.ear.failures[0], TypeError)


def test_what_a_failed_write_held_back_never_happens() -> None:
    table = Table().start()
    table.say(Persist(1), send(1), Apply((noop(1),)))
    table.world.writes.break_down(OSError(errno.EIO, "Input/output error"))
    assert sent(table) == []
    assert table.driver.replica.applied == 0


def test_a_broken_invariant_stops_the_node() -> None:
    table = Table().start()

    def broken(event: Received) -> list[Effect]:
        raise InvariantError("two leaders")

    table.algorithm.on(Received, broken)
    caller = table.propose(b"a")
    table.driver.received(2, Hello())
    assert [str(failure) for failure in table.ear.failures] == ["two leaders"]
    assert caller.answer == NotApplied("failed")


def test_r40_a_machine_that_fails_stops_the_node_and_nothing_after_it_happens() -> None:
    table = Table(SoloAlgorithm()).start()
    callers = [table.propose(b"good"), table.propose(b"fail")]
    table.world.work()
    (failure,) = table.ear.failures
    assert isinstance(failure, MachineFailedError)
    assert "Journal raised ZeroDivisionError('fail') in apply() of command 2 of 2 in entry 1" in str(failure)
    assert [caller.answer for caller in callers] == [Unknown("failed"), Unknown("failed")]
    table.say(send(1))
    assert sent(table) == []


def test_a_failure_in_the_middle_of_a_list_ends_it() -> None:
    table = Table().start()
    table.say(send(1), Apply((noop(7),)), send(2))
    assert sent(table) == [1]
    assert isinstance(table.ear.failures[0], InvariantError)


def test_a_node_fails_once() -> None:
    table = Table().start()
    table.driver.fail(InvariantError("first"))
    table.driver.fail(InvariantError("second"))
    table.driver.stop()
    assert [str(failure) for failure in table.ear.failures] == ["first"]
    assert table.read().failure == ("failed", None)


# The end


def test_s_c8_stopping_is_idempotent_and_answers_everybody() -> None:
    table = Table(SoloAlgorithm()).start()
    under_way = table.propose(b"a")
    table.world.settle()
    queued, reader = table.propose(b"b"), table.read()
    table.driver.stop()
    table.driver.stop("again")
    assert under_way.answer == Unknown("stopping")
    assert queued.answer == NotApplied("stopping")
    assert reader.failure == ("stopping", None)
    assert table.propose(b"c").answer == NotApplied("stopping")
    assert table.read().failure == ("stopping", None)
    assert table.ear.failures == []


def test_after_the_stop_nothing_is_stepped_written_or_sent() -> None:
    table = Table(SoloAlgorithm()).start()
    table.propose(b"a")
    table.world.settle()
    table.say(send(1))
    steps = len(table.algorithm.events)
    table.driver.stop()
    table.world.work()
    table.driver.received(2, Hello())
    table.driver.peer_connected(2)
    table.driver.wake()
    table.driver.fail(InvariantError("too late"))
    table.world.work()
    assert len(table.algorithm.events) == steps
    assert sent(table) == []
    assert table.driver.replica.applied == 0
    assert (table.ear.failures, table.driver.failure) == ([], None)


def test_a_stop_in_the_middle_of_a_step_ends_it() -> None:
    table = Table().start()
    table.ear.on_change = lambda change: table.driver.stop()
    table.say(send(1), LeaderChanged(2, 1), send(2), Persist(1))
    assert sent(table) == [1]
    assert len(table.world.writes) == 0
    assert table.world.armed is None


def test_what_came_in_before_a_stop_is_not_stepped_after_it() -> None:
    table = Table().start()

    def receive_and_stop(change: LeaderChanged) -> None:
        table.driver.received(3, Hello())
        table.driver.stop()

    table.ear.on_change = receive_and_stop
    table.say(LeaderChanged(2, 1))
    assert table.algorithm.events == [Received(2, Hello())]


def test_a_stop_while_effects_are_released_ends_that() -> None:
    table = Table().start()
    table.ear.on_change = lambda change: table.driver.stop()
    table.say(Persist(1), send(1), LeaderChanged(2, 1), send(2))
    table.world.writes.finish()
    assert sent(table) == [1]


def test_a_node_that_was_stopped_does_not_start() -> None:
    table = Table(ScriptedAlgorithm(send(1)))
    table.driver.stop()
    table.start()
    assert sent(table) == []
