"""From readers to indexes and back, without a driver."""

from __future__ import annotations

import pytest

from quorate.core.events import ReadRequested
from quorate.core.ids import SECOND
from quorate.runtime.calls import ReadCall
from quorate.runtime.reads import FINAL, QUESTIONS_IN_FLIGHT
from runtime.desks import FAR, RESEND, RETRY, ReadDesk
from runtime.fakes import Caller


def test_readers_who_have_gathered_share_a_question() -> None:
    desk = ReadDesk()
    callers = [desk.take(), desk.take()]
    assert desk.reads.next_question(0) == ReadRequested(1)
    assert not desk.reads.can_flush
    desk.reads.ready(1, 5)
    assert all(caller.waits for caller in callers)
    desk.reads.applied(4)
    assert all(caller.waits for caller in callers)
    desk.reads.applied(7)
    assert [caller.answer for caller in callers] == [7, 7]
    assert desk.counters.outcomes == {"read": 2}


def test_a_later_reader_does_not_share_a_question_that_was_asked_before() -> None:
    desk = ReadDesk()
    early = desk.take()
    assert desk.ask() == [1]
    late = desk.take()
    assert desk.ask() == [2]
    desk.reads.ready(1, 5)
    desk.reads.applied(5)
    assert early.answer == 5
    assert late.waits


def test_only_so_many_questions_are_open() -> None:
    desk = ReadDesk()
    for number in range(1, QUESTIONS_IN_FLIGHT + 1):
        desk.take()
        assert desk.ask() == [number]
    waiting = [desk.take(), desk.take()]
    assert desk.ask() == []
    desk.reads.ready(2, 5)
    assert desk.ask() == [QUESTIONS_IN_FLIGHT + 1]
    desk.reads.ready(QUESTIONS_IN_FLIGHT + 1, 6)
    desk.reads.applied(6)
    assert [caller.answer for caller in waiting] == [6, 6]


def test_readers_are_answered_in_the_order_of_their_indexes_then_of_their_questions() -> None:
    desk = ReadDesk()
    order: list[str] = []
    for name in "abc":
        desk.take(caller=Caller(then=lambda name=name: order.append(name)))
        desk.ask()
    desk.reads.ready(1, 9)
    desk.reads.ready(3, 5)
    desk.reads.ready(2, 5)
    desk.reads.applied(9)
    assert order == ["b", "c", "a"]


def test_an_answer_to_no_question_is_nothing() -> None:
    desk = ReadDesk()
    desk.reads.ready(7, 5)
    desk.reads.refused(8, "no_leader", None, 0)
    desk.reads.applied(9)
    assert desk.counters.outcomes == {}


@pytest.mark.parametrize("reason", ["no_leader", "not_leader", "stale_term", "connection_lost"])
def test_a_refusal_that_time_may_cure_is_asked_anew_under_another_id(reason: str) -> None:
    desk = ReadDesk()
    caller = desk.take()
    assert desk.ask() == [1]
    desk.reads.refused(1, reason, None, 0)
    assert desk.ask() == []
    assert desk.reads.look_at == RETRY
    desk.at(RETRY)
    assert desk.ask() == [2]
    desk.reads.ready(1, 3)
    desk.reads.applied(3)
    assert caller.waits
    desk.reads.ready(2, 3)
    desk.reads.applied(3)
    assert caller.answer == 3


def test_news_of_a_leader_is_reason_to_ask_at_once() -> None:
    desk = ReadDesk()
    desk.take()
    desk.ask()
    desk.reads.refused(1, "no_leader", None, 0)
    desk.reads.leader_known()
    assert desk.ask() == [2]


@pytest.mark.parametrize("reason", sorted(FINAL))
def test_a_final_refusal_is_told_with_its_hint(reason: str) -> None:
    desk = ReadDesk()
    callers = [desk.take(), desk.take()]
    desk.ask()
    desk.reads.refused(1, reason, 3, 0)
    assert [caller.failure for caller in callers] == [(reason, 3), (reason, 3)]
    assert callers[0].answer is not callers[1].answer
    assert desk.counters.outcomes == {"read_failed": 2}


def test_silence_is_followed_by_a_new_question() -> None:
    desk = ReadDesk()
    caller = desk.take()
    assert desk.ask() == [1]
    assert desk.reads.look_at == RESEND
    desk.at(RESEND - 1)
    assert desk.ask() == []
    desk.at(RESEND)
    assert desk.ask() == [2]
    desk.reads.ready(2, 1)
    desk.reads.applied(1)
    assert caller.answer == 1


def test_first_come_is_first_asked_for_after_a_refusal() -> None:
    desk = ReadDesk()
    order: list[str] = []
    desk.take(caller=Caller(then=lambda: order.append("early")))
    desk.ask()
    desk.take(caller=Caller(then=lambda: order.append("late")))
    desk.reads.refused(1, "not_leader", None, 0)
    desk.at(RETRY)
    assert desk.ask() == [2]
    desk.reads.ready(2, 1)
    desk.reads.applied(1)
    assert order == ["early", "late"]


# Time


def test_the_reason_of_a_timeout_is_the_last_refusal() -> None:
    desk = ReadDesk()
    caller = desk.take(deadline=100)
    desk.ask()
    desk.reads.refused(1, "not_leader", 3, 0)
    desk.at(100)
    assert caller.failure == ("timeout (not_leader)", 3)


def test_the_reason_of_a_timeout_is_the_silence() -> None:
    desk = ReadDesk()
    caller = desk.take(deadline=100)
    desk.ask()
    desk.at(100)
    assert caller.failure == ("timeout (no_answer)", None)


