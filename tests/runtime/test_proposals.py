"""From commands to batches and back. When they are tried again and given up is in test_proposals_time.py."""

from __future__ import annotations

import pytest

from quorate.core.entry import Batch
from quorate.core.events import Proposed
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.runtime.proposals import FINAL
from runtime.desks import RETRY, SESSION, ProposalDesk, batch_of

# Batches


def test_what_has_gathered_becomes_one_batch() -> None:
    desk = ProposalDesk()
    desk.take(b"a")
    desk.take(b"b", b"c")
    desk.take(b"d")
    assert desk.proposals.queued == 4
    assert batch_of(desk.propose()) == Batch(SESSION, 1, 0, [b"a", b"b", b"c", b"d"])
    assert desk.proposals.queued == 0
    assert desk.proposals.in_flight == 1
    assert not desk.proposals.can_flush


def test_a_batch_has_so_many_commands_and_no_more() -> None:
    desk = ProposalDesk(batch_commands=3)
    for command in (b"a", b"b", b"c", b"d"):
        desk.take(command)
    assert batch_of(desk.propose()).commands == [b"a", b"b", b"c"]
    assert batch_of(desk.propose()).commands == [b"d"]


def test_a_batch_has_so_many_bytes_and_no_more() -> None:
    desk = ProposalDesk(batch_bytes=10)
    for command in (b"aaaaaa", b"bbbb", b"c"):
        desk.take(command)
    assert batch_of(desk.propose()).commands == [b"aaaaaa", b"bbbb"]
    assert batch_of(desk.propose()).commands == [b"c"]


def test_the_commands_of_one_call_stay_together() -> None:
    desk = ProposalDesk(batch_commands=3, batch_bytes=3)
    desk.take(b"a")
    desk.take(b"b", b"c", b"d", b"e")
    assert batch_of(desk.propose()).commands == [b"a"]
    assert batch_of(desk.propose()).commands == [b"b", b"c", b"d", b"e"]


def test_only_so_many_batches_are_in_flight() -> None:
    desk = ProposalDesk(batches_in_flight=2, batch_commands=1)
    for command in (b"a", b"b", b"c"):
        desk.take(command)
    desk.propose()
    assert desk.proposals.can_flush
    desk.propose()
    assert not desk.proposals.can_flush
    desk.proposals.applied(1, ["A"], 9)
    assert desk.proposals.can_flush


# The floor


def test_the_floor_is_below_every_sequence_that_is_not_settled() -> None:
    desk = ProposalDesk(batch_commands=1, batches_in_flight=3)
    for command in (b"a", b"b", b"c", b"d", b"e"):
        desk.take(command)
    first, second, third = desk.propose(), desk.propose(), desk.propose()
    assert [batch_of(p).floor for p in (first, second, third)] == [0, 0, 0]
    assert [p.floor for p in (first, second, third)] == [0, 0, 0]
    desk.proposals.applied(2, ["B"], 5)
    assert desk.proposals.floor == 0
    fourth = desk.propose()
    assert (batch_of(fourth).sequence, batch_of(fourth).floor, fourth.floor) == (4, 0, 0)
    desk.proposals.applied(1, ["A"], 4)
    fifth = desk.propose()
    assert (batch_of(fifth).sequence, batch_of(fifth).floor, fifth.floor) == (5, 2, 2)
    for sequence in (3, 4, 5):
        desk.proposals.applied(sequence, ["x"], 9)
    assert desk.proposals.floor == 5


def test_a_batch_that_is_proposed_again_carries_the_floor_of_the_moment() -> None:
    desk = ProposalDesk(batch_commands=1)
    desk.take(b"a")
    desk.take(b"b")
    desk.propose()
    second = desk.propose()
    desk.proposals.applied(1, ["A"], 4)
    desk.proposals.rejected(2, "not_leader", None, desk.now)
    (again,) = desk.proposals.due(RETRY, leader_known=True)
    assert again == Proposed(2, second.data, floor=1)


def test_a_batch_nobody_waits_for_is_below_the_floor() -> None:
    desk = ProposalDesk(batch_commands=1)
    desk.take(b"a", deadline=100)
    desk.propose()
    assert desk.at(100) == []
    assert desk.proposals.floor == 1
    assert desk.proposals.in_flight == 0


# Outcomes


def test_s_c3_each_call_gets_its_own_results() -> None:
    desk = ProposalDesk()
    one, two, none, three = desk.take(b"a"), desk.take(b"b", b"c"), desk.take(), desk.take(b"d")
    desk.propose()
    desk.proposals.applied(1, ["A", "B", "C", "D"], 7)
    assert one.answer == Applied(["A"], 7)
    assert two.answer == Applied(["B", "C"], 7)
    assert none.answer == Applied([], 7)
    assert three.answer == Applied(["D"], 7)
    assert desk.counters.outcomes == {"Applied": 4}


def test_a_call_whose_time_was_over_does_not_shift_the_results_of_the_others() -> None:
    desk = ProposalDesk()
    one, late, three = desk.take(b"a"), desk.take(b"b", b"c", deadline=100), desk.take(b"d")
    desk.propose()
    assert desk.at(100) == []
    assert late.answer == Unknown("timeout")
    assert one.waits
    assert desk.proposals.floor == 0
    desk.proposals.applied(1, ["A", "B", "C", "D"], 7)
    assert one.answer == Applied(["A"], 7)
    assert three.answer == Applied(["D"], 7)
    assert desk.counters.outcomes == {"Unknown": 1, "Applied": 2}


