"""Requests of operators, as they travel."""

from algorithms.raft.harness import sends
from algorithms.zab.harness import established, follower
from quorate.algorithms.zab.messages import Ask, AskReply
from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.reconfigure import Promote
from quorate.core.requests import ChangeMembers, LeaveJoint

CHANGE = ChangeMembers((Promote(1),))


def test_a_follower_passes_it_on_and_the_answer_back() -> None:
    server = follower()
    assert sends(server.step(Requested(7, CHANGE))) == [(3, Ask(1, 7, CHANGE))]
    assert server.receive(3, AskReply(1, 7)) == [RequestDone(7)]
    assert server.receive(3, AskReply(9, 7)) == []


def test_the_leader_answers_whoever_asked() -> None:
    leader = established()
    assert sends(leader.receive(1, Ask(1, 7, CHANGE))) == [(1, AskReply(1, 7, hint=3))]
    assert sends(leader.receive(1, Ask(1, 8, LeaveJoint()))) == [(1, AskReply(1, 8, "not_joint", 3))]
    assert sends(follower().receive(2, Ask(1, 9, CHANGE))) == [(2, AskReply(1, 9, "not_leader", 3))]


def test_who_asked_is_told_when_the_leader_is_lost() -> None:
    server = follower()
    server.step(Requested(7, CHANGE))
    assert RequestRefused(7, "leadership_lost") in server.disconnect(3)
