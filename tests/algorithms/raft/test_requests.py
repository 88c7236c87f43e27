"""Requests of operators: who acts on them, who passes them on, and who says no."""

from __future__ import annotations

from algorithms.raft.harness import acts, sends
from algorithms.raft.scenes import acknowledge, follower, pre_candidate, ready_leader
from quorate.algorithms.raft.messages import Ask, AskReply
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.reconfigure import Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint, ReportFreshness

RAISE = ChangeMembers((Update(3, priority=1),))


def test_s_m2_a_follower_passes_it_on_to_the_leader_and_the_answer_back() -> None:
    server = follower(leader=3, term=2)
    assert sends(server.step(Requested(7, RAISE))) == [(3, Ask(2, 1, 7, RAISE))]
    assert acts(server.receive(3, AskReply(2, 1, 7, ""))) == [RequestDone(7)]
    server.step(Requested(8, RAISE))
    assert acts(server.receive(3, AskReply(2, 1, 8, "not_a_member", 3))) == [RequestRefused(8, "not_a_member", 3)]


def test_an_answer_to_an_earlier_process_is_for_nobody() -> None:
    server = follower(leader=3, term=2)
    server.step(Requested(7, RAISE))
    assert server.receive(3, AskReply(2, 99, 7, "")) == []


def test_the_leader_answers_whoever_asked_once_it_is_committed() -> None:
    server = ready_leader()
    term = server.state.term
    server.receive(2, Ask(term, 5, 7, RAISE))
    server.disk()
    acknowledge(server, [3])
    assert (2, AskReply(term, 5, 7, "", 1)) in server.outbox
    assert sends(server.receive(2, Ask(term, 5, 8, LeaveJoint()))) == [(2, AskReply(term, 5, 8, "not_joint", 1))]


def test_it_is_passed_on_once_only() -> None:
    server = follower(leader=3, term=2)
    assert sends(server.receive(2, Ask(2, 1, 7, RAISE))) == [(2, AskReply(2, 1, 7, "not_leader", 3))]


def test_without_a_leader_it_is_refused_by_name() -> None:
    server = pre_candidate()
    assert acts(server.step(Requested(7, RAISE))) == [RequestRefused(7, "no_leader", None)]


def test_s_m5_who_asked_is_told_when_the_leader_that_was_asked_is_gone() -> None:
    server = follower(leader=3, term=2)
    server.step(Requested(7, ChangeMembers((Remove(3),))))
    assert RequestRefused(7, "leadership_lost", 3) in server.disconnect(3)


def test_who_is_fresher_is_in_the_log_and_need_not_be_reported() -> None:
    for server in (follower(leader=3, term=2), ready_leader()):
        (refusal,) = acts(server.step(Requested(7, ReportFreshness(5))))
        assert isinstance(refusal, RequestRefused)
        assert refusal.reason == "unsupported"
    leader = ready_leader()
    asked = sends(leader.receive(2, Ask(leader.state.term, 5, 8, ReportFreshness(5))))
    assert asked == [(2, AskReply(leader.state.term, 5, 8, "unsupported", 1))]
