"""Linearizable reads, and what can be said without asking."""

from algorithms.raft.harness import sends
from algorithms.zab.harness import ZabServer, established, follower, zxid
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import Ack, Commit, Ping, Pong, Propose, ReadIndex, ReadIndexReply
from quorate.core.consistency import Standing
from quorate.core.effects import ReadReady, ReadRefused
from quorate.core.entry import Entry


def test_a_read_is_answered_when_a_quorum_has_answered_a_later_ping() -> None:
    leader = established()
    assert sends(leader.read(7)) == [(1, Ping(1, 1)), (2, Ping(1, 1))]
    assert not leader.receive(1, Pong(1, 0))
    assert leader.receive(1, Pong(1, 1)) == [ReadReady(7, 0)]


def test_reads_share_the_next_round() -> None:
    leader = established()
    leader.read(1)
    assert not leader.read(2)
    assert not leader.read(3)
    effects = leader.receive(2, Pong(1, 1))
    assert effects[0] == ReadReady(1, 0)
    assert [message.round for _, message in sends(effects)] == [2, 2]
    assert leader.receive(2, Pong(1, 2)) == [ReadReady(2, 0), ReadReady(3, 0)]


def test_a_read_shows_what_was_committed_when_its_round_began() -> None:
    leader = established()
    leader.propose(b"x")
    leader.disk()
    leader.read(1)
    leader.receive(1, Ack(1, zxid(1, 1)))
    assert leader.receive(1, Pong(1, 1)) == [ReadReady(1, 0)]


def test_a_follower_asks_its_leader() -> None:
    server = follower()
    assert sends(server.read(7)) == [(3, ReadIndex(1, 7))]
    assert server.receive(3, ReadIndexReply(1, 7, 4)) == [ReadReady(7, 4)]
    assert not server.receive(3, ReadIndexReply(1, 7, 4))
    server.read(8)
    assert server.receive(3, ReadIndexReply(1, 8, refused="busy", hint=3)) == [ReadRefused(8, "busy", 3)]


def test_the_leader_answers_the_session_that_asked() -> None:
    leader = established()
    leader.receive(1, ReadIndex(1, 7))
    effects = leader.receive(2, Pong(1, 1))
    assert sends(effects) == [(1, ReadIndexReply(1, 7, 0))]


def test_bounds() -> None:
    server = follower(config=ZabConfig(waiting_reads=1))
    server.read(1)
    assert server.read(2)[0] == ReadRefused(1, "given_up", 3)
    leader = established(config=ZabConfig(waiting_reads=1))
    leader.read(1)
    leader.read(2)
    assert leader.read(3) == [ReadRefused(3, "busy", 3)]
    assert ZabServer(1).read(1) == [ReadRefused(1, "no_leader")]


def test_standing_says_how_old_a_state_is() -> None:
    server = follower()
    server.wait(5)
    server.receive(3, Ping(1, 1))
    assert server.raft.standing(0, server.now) == Standing(0, None, 5)
    server.receive(3, Propose(1, Entry(1, 1, 0, b"", 0)))
    server.receive(3, Commit(1, zxid(1, 1)))
    server.disk()
    server.wait(5)
    server.receive(3, Ping(1, 2))
    assert server.raft.standing(0, server.now).fresh_at == 5
    assert server.raft.standing(1, server.now) == Standing(1, None, 10)


def test_standing_of_a_leader_is_as_old_as_the_ping_that_a_quorum_answered() -> None:
    leader = established()
    began = leader.now = leader.now + 100
    leader.read(1)
    leader.now += 100
    leader.receive(1, Pong(1, 1))
    assert leader.raft.standing(0, leader.now).fresh_at == began
    alone = ZabServer(1, (1,))
    alone.time_out()
    alone.disk()
    assert alone.raft.standing(0, 300).fresh_at == 300
