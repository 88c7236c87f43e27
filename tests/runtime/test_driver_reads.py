"""What readers of a driver get: an answer that is linearizable, once, in time, or why not."""

from __future__ import annotations

from quorate.core.effects import Apply, LeaderChanged, Persist, ReadReady, ReadRefused
from quorate.core.events import ReadRequested
from quorate.core.ids import SECOND
from quorate.runtime.limits import Limits
from runtime.fakes import Caller, ScriptedAlgorithm, Table, entry_of, milliseconds

LED = LeaderChanged(2, 1)


def led(**limits: int) -> Table:
    """A follower of node 2."""
    return Table(ScriptedAlgorithm(LED), limits=Limits(**limits)).start()


def reading(table: Table) -> list[int]:
    return [event.id for event in table.algorithm.seen(ReadRequested)]


def test_r15_a_reader_is_told_when_the_index_is_applied() -> None:
    table = led()
    reader = table.read()
    table.world.settle()
    assert reading(table) == [1]
    table.propose(b"a")
    table.world.settle()
    table.say(ReadReady(1, 1))
    assert reader.waits
    table.apply(entry_of(table.proposed()[0], 1))
    assert reader.answer == 1


def test_a_reader_of_what_is_applied_is_told_at_once() -> None:
    table = led()
    reader = table.read()
    table.world.settle()
    table.say(ReadReady(1, 0))
    assert reader.answer == 0


def test_an_index_waits_behind_the_barrier_and_a_refusal_does_not() -> None:
    table = led()
    reader, refused = table.read(), Caller()
    table.world.settle()
    table.read(caller=refused)
    table.world.settle()
    table.say(Persist(1), ReadReady(1, 0), ReadRefused(2, "removed"))
    assert reader.waits
    assert refused.failure == ("removed", None)
    table.world.writes.finish()
    assert reader.answer == 0


def test_readers_that_gather_share_and_the_rest_is_asked_for_as_answers_come() -> None:
    table = led()
    for _ in range(10):
        table.read()
    table.world.settle()
    assert reading(table) == [1]
    for _ in range(5):
        table.read()
        table.world.settle()
    assert reading(table) == [1, 2, 3, 4]
    table.say(ReadReady(1, 0))
    table.world.settle()
    assert reading(table) == [1, 2, 3, 4, 5]


def test_a_refused_reader_asks_anew_with_another_id() -> None:
    table = Table().start()
    answers = {1: ReadRefused(1, "no_leader"), 2: ReadRefused(2, "not_leader", 3), 3: ReadReady(3, 0)}
    table.algorithm.on(ReadRequested, lambda event: [answers[event.id]])
    reader = table.read()
    table.world.pass_time(milliseconds(19))
    assert reader.waits
    table.world.pass_time(milliseconds(1))
    assert reader.answer == 0
    assert reading(table) == [1, 2, 3]


def test_a_reader_asks_anew_as_soon_as_there_is_a_leader() -> None:
    table = Table().start()
    table.algorithm.on(ReadRequested, lambda event: [ReadRefused(event.id, "no_leader")])
    table.read()
    table.world.settle()
    table.algorithm.on(ReadRequested, lambda event: [])
    table.say(LED)
    table.world.settle()
    assert reading(table) == [1, 2]


def test_a_reader_is_told_in_time_why_not() -> None:
    table = Table().start()
    table.algorithm.on(ReadRequested, lambda event: [ReadRefused(event.id, "no_leader")])
    reader = table.read(within=SECOND)
    table.world.pass_time(SECOND)
    assert reader.failure == ("timeout (no_leader)", None)


def test_a_reader_of_a_silent_algorithm_asks_again_and_is_told_in_time() -> None:
    table = led()
    reader = table.read(within=5 * SECOND)
    table.world.pass_time(5 * SECOND)
    assert reading(table) == [1, 2, 3]
    assert reader.failure == ("timeout (no_answer)", None)


def test_a_read_deadline_is_armed_even_if_no_question_can_be_asked() -> None:
    table = led()
    for _ in range(4):
        table.read()
        table.world.settle()
    reader = table.read(within=SECOND)
    table.world.pass_time(SECOND)
    assert reader.failure == ("timeout (no_answer)", None)


def test_reads_are_answered_between_the_applies_they_belong_to() -> None:
    table = led(batch_commands=1)
    for command in (b"a", b"b"):
        table.propose(command)
    table.world.settle()
    seen: list[list[bytes]] = []
    table.read(caller=Caller(then=lambda: seen.append(list(table.machine.lines))))
    table.world.settle()
    first, second = table.proposed()
    table.say(Apply((entry_of(first, 1),)), ReadReady(1, 1), Apply((entry_of(second, 2),)))
    assert seen == [[b"a"]]
