"""Reads, function by function. The stories: tests/scenarios/test_reads.py."""

from algorithms.raft.harness import sends
from algorithms.raft.scenes import leader, ready_leader
from quorate.algorithms.logged.pending import ReadRequest
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import AppendReply, ReadIndexReply, ReadIndexRequest
from quorate.algorithms.raft.reads import admit_read, confirm_reads, start_read_round
from quorate.core.effects import ReadReady, ReadRefused, Send


def test_one_round_at_a_time_and_all_that_wait_share_it() -> None:
    server = ready_leader()
    for number in range(1, 6):
        server.read(number)
    state = server.state
    assert ([r.id for r in state.read_rounds[0].requests], [r.id for r in state.reads_waiting]) == ([1], [2, 3, 4, 5])
    server.receive(2, AppendReply(2, state.round, ok=True, match=1))
    assert ([r.id for r in state.read_rounds[0].requests], state.reads_waiting) == ([2, 3, 4, 5], [])
    effects = server.receive(2, AppendReply(2, state.round, ok=True, match=1))
    assert effects == [ReadReady(number, 1) for number in (2, 3, 4, 5)]


def test_r13_a_round_is_not_started_without_a_read_or_before_the_first_commit() -> None:
    server = ready_leader()
    assert not start_read_round(server.state)
    fresh = leader()
    admit_read(fresh.state, ReadRequest(None, 1, 5))
    assert not start_read_round(fresh.state)
    assert fresh.state.out == []


def test_r15_the_index_is_that_of_the_moment_when_the_round_went_out() -> None:
    """Rule R15. Not lower: an earlier commit was acknowledged to somebody. A later one is not waited for."""
    server = ready_leader()
    server.propose(b"x")
    server.disk()
    server.read(1)
    server.receive(3, AppendReply(2, 4, ok=True, match=2))
    assert server.state.commit == 2
    effects = server.receive(3, AppendReply(2, server.state.round, ok=True, match=2))
    assert effects == [ReadReady(1, 1)]


def test_nothing_is_confirmed_without_a_quorum_of_rounds() -> None:
    server = ready_leader()
    server.read(1)
    confirm_reads(server.state)
    assert server.state.out == []
    for progress in server.state.progress.values():
        assert progress.round < server.state.read_rounds[0].round


def test_an_entrys_own_round_confirms_a_read_that_came_before_it() -> None:
    """Any later message is as good as the round itself."""
    server = ready_leader()
    server.read(1)
    server.propose(b"x")
    assert server.receive(2, AppendReply(2, server.state.round, ok=True, match=2))[0] == ReadReady(1, 1)


def test_readers_elsewhere_are_answered_by_message_and_refused_by_message() -> None:
    server = ready_leader(config=RaftConfig(waiting_reads=1))
    server.receive(3, ReadIndexRequest(2, 4, 9))
    assert server.receive(3, ReadIndexRequest(2, 4, 10)) == []
    assert sends(server.receive(3, ReadIndexRequest(2, 4, 11))) == [
        (3, ReadIndexReply(2, 4, 11, refused="busy", hint=1))
    ]
    effects = server.receive(2, AppendReply(2, server.state.round, ok=True, match=1))
    assert effects[0] == Send(3, ReadIndexReply(2, 4, 9, index=1))
    assert server.read(1) == []
    assert server.read(2) == [ReadRefused(2, "busy", hint=1)]
