"""The driver: order, turns, time. Failure and the end are in test_driver_end.py, callers in test_driver_callers.py."""

from __future__ import annotations

import pytest

from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    Persist,
    ReadRefused,
    Rejected,
    Send,
    Unresolved,
)
from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.core.events import (
    PeerConnected,
    PeerDisconnected,
    PeerUnreachable,
    Persisted,
    Proposed,
    ReadRequested,
    Received,
    SnapshotTaken,
    TimePassed,
)
from quorate.core.ids import SECOND
from quorate.core.outcome import Applied
from runtime.fakes import Hello, ScriptedAlgorithm, Table, Word, entry_of, milliseconds


def send(number: int, to: int = 2) -> Send:
    return Send(to, Hello(number))


def noop(index: int) -> Entry:
    return Entry(index, 1, EntryKind.NOOP, b"", 0)


def sent(table: Table) -> list[int]:
    return [message.number for _, message in table.world.sent]


# Order


def test_effects_happen_in_list_order() -> None:
    table = Table().start()
    table.say(send(1), LeaderChanged(2, 1), send(2), Apply((noop(1),)), send(3))
    assert sent(table) == [1, 2, 3]
    assert table.ear.changes == [LeaderChanged(2, 1)]
    assert table.driver.replica.applied == 1


def test_what_stands_before_a_persist_happens_at_once_and_what_follows_when_it_is_durable() -> None:
    table = Table().start()
    table.say(send(1), Persist(1, entries=(noop(1),)), send(2), LeaderChanged(2, 1), Apply((noop(1),)))
    assert sent(table) == [1]
    assert table.store.written == []
    table.world.writes.finish()
    assert table.store.written == [(1,)]
    assert sent(table) == [1, 2]
    assert table.ear.changes == [LeaderChanged(2, 1)]
    assert table.driver.replica.applied == 1
    assert table.algorithm.events[-1] == Persisted(1)


def test_a_later_list_waits_as_well() -> None:
    table = Table().start()
    table.say(Persist(1))
    table.say(send(1))
    table.say(Apply((noop(1),)))
    assert sent(table) == []
    assert table.driver.replica.applied == 0
    table.world.writes.finish()
    assert sent(table) == [1]
    assert table.driver.replica.applied == 1


def test_persists_that_wait_become_one_write() -> None:
    table = Table().start()
    for position in range(1, 5):
        table.say(Persist(position, hard_state=Word(position)), send(position))
    assert len(table.world.writes) == 1
    table.world.writes.finish()
    assert sent(table) == [1]
    assert table.algorithm.seen(Persisted) == [Persisted(1)]
    table.world.writes.finish()
    assert table.store.written == [(1,), (2, 3, 4)]
    assert sent(table) == [1, 2, 3, 4]
    assert table.algorithm.seen(Persisted) == [Persisted(1), Persisted(4)]
    assert (table.driver.counters.writes, table.driver.counters.persists) == (2, 4)


def test_the_next_write_is_on_its_way_while_released_effects_happen() -> None:
    table = Table().start()
    table.say(Persist(1), send(1))
    table.say(Persist(2), send(2))
    under_way: list[int] = []
    table.world.on_send = lambda to, message: under_way.append(len(table.world.writes))
    table.world.writes.finish()
    assert sent(table) == [1]
    assert under_way == [1]


def test_what_happens_while_effects_are_released_does_not_write_twice_or_overtake() -> None:
    table = Table().start()
    table.say(Persist(1), send(1), Persist(2), send(2))
    table.say(Persist(3), send(3))
    table.world.on_send = lambda to, message: table.driver.peer_disconnected(to) if message.number == 1 else None
    table.algorithm.on(PeerDisconnected, lambda event: [send(9), Persist(4)])
    table.world.writes.finish()
    while table.world.writes:
        table.world.writes.finish()
    assert table.store.written == [(1, 2), (3,), (4,)]
    assert sent(table) == [1, 2, 3, 9]


