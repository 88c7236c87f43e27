"""When a batch is proposed again, and when its callers are told that their time is over."""

from __future__ import annotations

import pytest

from quorate.core.ids import SECOND
from quorate.core.outcome import Applied, NotApplied, Unknown
from runtime.desks import FAR, RESEND, RETRY, ProposalDesk, batch_of
from runtime.fakes import Caller

# Again


@pytest.mark.parametrize("reason", ["not_leader", "stale_term", "late_copy", "damaged"])
def test_a_refusal_that_time_may_cure_is_tried_again(reason: str) -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    first = desk.propose()
    desk.proposals.rejected(1, reason, None, desk.now)
    assert desk.proposals.look_at == RETRY
    assert desk.at(RETRY - 1) == []
    (again,) = desk.proposals.due(RETRY, leader_known=True)
    assert again == first


def test_without_a_leader_a_batch_waits_for_one() -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    desk.propose()
    desk.proposals.rejected(1, "no_leader", None, desk.now)
    assert desk.at(FAR - 1) == []
    desk.proposals.leader_known(desk.now)
    assert desk.proposals.look_at == FAR - 1
    assert desk.at(FAR - 1) == [1]


def test_what_the_algorithm_lost_is_proposed_again_with_the_same_name() -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    first = desk.propose()
    desk.proposals.unresolved(1, "connection_lost", desk.now)
    assert desk.at(RETRY - 1) == []
    assert list(desk.proposals.due(RETRY, leader_known=True)) == [first]


def test_silence_is_followed_by_another_try_each_time_later() -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    desk.propose()
    tries = [now for now in range(0, 31 * SECOND, SECOND) if desk.at(now)]
    assert tries == [2 * SECOND, 6 * SECOND, 14 * SECOND, 30 * SECOND]


def test_a_refusal_is_an_answer_and_does_not_lengthen_the_wait_for_one() -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    desk.propose()
    desk.proposals.rejected(1, "not_leader", None, 0)
    assert desk.at(RETRY) == [1]
    assert desk.proposals.look_at == RETRY + RESEND


def test_silence_makes_uncertain() -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a", deadline=5 * SECOND)
    desk.propose()
    assert desk.at(RESEND) == [1]
    desk.proposals.rejected(1, "not_leader", 3, desk.now)
    desk.at(5 * SECOND, leader_known=False)
    assert caller.answer == Unknown("timeout")


def test_news_of_a_leader_makes_due_at_once_what_was_refused_or_lost_and_nothing_else() -> None:
    desk = ProposalDesk(batch_commands=1)
    for command in (b"a", b"b", b"c"):
        desk.take(command)
        desk.propose()
    desk.proposals.rejected(1, "no_leader", None, 0)
    desk.proposals.unresolved(3, "connection_lost", 0)
    desk.proposals.leader_known(5)
    assert desk.proposals.look_at == 5
    assert desk.at(5) == [1, 3]


def test_without_a_leader_nothing_is_due_however_long_it_takes() -> None:
    desk = ProposalDesk(batch_commands=1)
    for command in (b"a", b"b", b"c"):
        desk.take(command)
        desk.propose()
    desk.proposals.rejected(1, "not_leader", None, 0)
    desk.proposals.unresolved(2, "connection_lost", 0)
    wakes = 0
    while (deadline := desk.proposals.look_at) is not None and deadline < FAR:
        assert desk.at(deadline, leader_known=False) == []
        wakes += 1
        assert wakes < 10, "a busy loop"
    desk.proposals.leader_known(FAR - 1)
    assert desk.at(FAR - 1) == [1, 2, 3]


def test_each_is_proposed_before_the_next_is_looked_at() -> None:
    desk = ProposalDesk(batch_commands=1)
    callers = [desk.take(b"a"), desk.take(b"b")]
    desk.propose()
    desk.propose()
    for sequence in (1, 2):
        desk.proposals.rejected(sequence, "not_leader", None, 0)
    again = desk.proposals.due(RETRY, leader_known=True)
    assert next(again).sequence == 1
    desk.proposals.applied(2, ["B"], 9)
    assert list(again) == []
    assert callers[0].waits
    assert callers[1].answer == Applied(["B"], 9)


# Time


def test_nothing_to_wait_for_is_no_deadline() -> None:
    desk = ProposalDesk()
    assert desk.proposals.look_at is None
    desk.take(b"a", deadline=100)
    desk.propose()
    desk.proposals.applied(1, ["A"], 9)
    assert desk.at(100) == []
    assert desk.proposals.look_at is None


def test_the_deadline_is_never_later_than_the_earliest_that_is_due() -> None:
    desk = ProposalDesk(batch_commands=1)
    desk.take(b"a", deadline=5 * SECOND)
    assert desk.proposals.look_at == 5 * SECOND
    desk.take(b"b", deadline=3 * SECOND)
    assert desk.proposals.look_at == 3 * SECOND
    desk.propose()
    assert desk.proposals.look_at == RESEND
    desk.proposals.rejected(1, "not_leader", None, 7)
    assert desk.proposals.look_at == 7 + RETRY


def test_however_many_wait_looking_whose_time_is_over_stays_cheap() -> None:
    desk = ProposalDesk()
    count = 2000
    callers = [desk.take(b"x", deadline=SECOND + number) for number in range(count)]
    looks = 0
    while any(caller.waits for caller in callers):
        deadline = desk.proposals.look_at
        assert deadline is not None
        desk.at(deadline)
        looks += 1
    assert looks < 10
    assert desk.now <= SECOND + count + count * 1000


def test_whoever_is_told_may_call_again_at_once() -> None:
    desk = ProposalDesk()
    again: list[Caller] = []
    first = Caller(then=lambda: again.append(desk.take(b"again")))
    desk.take(b"a", deadline=100, caller=first)
    desk.take(b"b")
    desk.at(100)
    assert first.answer == NotApplied("timeout_before_proposed")
    assert batch_of(desk.propose()).commands == [b"b", b"again"]


def test_whoever_is_told_may_stop_it_all() -> None:
    desk = ProposalDesk(batch_commands=1)
    first = Caller(then=lambda: desk.proposals.stop("stopping"))
    desk.take(b"a", deadline=100, caller=first)
    second, third = desk.take(b"b"), desk.take(b"c")
    desk.propose()
    desk.propose()
    desk.at(100)
    assert first.answer == Unknown("timeout")
    assert second.answer == Unknown("stopping")
    assert third.answer == NotApplied("stopping")