def test_a_refusal_from_before_there_was_a_leader_is_no_reason_any_more() -> None:
    desk = ReadDesk()
    caller = desk.take(deadline=100)
    desk.ask()
    desk.reads.refused(1, "no_leader", None, 0)
    desk.reads.leader_known()
    desk.ask()
    desk.at(100)
    assert caller.failure == ("timeout (no_answer)", None)


def test_the_reason_of_a_timeout_is_that_this_node_is_behind() -> None:
    desk = ReadDesk()
    caller = desk.take(deadline=100)
    desk.ask()
    desk.reads.ready(1, 5)
    desk.reads.applied(4)
    desk.at(100)
    assert caller.failure == ("timeout (behind)", None)
    assert desk.reads.look_at is None


def test_only_those_whose_time_is_over_are_told() -> None:
    desk = ReadDesk()
    late, patient = desk.take(deadline=100), desk.take()
    desk.ask()
    also_late = desk.take(deadline=100)
    assert desk.reads.look_at == 100
    desk.at(100)
    assert late.failure == also_late.failure == ("timeout (no_answer)", None)
    assert patient.waits
    desk.reads.ready(1, 5)
    desk.reads.applied(5)
    assert patient.answer == 5


def test_a_deadline_that_is_met_early_costs_one_look() -> None:
    desk = ReadDesk()
    desk.take(deadline=100)
    desk.ask()
    desk.reads.ready(1, 0)
    desk.reads.applied(0)
    assert desk.reads.look_at == 100
    desk.at(100)
    assert desk.reads.look_at is None


def test_however_many_wait_looking_whose_time_is_over_stays_cheap() -> None:
    desk = ReadDesk()
    count = 2000
    callers = [desk.take(deadline=SECOND + number) for number in range(count)]
    looks = 0
    while any(caller.waits for caller in callers):
        deadline = desk.reads.look_at
        assert deadline is not None
        desk.at(deadline)
        looks += 1
    assert looks < 10
    assert desk.now <= SECOND + count + count * 1000


def test_whoever_gives_up_does_not_disturb_the_order_of_the_others() -> None:
    desk = ReadDesk()
    callers = []
    for number, (index, deadline) in enumerate([(1, 100), (5, FAR), (2, FAR)], start=1):
        callers.append(desk.take(deadline=deadline))
        desk.ask()
        desk.reads.ready(number, index)
    desk.at(100)
    desk.reads.applied(2)
    assert callers[0].failure == ("timeout (behind)", None)
    assert callers[1].waits
    assert callers[2].answer == 2


def test_readers_that_gave_up_leave_nothing_behind() -> None:
    desk = ReadDesk()
    for number in range(50):
        desk.take(deadline=number + 1)
        desk.ask()
        desk.reads.ready(number + 1, 1000)
        desk.at(number + 1)
    desk.at(FAR)
    assert not any(True for _ in desk.reads._lists() if _)
    assert desk.reads._waiting == []


# Bounds and ends


def test_too_many_readers_are_refused_as_busy() -> None:
    desk = ReadDesk(queued_reads=2)
    first, second, third = desk.take(), desk.take(), desk.take()
    assert third.failure == ("busy", None)
    desk.ask()
    desk.reads.ready(1, 1)
    assert desk.take().failure == ("busy", None)
    desk.reads.applied(1)
    assert (first.answer, second.answer) == (1, 1)
    assert desk.take().waits


def test_a_call_for_many_readers_counts_as_many() -> None:
    class Three(ReadCall):
        readers = 3

    desk = ReadDesk(queued_reads=4)
    three, one, another = Caller(), Caller(), Caller()
    desk.reads.add(Three(FAR, three))
    desk.reads.add(ReadCall(FAR, one))
    desk.reads.add(ReadCall(FAR, another))
    assert another.failure == ("busy", None)
    desk.ask()
    desk.reads.ready(1, 1)
    desk.reads.applied(1)
    assert (three.answer, one.answer) == (1, 1)
    assert desk.counters.outcomes == {"read_failed": 1, "read": 4}
    again, too_many = Caller(), Caller()
    desk.reads.add(Three(FAR, again))
    desk.reads.add(Three(FAR, too_many))
    assert again.waits
    assert too_many.failure == ("busy", None), "all of them or none"


def test_stopping_answers_everybody() -> None:
    desk = ReadDesk()
    waiting = desk.take()
    desk.ask()
    desk.reads.ready(1, 100)
    asking = desk.take()
    desk.ask()
    gathered = desk.take()
    desk.reads.stop("stopping")
    assert waiting.failure == asking.failure == gathered.failure == ("stopping", None)
    assert desk.reads.look_at is None
    assert not desk.reads.can_flush


def test_whoever_is_told_may_ask_again_at_once() -> None:
    desk = ReadDesk()
    again: list[Caller] = []
    desk.take(deadline=100, caller=Caller(then=lambda: again.append(desk.take())))
    desk.take(deadline=100)
    desk.at(100)
    assert len(again) == 1
    assert again[0].waits
    assert desk.ask() == [1]


def test_whoever_is_told_may_stop_it_all() -> None:
    desk = ReadDesk()
    first = desk.take(caller=Caller(then=lambda: desk.reads.stop("stopping")))
    second = desk.take()
    desk.ask()
    third = desk.take()
    desk.reads.ready(1, 1)
    desk.reads.applied(1)
    assert first.answer == 1
    assert second.told
    assert third.failure == ("stopping", None)
