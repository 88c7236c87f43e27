"""What is given up with a role, and what those who wait are told."""

from algorithms.raft.harness import sends
from algorithms.zab.harness import ZabServer, established, follower
from quorate.algorithms.zab.messages import LOWEST, ZERO, Notification, ReadIndex, ReadIndexReply, SessionEnd, Vote
from quorate.algorithms.zab.roles import end_session, look_for_leader, own_vote
from quorate.core.effects import LeaderChanged, ReadRefused, Unresolved


def test_l15_a_leader_that_goes_tells_its_learners_and_leaves_proposals_open() -> None:
    server = established()
    server.propose(b"x", 4)
    server.read(7)
    server.receive(1, ReadIndex(1, 8))
    server.disk()
    look_for_leader(server.state, "told to")
    effects = server.raft._take_effects()
    assert effects[0] == LeaderChanged(None, 1)
    assert Unresolved(4, "leadership_lost") in effects
    assert ReadRefused(7, "leadership_lost") in effects
    assert (1, ReadIndexReply(1, 8, refused="leadership_lost")) in sends(effects)
    assert [message for _, message in sends(effects) if isinstance(message, SessionEnd)] == [
        SessionEnd(1, "leadership_lost")
    ] * 2
    assert server.state.leading is None


def test_f12_a_follower_that_leaves_leaves_its_questions_open() -> None:
    server = follower()
    server.propose(b"x", 4)
    server.read(7)
    effects = server.disconnect(3)
    assert Unresolved(4, "leader_changed") in effects
    assert ReadRefused(7, "leader_changed") in effects
    assert not [message for to, message in sends(effects) if isinstance(message, SessionEnd)]


def test_e1_a_round_begins_with_a_vote_for_oneself() -> None:
    server = ZabServer(2, peers=(1, 3))
    assert (server.state.round, own_vote(server.state)) == (1, Vote(0, ZERO, 2))
    assert [to for to, message in server.sent() if isinstance(message, Notification)] == [1, 3, 1, 3]


def test_an_observer_waits_a_little_before_it_looks_for_another_leader() -> None:
    server = follower(4, members=(1, 2, 3))
    effects = server.disconnect(3)
    assert not sends(effects)
    assert (server.state.round, server.state.vote) == (0, LOWEST)
    deadline = server.raft.deadline()
    assert deadline is not None
    assert 0 < deadline - server.now <= server.config.observer_wait_ms * 1_000_000
    assert len(sends(server.time_out())) == 3


def test_a_session_is_ended_once() -> None:
    server = established()
    end_session(server.state, 1, "because")
    end_session(server.state, 1, "because")
    assert sends(server.raft._take_effects()) == [(1, SessionEnd(1, "because"))]
