"""What callers of a driver get: once, in time, and the truth."""

from __future__ import annotations

import pytest

from quorate.core.effects import LeaderChanged, Persist, Rejected, Unresolved
from quorate.core.entry import decode_batch
from quorate.core.events import Proposed, ReadRequested
from quorate.core.ids import SECOND
from quorate.core.machine import CommandError
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.runtime.calls import Call, ReadCall
from quorate.runtime.limits import Limits
from runtime.fakes import Caller, ScriptedAlgorithm, SoloAlgorithm, Table, entry_of, milliseconds

LED = LeaderChanged(2, 1)


def led(**limits: int) -> Table:
    """A follower of node 2."""
    return Table(ScriptedAlgorithm(LED), limits=Limits(**limits)).start()


def commands(table: Table) -> list[list[bytes]]:
    return [decode_batch(proposed.data).commands for proposed in table.proposed()]


# Proposals


def test_a_command_is_proposed_persisted_applied_and_answered() -> None:
    table = Table(SoloAlgorithm()).start()
    caller = table.propose(b"a")
    assert table.proposed() == []
    table.world.settle()
    assert caller.waits
    table.world.work()
    assert caller.answer == Applied([1], 1)
    assert table.driver.counters.outcomes == {"Applied": 1}


def test_a_refusal_of_the_machine_is_a_result() -> None:
    table = Table(SoloAlgorithm()).start()
    caller = table.propose(b"a", b"refuse this", b"b")
    table.world.work()
    assert caller.answer == Applied([1, CommandError("no refuse this", "unwanted"), 2], 1)


def test_what_comes_in_the_same_moment_shares_a_batch() -> None:
    table = Table(SoloAlgorithm()).start()
    callers = [table.propose(b"a"), table.propose(b"b", b"c"), table.propose(b"d")]
    table.world.work()
    assert commands(table) == [[b"a", b"b", b"c", b"d"]]
    assert [caller.answer for caller in callers] == [Applied([1], 1), Applied([2, 3], 1), Applied([4], 1)]


def test_what_has_gathered_already_is_proposed_at_once_or_with_the_next_write() -> None:
    table = Table(SoloAlgorithm()).start()
    first, second, late, refused = Caller(), Caller(), Caller(), Caller()
    table.driver.take_gathered([Call([b"a"], 10 * SECOND, first), Call([b"b"], 10 * SECOND, second)])
    assert commands(table) == [[b"a", b"b"]], "without another turn of the world"
    table.driver.take_gathered([Call([b"c"], 10 * SECOND, late)])
    assert commands(table) == [[b"a", b"b"]], "a write is under way"
    table.world.work()
    assert commands(table) == [[b"a", b"b"], [b"c"]]
    assert late.answer == Applied([3], 2)
    table.driver.stop()
    table.driver.take_gathered([Call([b"d"], 10 * SECOND, refused)])
    assert refused.answer == NotApplied("stopping")


def test_readers_that_have_gathered_already_are_asked_for_at_once() -> None:
    table = led()
    first, second, later, refused = Caller(), Caller(), Caller(), Caller()
    table.driver.take_gathered_reads([ReadCall(10 * SECOND, first), ReadCall(10 * SECOND, second)])
    assert table.algorithm.seen(ReadRequested) == [ReadRequested(1)], "without another turn of the world, one for both"
    table.read()
    table.driver.take_gathered_reads([ReadCall(10 * SECOND, later)])
    assert table.algorithm.seen(ReadRequested) == [ReadRequested(1)], "with those that gather for the end of the turn"
    table.world.settle()
    assert table.algorithm.seen(ReadRequested) == [ReadRequested(1), ReadRequested(2)]
    table.driver.stop()
    table.driver.take_gathered_reads([ReadCall(10 * SECOND, refused)])
    assert refused.failure == ("stopping", None)


def test_what_comes_during_a_write_shares_the_next_one() -> None:
    table = Table(SoloAlgorithm()).start()
    table.propose(b"a")
    table.world.settle()
    for command in (b"b", b"c", b"d"):
        table.propose(command)
        table.world.settle()
    assert commands(table) == [[b"a"]]
    table.world.work()
    assert commands(table) == [[b"a"], [b"b", b"c", b"d"]]