def test_the_first_call_of_a_batch_may_be_the_late_one() -> None:
    desk = ProposalDesk()
    late, other = desk.take(b"a", b"b", deadline=100), desk.take(b"c")
    desk.propose()
    desk.at(100)
    desk.proposals.applied(1, ["A", "B", "C"], 7)
    assert late.answer == Unknown("timeout")
    assert other.answer == Applied(["C"], 7)


def test_a_batch_is_settled_once() -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a")
    desk.propose()
    desk.proposals.applied(1, ["A"], 7)
    desk.proposals.applied(1, ["B"], 8)
    desk.proposals.rejected(1, "busy", None, 0)
    desk.proposals.unresolved(1, "lost", 0)
    assert caller.answer == Applied(["A"], 7)
    assert desk.counters.outcomes == {"Applied": 1}


def test_what_was_applied_and_is_not_ours_concerns_nobody() -> None:
    desk = ProposalDesk()
    desk.proposals.applied(5, ["A"], 7)
    assert desk.counters.outcomes == {}


@pytest.mark.parametrize("reason", sorted(FINAL))
def test_a_final_refusal_is_told_with_its_hint(reason: str) -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a")
    desk.propose()
    desk.proposals.rejected(1, reason, 3, desk.now)
    assert caller.answer == NotApplied(reason, 3)
    assert desk.proposals.in_flight == 0


def test_r37_a_final_refusal_of_what_may_be_in_a_log_is_no_promise() -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a")
    desk.propose()
    desk.proposals.unresolved(1, "connection_lost", desk.now)
    assert desk.at(RETRY) == [1]
    desk.proposals.rejected(1, "busy", 3, desk.now)
    assert caller.answer == Unknown("busy")


def test_a_refusal_before_the_time_is_over_is_the_reason_then() -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a", deadline=100)
    desk.propose()
    desk.proposals.rejected(1, "not_leader", 3, desk.now)
    desk.at(100)
    assert caller.answer == NotApplied("not_leader", 3)


def test_a_queue_that_did_not_move_is_told_so() -> None:
    desk = ProposalDesk()
    late, other = desk.take(b"a", deadline=100), desk.take(b"b", deadline=200)
    assert desk.proposals.look_at == 100
    desk.at(100)
    assert late.answer == NotApplied("timeout_before_proposed")
    assert other.waits
    assert batch_of(desk.propose()).commands == [b"b"]


def test_without_a_leader_the_lack_of_one_is_the_reason() -> None:
    desk = ProposalDesk()
    caller = desk.take(b"a", deadline=100)
    desk.at(100, leader_known=False)
    assert caller.answer == NotApplied("no_leader")


def test_stopping_answers_everybody_honestly() -> None:
    desk = ProposalDesk(batch_commands=1)
    under_way, refused, lost = desk.take(b"a"), desk.take(b"b"), desk.take(b"c")
    for _ in range(3):
        desk.propose()
    queued = desk.take(b"d")
    desk.proposals.rejected(2, "not_leader", 3, desk.now)
    desk.proposals.unresolved(3, "connection_lost", desk.now)
    desk.proposals.stop("stopping")
    assert under_way.answer == Unknown("stopping")
    assert refused.answer == NotApplied("stopping", 3)
    assert lost.answer == Unknown("stopping")
    assert queued.answer == NotApplied("stopping")
    assert (desk.proposals.queued, desk.proposals.in_flight) == (0, 0)
    assert desk.proposals.look_at is None


# Bounds


def test_too_many_commands_are_refused_as_busy() -> None:
    desk = ProposalDesk(queued_commands=3)
    kept, refused = desk.take(b"a", b"b"), desk.take(b"c", b"d")
    fits = desk.take(b"e")
    assert kept.waits
    assert fits.waits
    assert refused.answer == NotApplied("busy")
    desk.propose()
    assert desk.take(b"c", b"d").waits


def test_too_many_bytes_are_refused_as_busy() -> None:
    desk = ProposalDesk(queued_bytes=10)
    kept, refused = desk.take(b"x" * 6), desk.take(b"x" * 5)
    assert kept.waits
    assert refused.answer == NotApplied("busy")
    assert desk.take(b"x" * 4).waits


def test_an_empty_queue_takes_a_call_of_any_size() -> None:
    desk = ProposalDesk(queued_commands=1, queued_bytes=1)
    assert desk.take(b"long", b"list").waits
    assert desk.take(b"").answer == NotApplied("busy")


def test_calls_whose_time_is_over_make_room() -> None:
    desk = ProposalDesk(queued_commands=3, queued_bytes=20)
    desk.take(b"a" * 9, deadline=100)
    desk.take(b"b" * 9, deadline=100)
    desk.take(b"c")
    assert desk.take(b"d").answer == NotApplied("busy")
    desk.at(100)
    assert desk.proposals.queued == 1
    assert desk.take(b"d" * 19).waits
    assert desk.take(b"e").answer == NotApplied("busy")
