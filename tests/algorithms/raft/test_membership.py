"""Single steps of changing the members; what comes of them is in tests/scenarios."""

from __future__ import annotations

import pytest

from algorithms.raft.harness import ELECTION_NS, Server, acts, reasons, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.membership import turn_away
from quorate.algorithms.raft.messages import Ask, Forward, PreVoteRequest, Removed
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.reconfigure import Add, Change, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint, Request, TransferLeadership


def ask(server: Server, request: Request, request_id: int = 1) -> list[object]:
    return [
        effect
        for effect in acts(server.step(Requested(request_id, request)))
        if isinstance(effect, RequestDone | RequestRefused)
    ]


def change(server: Server, *changes: Change, request_id: int = 1) -> list[object]:
    return ask(server, ChangeMembers(changes), request_id)


def test_s_m2_r25_the_answer_waits_for_the_commit() -> None:
    server = ready_leader()
    assert change(server, Update(2, priority=1)) == []
    server.disk()
    acknowledge(server, [2])
    assert server.told == [RequestDone(1)]


def test_what_is_so_already_is_done_at_once() -> None:
    server = ready_leader()
    last = server.state.log.last_index
    assert change(server, Add(2), Update(3, priority=0)) == [RequestDone(1)]
    assert server.state.log.last_index == last


@pytest.mark.parametrize(
    ("request_of_an_operator", "reason"),
    [
        (ChangeMembers((Remove(9),)), "not_a_member"),
        (ChangeMembers((Remove(1), Remove(2), Remove(3))), "last_voter"),
        (ChangeMembers((Remove(1), Promote(1))), "contradiction"),
        (ChangeMembers((Remove(1),), expected=4), "configuration_changed"),
        (LeaveJoint(), "not_joint"),
    ],
)
def test_a_refusal_is_told_at_once_and_changes_nothing(request_of_an_operator: Request, reason: str) -> None:
    server = ready_leader()
    last = server.state.log.last_index
    assert ask(server, request_of_an_operator) == [RequestRefused(1, reason, 1)]
    assert server.state.log.last_index == last


def test_s_m2_not_before_the_leader_is_ready_and_one_at_a_time_and_not_during_a_transfer() -> None:
    new = leader()
    assert change(new, Remove(3)) == [RequestRefused(1, "not_ready", 1)]
    busy = ready_leader()
    change(busy, Remove(3))
    assert change(busy, Remove(2), request_id=2) == [RequestRefused(2, "change_under_way", 1)]
    moving = ready_leader()
    moving.propose(b"x")
    ask(moving, TransferLeadership(2))
    assert change(moving, Remove(3), request_id=2) == [RequestRefused(2, "transferring", 1)]


def test_a_stranger_is_told_that_it_was_removed_and_its_term_concerns_nobody() -> None:
    server = ready_leader(members=(1, 2))
    term = server.state.term
    effects = server.receive(9, PreVoteRequest(term + 7, term + 8, 99, term + 7))
    assert sends(effects) == [(9, Removed(term, 0))]
    assert reasons(effects) == ["not_a_member"]
    assert server.state.term == term
    assert not turn_away(server.state, 2, PreVoteRequest(term, term, 0, 0)), "who belongs to it is heard"
    assert not turn_away(follower(members=(1, 2, 3)).state, 9, Forward(1, 1, 1, b"", 0, 0)), "only a leader knows"


def test_who_is_told_that_it_was_removed_stops_unless_it_knows_better() -> None:
    server = follower(term=3)
    server.receive(3, Removed(3, 0))
    assert not server.state.removed, "the configuration that it has is as new, and has it"
    effects = server.receive(3, Removed(3, 7))
    assert reasons(effects) == ["removed"]
    assert server.state.removed
    assert not server.state.may_campaign
    assert "removed from the group by the configuration at 7" in server.state.why
    assert server.receive(3, Removed(3, 7)) == [], "once is enough"
    assert ask(server, ChangeMembers((Remove(2),))) == [RequestRefused(1, "removed", None)]


def test_the_dead_are_removed_if_the_settings_say_so_but_never_too_many() -> None:
    config = RaftConfig(remove_dead_after_ms=2000, least_voters=3)
    server = ready_leader(members=(1, 2, 3, 4), config=config)
    for _ in range(10):
        server.wait(ELECTION_NS // 2)
        server.disk()
        acknowledge(server, [2, 3])
        server.disk()
    assert server.state.configuration.voters == (1, 2, 3)
    for _ in range(10):
        server.wait(ELECTION_NS // 2)
        acknowledge(server, [2])
    assert server.state.configuration.voters == (1, 2, 3), "three are the least"


def test_without_that_setting_nobody_is() -> None:
    server = ready_leader(members=(1, 2, 3, 4))
    for _ in range(8):
        server.wait(ELECTION_NS // 2)
        acknowledge(server, [2, 3])
    assert server.state.configuration.voters == (1, 2, 3, 4)


def test_a_question_of_a_stranger_is_no_question() -> None:
    server = ready_leader(members=(1, 2))
    effects = server.receive(9, Ask(server.state.term, 1, 1, ChangeMembers((Add(9),))))
    assert [type(message) for _, message in sends(effects)] == [Removed]