def test_a_disk_that_others_keep_busy_does_not_starve_the_callers_here() -> None:
    """Each write holds commands back until it is done, and no longer, though the next one has begun by then."""
    table = led()
    table.say(Persist(1))
    table.propose(b"a")
    table.world.settle()
    assert commands(table) == []
    table.say(Persist(2))
    table.world.writes.finish()
    table.world.settle()
    assert table.driver._barrier.writing
    assert commands(table) == [[b"a"]]
    table.propose(b"b")
    table.world.settle()
    assert commands(table) == [[b"a"]], "the write that is under way now holds back what came during it"


def test_s_c2_without_a_leader_commands_wait_for_one() -> None:
    table = Table().start()
    caller = table.propose(b"a")
    table.world.pass_time(SECOND)
    assert table.proposed() == []
    table.say(LED)
    table.world.settle()
    table.apply(entry_of(table.proposed()[0], 1))
    assert caller.answer == Applied([1], 1)


def test_without_a_leader_the_caller_is_told_so_in_time() -> None:
    table = Table().start()
    caller = table.propose(b"a", within=SECOND)
    assert table.world.armed == table.world.time + SECOND
    table.world.pass_time(SECOND - 1)
    assert caller.waits
    table.world.pass_time(1)
    assert caller.answer == NotApplied("no_leader")


def test_s_c3_an_algorithm_that_never_answers_keeps_nobody_waiting() -> None:
    table = led()
    callers = [table.propose(b"a", within=3 * SECOND), table.propose(b"b", within=7 * SECOND)]
    table.world.pass_time(3 * SECOND)
    assert callers[0].answer == Unknown("timeout")
    assert callers[1].waits
    table.world.pass_time(4 * SECOND + milliseconds(1))
    assert callers[1].answer == Unknown("timeout")
    assert [proposed.sequence for proposed in table.proposed()] == [1, 1, 1]
    assert table.driver.counters.outcomes == {"Unknown": 2}
    table.world.pass_time(3600 * SECOND)
    assert len(table.proposed()) == 3


def test_s_c3_a_hung_disk_keeps_nobody_waiting() -> None:
    table = Table(SoloAlgorithm()).start()
    under_way = table.propose(b"a", within=SECOND)
    table.world.settle()
    queued = table.propose(b"b", within=SECOND)
    reader = table.read(within=SECOND)
    table.world.pass_time(SECOND)
    assert under_way.answer == Unknown("timeout")
    assert queued.answer == NotApplied("timeout_before_proposed")
    assert reader.failure == ("timeout (no_answer)", None)


def test_a_deadline_that_is_over_already_is_answered_at_once() -> None:
    table = Table().start()
    caller, reader = table.propose(b"a", within=-SECOND), table.read(within=-SECOND)
    table.world.pass_time(0)
    assert caller.answer == NotApplied("no_leader")
    assert reader.failure == ("timeout (no_answer)", None)


def test_a_shorter_deadline_arms_anew_and_a_longer_one_does_not() -> None:
    table = Table().start()
    table.propose(b"a", within=2 * SECOND)
    table.propose(b"b", within=5 * SECOND)
    assert table.world.armings == 1
    table.propose(b"c", within=SECOND)
    assert table.world.armed == table.world.time + SECOND


@pytest.mark.parametrize("reason", ["not_leader", "stale_term"])
def test_a_refused_batch_is_proposed_again_until_it_is_taken(reason: str) -> None:
    table = led()
    caller = table.propose(b"a")
    refusals = iter([[Rejected(1, reason, 3)], [Rejected(1, reason, 3)], []])
    table.algorithm.on(Proposed, lambda event: next(refusals))
    table.world.settle()
    table.world.pass_time(milliseconds(20))
    first, second, third = table.proposed()
    assert first == second == third
    table.apply(entry_of(third, 1))
    assert caller.answer == Applied([1], 1)


def test_a_batch_refused_for_want_of_a_leader_is_proposed_when_there_is_one() -> None:
    table = led()
    table.algorithm.on(Proposed, lambda event: [LeaderChanged(None, 1), Rejected(event.sequence, "no_leader")])
    table.propose(b"a")
    table.world.settle()
    table.world.pass_time(SECOND)
    assert len(table.proposed()) == 1
    table.algorithm.on(Proposed, lambda event: [])
    table.say(LeaderChanged(3, 2))
    table.world.pass_time(0)
    assert len(table.proposed()) == 2


