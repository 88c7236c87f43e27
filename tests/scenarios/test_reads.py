"""Linearizable reads by ReadIndex: scenarios S-Q1 to S-Q4."""

from collections.abc import Callable

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, ReadIndexReply, ReadIndexRequest
from quorate.core.effects import LeaderChanged, Persist, ReadReady, ReadRefused, Send
from quorate.core.ids import MILLISECOND
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]


def test_s_q1_read_index_at_the_leader(golden: Golden) -> None:
    """Commit index first, then a round of its own, confirmed by a quorum."""
    server = ready_leader()
    transcript = Transcript("Two reads at the leader (S-Q1)").watch([server])
    transcript.note("the first gets a round of its own")
    effects = server.read(1)
    number = server.state.round
    assert effects == [Send(2, Append(2, number, 1, 2, 1)), Send(3, Append(2, number, 1, 2, 1))]
    transcript.note("the second comes while that is out: it waits for the next")
    assert server.read(2) == []
    transcript.note("an answer to an earlier round confirms nothing")
    assert server.receive(2, AppendReply(2, number - 1, ok=True, match=1)) == []
    transcript.note("an answer to this one does, a refusal as well as a yes: the peer follows this leader")
    effects = server.receive(2, AppendReply(2, number, ok=True, match=1))
    beat = Append(2, number + 1, 1, 2, 1)
    assert effects == [ReadReady(1, 1), Send(2, beat), Send(3, beat)]
    effects = server.receive(3, AppendReply(2, number + 1, ok=False, refused_prev=1))
    assert (acts(effects), reasons(effects)) == ([ReadReady(2, 1)], ["peer_lost_entries"])
    golden("reads", transcript)


def test_s_q1_read_index_at_a_follower() -> None:
    """It asks the leader, and reads itself when it has applied that far."""
    server = follower(leader=3, term=2)
    assert server.read(7) == [Send(3, ReadIndexRequest(2, 1, 7))]
    chief = ready_leader(3)
    assert sends(chief.receive(1, ReadIndexRequest(2, 1, 7)))[0] == (1, Append(2, 4, 1, 2, 1))
    effects = chief.receive(2, AppendReply(2, 4, ok=True, match=1))
    assert effects == [Send(1, ReadIndexReply(2, 1, 7, index=1))]
    assert server.receive(3, ReadIndexReply(2, 1, 7, index=1)) == [ReadReady(7, 1)]
    assert not server.state.remote_reads


def test_s_q1_reads_on_every_node_end_in_the_state_that_was_acknowledged() -> None:
    stage = Stage(3, seed=2)
    chief = stage.elect()
    stage.touch(chief.node, lambda server: server.propose(b"x"))
    stage.run_until(lambda: chief.state.commit == 2)
    for node in stage.members:
        stage.touch(node, lambda server: server.read(1))
    stage.run(5 * MILLISECOND)
    assert all(ReadReady(1, 2) in server.told for server in stage.servers.values())


def test_s_q2_r13_a_new_leader_serves_none_before_a_commit_of_its_term() -> None:
    """Rule R13: it does not know yet how far its predecessors had committed. The read waits, and is answered with what it then knows."""
    server = leader(term=3, entries=log_of(1, 2))
    assert server.read(1) == []
    assert server.receive(2, ReadIndexRequest(3, 1, 9)) == []
    acknowledge(server, [2, 3], match=2)
    assert (server.told, server.state.commit) == ([], 0)
    effects = server.receive(2, AppendReply(3, 2, ok=True, match=3))
    number = server.state.round
    assert [m.round for _, m in sends(effects) if isinstance(m, Append)] == [number, number]
    effects = server.receive(2, AppendReply(3, number, ok=True, match=3))
    assert effects == [ReadReady(1, 3), Send(2, ReadIndexReply(3, 1, 9, index=3))]


def test_s_q2_a_cluster_of_one_waits_too() -> None:
    server = Server(1, (1,))
    server.time_out()
    server.finish_write()
    assert server.leads
    assert server.read(1) == []
    assert ReadReady(1, 1) in server.finish_write()
    assert server.read(2) == [ReadReady(2, 1)]


def test_s_q3_r14_r15_an_acknowledgment_of_an_earlier_round_confirms_nothing() -> None:
    """Rule R14, also if it comes from every peer and says yes; and rule R15: it takes a true majority."""
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.read(1)
    number = server.state.round
    for peer in (2, 3, 4, 5):
        assert not any(
            isinstance(effect, ReadReady)
            for effect in server.receive(peer, AppendReply(2, number - 1, ok=True, match=1))
        )
    server.receive(2, AppendReply(2, number, ok=True, match=1))
    assert server.told == [], "two of five"
    assert server.receive(2, AppendReply(2, number, ok=True, match=1)) == [], "each counts once"
    assert server.receive(3, AppendReply(2, number, ok=True, match=1)) == [ReadReady(1, 1)]


def test_s_q3_a_later_round_confirms_an_earlier_read() -> None:
    """The read's own round was lost; the next heartbeat is as good."""
    server = ready_leader()
    server.read(1)
    server.wait(HEARTBEAT_NS)
    assert server.receive(2, AppendReply(2, server.state.round, ok=True, match=1))[0] == ReadReady(1, 1)


def test_s_q3_the_same_answer_twice_and_answers_to_another_process_are_ignored() -> None:
    server = follower(leader=3, term=2)
    server.read(7)
    assert server.receive(3, ReadIndexReply(2, 2, 7, index=1)) == [], "of another incarnation"
    assert server.receive(3, ReadIndexReply(2, 1, 8, index=1)) == [], "never asked"
    assert server.receive(3, ReadIndexReply(2, 1, 7, index=1)) == [ReadReady(7, 1)]
    assert server.receive(3, ReadIndexReply(2, 1, 7, index=1)) == []