def test_what_comes_in_while_effects_are_released_waits_for_all_of_them() -> None:
    table = Table().start()
    table.say(Persist(1), send(1), send(2))
    table.world.on_send = lambda to, message: table.driver.peer_disconnected(to) if message.number == 1 else None
    table.algorithm.on(PeerDisconnected, lambda event: [send(9)])
    table.world.writes.finish()
    assert sent(table) == [1, 2, 9]
    assert table.algorithm.events[1:] == [Persisted(1), PeerDisconnected(2)]


def test_a_link_that_is_renewed_while_effects_are_released_drops_the_rest() -> None:
    table = Table().start()
    table.driver.peer_connected(2)
    table.say(Persist(1), send(1), send(2), send(3, to=3))
    table.world.on_send = lambda to, message: table.driver.peer_connected(2)
    table.world.writes.finish()
    assert sent(table) == [1, 3]


@pytest.mark.parametrize(
    "effect", [Rejected(9, "busy"), Unresolved(9, "lost"), ReadRefused(9, "no_leader"), Explain("because")]
)
def test_a_hung_disk_does_not_hold_what_promises_nothing_about_it(effect: Effect) -> None:
    table = Table(ScriptedAlgorithm(LeaderChanged(1, 1))).start()
    table.say(Persist(1), LeaderChanged(1, 1, ready=True), effect, send(1))
    assert table.ear.explanations == ([effect] if isinstance(effect, Explain) else [])
    assert sent(table) == []
    table.say(LeaderChanged(None, 1))
    assert table.ear.changes == [LeaderChanged(1, 1), LeaderChanged(None, 1)]
    assert table.driver.leader is None
    table.world.writes.finish()
    assert table.ear.changes == [LeaderChanged(1, 1), LeaderChanged(None, 1)]


def test_a_send_that_a_barrier_held_is_dropped_with_its_link() -> None:
    table = Table().start()
    table.driver.peer_connected(2)
    table.driver.peer_connected(3)
    table.say(Persist(1), send(1, to=2), send(2, to=3))
    table.driver.peer_disconnected(2)
    table.driver.peer_connected(2)
    table.say(send(3, to=2))
    table.world.writes.finish()
    assert sent(table) == [2, 3]
    links = [(event.peer, event.link) for event in table.algorithm.seen(PeerConnected)]
    assert links == [(2, 1), (3, 1), (2, 2)]


# Turns


def test_what_comes_in_during_a_step_is_stepped_after_it() -> None:
    table = Table().start()
    table.world.on_send = lambda to, message: table.driver.received(3, Hello(100 + message.number))
    table.say(send(1), send(2))
    received = [(event.sender, event.message.number) for event in table.algorithm.seen(Received)]
    assert received == [(2, 0), (3, 101), (3, 102)]
    assert sent(table) == [1, 2]


def test_what_comes_in_during_the_start_is_stepped_after_it() -> None:
    table = Table(ScriptedAlgorithm(send(1), send(2)))
    table.world.on_send = lambda to, message: table.driver.peer_disconnected(to)
    table.start()
    assert sent(table) == [1, 2]
    assert table.algorithm.events == [PeerDisconnected(2), PeerDisconnected(2)]


def test_a_listener_may_propose_and_read_in_the_middle_of_a_step() -> None:
    table = Table().start()
    callers = []

    def call(change: LeaderChanged) -> None:
        callers.extend([table.propose(b"a"), table.read()])

    table.ear.on_change = call
    table.say(LeaderChanged(2, 1), send(1))
    assert sent(table) == [1]
    table.world.settle()
    assert [type(event) for event in table.algorithm.events] == [Received, ReadRequested, Proposed]
    assert all(caller.waits for caller in callers)


def test_links_are_told_of() -> None:
    table = Table().start()
    table.driver.peer_connected(2)
    table.driver.peer_disconnected(2)
    table.driver.peer_unreachable(2)
    assert table.algorithm.events == [PeerConnected(2, 1), PeerDisconnected(2), PeerUnreachable(2)]