def test_while_there_is_no_leader_nobody_is_woken_for_nothing() -> None:
    table = led()
    table.algorithm.on(Proposed, lambda event: [Rejected(event.sequence, "not_leader")])
    caller = table.propose(b"a", within=60 * SECOND)
    table.world.settle()
    table.say(LeaderChanged(None, 1))
    table.world.pass_time(59 * SECOND)
    assert table.world.wakes < 5
    assert caller.waits
    table.world.pass_time(SECOND)
    assert caller.answer == NotApplied("not_leader")


def test_a_batch_that_was_applied_twice_answers_with_the_first_results() -> None:
    table = led()
    caller = table.propose(b"a")
    table.world.settle()
    (first,) = table.proposed()
    table.say(Unresolved(1, "connection_lost"))
    table.world.pass_time(milliseconds(10))
    first_copy, second_copy = entry_of(first, 1), entry_of(table.proposed()[1], 2)
    table.apply(first_copy, second_copy)
    assert caller.answer == Applied([1], 1)
    assert table.machine.lines == [b"a"]


def test_a_batch_that_was_lost_is_applied_under_its_second_copy() -> None:
    table = led()
    caller = table.propose(b"a")
    table.world.settle()
    table.say(LeaderChanged(None, 1), Unresolved(1, "connection_lost"))
    table.world.pass_time(SECOND)
    assert len(table.proposed()) == 1
    table.say(LeaderChanged(3, 2))
    table.world.pass_time(0)
    table.apply(entry_of(table.proposed()[1], 1))
    assert caller.answer == Applied([1], 1)


def test_a_final_refusal_makes_room_for_what_waits() -> None:
    table = led(batches_in_flight=1, batch_commands=1)
    first, second = table.propose(b"a"), table.propose(b"b")
    table.world.settle()
    assert commands(table) == [[b"a"]]
    table.say(Rejected(1, "busy", 2))
    table.world.settle()
    assert first.answer == NotApplied("busy", 2)
    assert commands(table) == [[b"a"], [b"b"]]
    assert second.waits


def test_time_that_is_over_makes_room_for_what_waits() -> None:
    table = led(batches_in_flight=1, batch_commands=1)
    table.propose(b"a", within=SECOND)
    table.propose(b"b")
    table.world.pass_time(SECOND)
    assert commands(table) == [[b"a"], [b"b"]]


def test_what_a_reader_and_a_proposer_may_queue_is_bounded() -> None:
    table = Table(limits=Limits(queued_commands=1, queued_reads=1)).start()
    kept, refused = table.propose(b"a"), table.propose(b"b")
    reader, refused_reader = table.read(), table.read()
    assert kept.waits
    assert refused.answer == NotApplied("busy")
    assert reader.waits
    assert refused_reader.failure == ("busy", None)
    assert table.driver.counters.outcomes == {"NotApplied": 1, "read_failed": 1}


def test_a_caller_may_propose_again_as_soon_as_it_is_told() -> None:
    table = Table(SoloAlgorithm()).start()
    again: list[Caller] = []
    table.propose(b"a", caller=Caller(then=lambda: again.append(table.propose(b"b"))))
    table.world.work()
    assert again[0].answer == Applied([2], 2)


def test_a_caller_may_stop_the_node_as_soon_as_it_is_told() -> None:
    table = Table(SoloAlgorithm()).start()
    first = table.propose(b"a", caller=Caller(then=table.driver.stop))
    second = table.propose(b"b")
    table.world.work()
    assert first.answer == Applied([1], 1)
    assert second.told == [Applied([2], 1)]
    assert table.propose(b"c").answer == NotApplied("stopping")


# Time


def test_the_armed_deadline_moves_on_with_every_wake() -> None:
    table = led()
    for number in range(200):
        table.propose(b"x", within=SECOND + number * milliseconds(1))
        table.read(within=SECOND + number * milliseconds(1))
    table.world.pass_time(0)
    armed = []
    while (deadline := table.world.armed) is not None:
        assert deadline > table.world.time
        armed.append(deadline)
        table.world.pass_time(deadline - table.world.time)
        assert len(armed) < 500
    assert armed == sorted(set(armed))
    assert table.driver.counters.outcomes == {"Unknown": 200, "read_failed": 200}


def test_a_node_at_rest_sleeps() -> None:
    table = Table(SoloAlgorithm()).start()
    callers = [table.propose(b"x") for _ in range(50)]
    table.world.work()
    assert all(type(caller.answer) is Applied for caller in callers)
    table.world.pass_time(3600 * SECOND)
    assert table.world.armed is None
    assert table.world.wakes <= 3