def test_s_q3_an_old_leader_refuses() -> None:
    """One that knows that it is old, one that does not, and one in an earlier term than the asker."""
    stepped_down = ready_leader()
    stepped_down.receive(3, Append(3, 1, 0, 0, 0))
    assert sends(stepped_down.receive(2, ReadIndexRequest(3, 1, 5))) == [
        (2, ReadIndexReply(3, 1, 5, refused="not_leader", hint=3))
    ]
    unaware = ready_leader()
    assert acts(unaware.receive(2, ReadIndexRequest(3, 1, 5)))[-1] == Send(
        2, ReadIndexReply(3, 1, 5, refused="not_leader", hint=None)
    )
    ahead = ready_leader(term=5)
    assert sends(ahead.receive(2, ReadIndexRequest(4, 1, 5))) == [
        (2, ReadIndexReply(5, 1, 5, refused="stale_term", hint=1))
    ]


def test_s_q3_an_old_leader_with_a_full_round_under_way_answers_nothing_stale() -> None:
    """Deposed between the question and the confirmation: refused, with the new leader as hint."""
    server = ready_leader()
    server.read(1)
    server.receive(2, ReadIndexRequest(2, 1, 5))
    effects = acts(server.receive(3, Append(3, 1, 0, 0, 0)))
    assert effects[:3] == [
        ReadRefused(1, "leadership_lost", hint=3),
        Persist(3, effects[1].hard_state, commit=1),
        Send(2, ReadIndexReply(3, 1, 5, refused="leadership_lost", hint=3)),
    ]


def test_s_q4_the_check_succeeds_with_some_peers_cut_off_and_fails_without_a_quorum() -> None:
    stage = Stage(5, seed=3)
    chief = stage.elect()
    others = [node for node in stage.members if node != chief.node]
    stage.cut(*others[:2])
    stage.touch(chief.node, lambda server: server.read(1))
    stage.run(5 * MILLISECOND)
    assert ReadReady(1, 1) in chief.told
    stage.cut(*others[2:])
    stage.touch(chief.node, lambda server: server.read(2))
    stage.run(3 * ELECTION_NS)
    assert ReadRefused(2, "leadership_lost") in chief.told
    assert not any(isinstance(news, ReadReady) and news.id == 2 for news in chief.told)


def test_s_q4_a_leader_in_the_dark_never_confirms() -> None:
    """Cut off at once after a commit elsewhere became possible: no read of the old leader is answered, however long it waits."""
    server = ready_leader()
    for number in range(1, 50):
        server.read(number)
        server.wait(HEARTBEAT_NS)
        if not server.leads:
            break
    assert not server.leads
    assert not any(isinstance(news, ReadReady) for news in server.told)
    assert len([news for news in server.told if isinstance(news, ReadRefused)]) == number


def test_s_q4_confirmed_and_failed_reads_free_their_memory() -> None:
    server = ready_leader()
    for number in range(1, 100):
        server.read(number)
        server.receive(2, ReadIndexRequest(2, 1, number))
    acknowledge(server, [2])
    acknowledge(server, [2])
    state = server.state
    assert (state.reads_waiting, list(state.read_rounds)) == ([], [])
    server.read(200)
    server.read(201)
    server.wait(2 * ELECTION_NS)
    assert (state.reads_waiting, list(state.read_rounds)) == ([], [])
    asking = follower(leader=3, term=2)
    for number in range(1, 20):
        asking.read(number)
    asking.disconnect(3)
    assert not asking.state.remote_reads


def test_r37_reads_are_bounded_at_both_ends() -> None:
    """Rule R37: full means a refusal by name."""
    config = RaftConfig(waiting_reads=2)
    server = ready_leader(config=config)
    server.read(1)  # has a round
    assert [server.read(number) for number in (2, 3)] == [[], []]
    assert server.read(4) == [ReadRefused(4, "busy", hint=1)]
    assert server.receive(2, ReadIndexRequest(2, 1, 9)) == [Send(2, ReadIndexReply(2, 1, 9, refused="busy", hint=1))]
    asking = follower(leader=3, term=2, config=config)
    asking.read(1)
    asking.read(2)
    assert asking.read(3) == [ReadRefused(1, "given_up", hint=3), Send(3, ReadIndexRequest(2, 1, 3))], (
        "its answer may be lost"
    )


def test_without_a_leader_a_read_is_refused() -> None:
    assert Server(1).read(1) == [ReadRefused(1, "no_leader")]


@pytest.mark.parametrize("how", ["term", "leader", "link", "timeout"])
def test_questions_to_a_leader_that_is_gone_are_given_up(how: str) -> None:
    """The answer would come from the past. The hint is the leader there is now, if any: never the one that is gone."""
    server = follower(leader=3, term=2)
    server.read(7)
    if how == "term":
        effects = server.receive(2, AppendReply(4, 1, ok=False))
        expected = [ReadRefused(7, "term_changed"), LeaderChanged(None, 4)]
    elif how == "leader":
        effects = server.receive(2, Append(4, 1, 0, 0, 0))
        expected = [ReadRefused(7, "term_changed", hint=2), LeaderChanged(2, 4)]
    elif how == "link":
        effects = server.disconnect(3)
        expected = [ReadRefused(7, "connection_lost", hint=3)]
    else:
        effects = server.time_out()
        expected = [ReadRefused(7, "leader_changed"), LeaderChanged(None, 2)]
    assert acts(effects)[: len(expected)] == expected
    assert server.receive(3, ReadIndexReply(2, 1, 7, index=1)) == []