def test_each_step_is_checked_and_recorded_before_its_effects_happen() -> None:
    table = Table(ScriptedAlgorithm(send(0)))
    seen_before: list[int] = []
    table.world.on_send = lambda to, message: seen_before.append(len(table.ear.records))
    table.start()
    table.say(send(1))
    assert seen_before == [1, 2]
    assert [(record.event, record.effects) for record in table.ear.records] == [
        (None, (send(0),)),
        (Received(2, Hello()), (send(1),)),
    ]
    assert table.ear.records[1].at == table.world.time
    assert table.algorithm.checks == 2
    assert table.driver.counters.steps == 1


def test_the_status_says_what_this_machine_has_applied() -> None:
    table = Table().start()
    table.apply(noop(1), noop(2))
    assert table.driver.status().applied == 2
    assert table.driver.counters.entries_applied == 2


# Time


def test_the_algorithm_is_woken_at_its_deadline() -> None:
    table = Table().start()
    table.algorithm.wants = table.world.time + milliseconds(50)
    table.say()
    assert table.world.armed == table.algorithm.wants
    table.world.pass_time(milliseconds(49))
    assert table.algorithm.seen(TimePassed) == []
    table.world.pass_time(milliseconds(1))
    assert table.algorithm.seen(TimePassed) == [TimePassed()]
    assert table.world.armed is None


def test_a_deadline_in_the_past_is_due_now() -> None:
    table = Table().start()
    table.algorithm.wants = table.world.time - 1
    table.say()
    table.world.pass_time(0)
    assert table.algorithm.seen(TimePassed) == [TimePassed()]


def test_woken_early_it_arms_again() -> None:
    table = Table().start()
    table.algorithm.wants = table.world.time + milliseconds(50)
    table.say()
    table.world.armed = None
    table.driver.wake()
    assert table.world.armed == table.algorithm.wants
    assert table.algorithm.seen(TimePassed) == []


def test_what_does_not_change_is_not_armed_again() -> None:
    table = Table().start()
    table.algorithm.wants = table.world.time + SECOND
    for _ in range(10):
        table.say(send(1))
    assert table.world.armings == 1


def test_r38_a_batch_of_another_node_answers_nobody_here_even_if_it_has_the_same_number() -> None:
    table = Table(ScriptedAlgorithm(LeaderChanged(2, 1))).start()
    caller = table.propose(b"mine")
    table.world.settle()
    (proposed,) = table.proposed()
    theirs = encode_batch(Batch(SessionId(2, 77, 1), proposed.sequence, 0, [b"theirs"]))
    before = encode_batch(Batch(SessionId(1, 77, 0), proposed.sequence, 0, [b"of an earlier start"]))
    table.apply(entry_of(Proposed(1, theirs), 1), entry_of(Proposed(1, before), 2))
    assert caller.waits
    table.apply(entry_of(proposed, 3))
    assert caller.answer == Applied([3], 3)


def test_entries_of_others_and_noops_move_the_machine_and_answer_nobody() -> None:
    table = Table(ScriptedAlgorithm(LeaderChanged(2, 1))).start()
    caller = table.propose(b"mine")
    table.world.settle()
    (proposed,) = table.proposed()
    table.apply(noop(1))
    assert caller.waits
    table.apply(entry_of(proposed, 2))
    assert caller.answer == Applied([1], 2)
    assert table.machine.lines == [b"mine"]


def test_a_snapshot_is_taken_on_order_if_there_is_something_to_take() -> None:
    table = Table(ScriptedAlgorithm(LeaderChanged(2, 1))).start()
    table.driver.take_snapshot()
    assert table.algorithm.seen(SnapshotTaken) == []
    table.apply(noop(1))
    table.driver.take_snapshot()
    table.world.work()
    (taken,) = table.algorithm.seen(SnapshotTaken)
    assert taken.meta.index == 1
    table.driver.stop()
    table.driver.take_snapshot()
    table.world.work()
    assert len(table.algorithm.seen(SnapshotTaken)) == 1
