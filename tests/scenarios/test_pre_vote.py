"""PreVote, and who refuses a vote because a leader is heard: scenarios S-E16 to S-E21."""

import pytest

from algorithms.raft.harness import ELECTION_NS, Server, acts, log_of, sends
from algorithms.raft.scenes import candidate, follower, pre_candidate, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft import election
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    PreVoteReply,
    PreVoteRequest,
    RaftHardState,
    VoteReply,
    VoteRequest,
)
from quorate.algorithms.raft.state import RaftState
from quorate.core.effects import Persist, Send
from quorate.core.events import Persisted
from quorate.core.ids import MILLISECOND
from scenarios.stage import Stage

SLOW = RaftConfig(fast_failover=False)


def terms(stage: Stage) -> set[int]:
    return {server.state.term for server in stage.servers.values()}


@pytest.mark.parametrize(("last_index", "last_term", "granted"), [(2, 2, True), (1, 2, False), (9, 1, False)])
def test_s_e16_a_pre_vote_needs_a_current_log(last_index: int, last_term: int, granted: bool) -> None:
    server = follower(leader=None, term=2, entries=log_of(1, 2))
    effects = server.receive(3, PreVoteRequest(2, 3, last_index, last_term))
    reply = PreVoteReply(2, 3, granted=granted, reason="" if granted else "log_behind")
    assert acts(effects) == [Send(3, reply)]


def test_s_e16_a_pre_vote_needs_silence_of_the_leader() -> None:
    """Refused while the leader was heard within the election timeout, granted after; nothing changes either way."""
    server = follower(leader=3, term=2)
    for silence, granted in ((0, False), (ELECTION_NS - 1, False), (ELECTION_NS, True)):
        server.now = silence
        effects = server.receive(2, PreVoteRequest(2, 3, 0, 0))
        assert acts(effects) == [Send(2, PreVoteReply(2, 3, granted=granted, reason="" if granted else "leader_alive"))]
        assert (server.state.term, server.state.voted_for, server.state.leader) == (2, None, 3)


def test_s_e16_or_that_a_quorum_asks() -> None:
    """Two of three have lost the leader: they elect, whatever the third still hears."""
    stage = Stage(3, config=SLOW, seed=2)
    chief = stage.elect()
    others = [node for node in stage.members if node != chief.node]
    stage.delay = lambda sender, _to, _m: None if sender == chief.node else MILLISECOND
    stage.run_until(lambda: any(stage[node].leads for node in others))


def test_s_e17_after_a_split_pre_vote_the_next_round_succeeds() -> None:
    """Two pre-candidates of four refuse each other nothing, but a campaign of both may split; each seed must come to an end."""
    for seed in range(20):
        stage = Stage(4, seed=seed)
        for server in stage.servers.values():
            server.state.election_deadline = ELECTION_NS
        stage.elect()


def test_s_e17_a_returning_node_with_a_lower_term_does_not_block_an_election() -> None:
    """Of three only 1 (term 2) and 3 (term 5) are left: the one behind learns the term from the refusal, and one of them wins."""
    for first in (1, 3):
        table = Table(Server(1, term=2, entries=log_of(1, 2)), Server(3, term=5, entries=log_of(1)))
        table[first].time_out()
        table.settle()
        table.advance(4 * ELECTION_NS)
        assert table.leaders == [1], "the log of node 3 is behind"
        assert table[3].state.leader == 1


def test_s_e18_r4_a_candidate_that_did_not_ask_first_gets_its_vote_too() -> None:
    """A node without PreVote, or one that was told to campaign, comes with a VoteRequest out of the blue. (Rule R4)"""
    server = follower(leader=None, term=2)
    effects = server.receive(3, VoteRequest(3, 0, 0))
    assert acts(effects) == [Persist(1, RaftHardState(3, 3)), Send(3, VoteReply(3, 3, granted=True))]


def test_s_e18_r4_a_pre_candidate_with_the_lower_term_is_answered_and_freed() -> None:
    """Rule R4: requests with a lower term are answered, so that their sender is not stuck."""
    server = follower(leader=None, term=5, voted_for=1)
    assert acts(server.receive(3, PreVoteRequest(3, 4, 9, 9))) == [
        Send(3, PreVoteReply(5, 4, granted=False, reason="stale_term"))
    ]
    stuck = pre_candidate(3, term=3)
    stuck.receive(1, PreVoteReply(5, 4, granted=False, reason="stale_term"))
    assert (stuck.state.term, stuck.state.role.value) == (5, "follower")


@pytest.mark.parametrize("without", [(1,), (2, 3), (1, 2, 3)])
def test_s_e18_nodes_with_and_without_pre_votes_elect_a_leader(
    without: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Switched on, or back, node by node: whoever has it off campaigns at once. Each mixture elects, after the loss of a leader too."""
    off = set(without)
    asking = election.become_pre_candidate

    def become(raft: RaftState) -> None:
        if raft.me in off:
            raft.votes = {}
            election.become_candidate(raft)
        else:
            asking(raft)

    monkeypatch.setattr(election, "become_pre_candidate", become)
    for seed in range(5):
        stage = Stage(3, config=SLOW, seed=seed)
        for node in (*stage.members, None):
            chief = stage.elect()
            stage.cut(chief.node)
            stage.run_until(lambda stage=stage, chief=chief: any(n != chief.node for n in stage.leaders))
            stage.delay = lambda _s, _t, _m: MILLISECOND
            off ^= {node} if node is not None else set()
        stage.elect()


def test_s_e19_a_partitioned_node_returns_without_raising_the_term() -> None:
    stage = Stage(3, config=SLOW, seed=3)
    chief = stage.elect()
    term = chief.state.term
    lost = next(node for node in stage.members if node != chief.node)
    stage.cut(lost)
    stage.run(10 * ELECTION_NS)
    assert stage[lost].state.term == term
    stage.delay = lambda _s, _t, _m: MILLISECOND
    stage.run(2 * ELECTION_NS)
    assert (stage.leaders, terms(stage), stage[lost].state.leader) == ([chief.node], {term}, chief.node)


def test_s_e19_r6_r8_a_flood_of_pre_votes_and_votes_unseats_nobody() -> None:
    """Rules R6 and R8: the leader and whoever hears it refuse, without adopting the term."""
    server = ready_leader()
    for number in range(100):
        term = 3 + number
        server.now += MILLISECOND
        assert [m.granted for _, m in sends(server.receive(3, PreVoteRequest(term, term + 1, 99, 99)))] == [False]
        assert [m.granted for _, m in sends(server.receive(3, VoteRequest(term, 99, 99)))] == [False]
        server.receive(2, AppendReply(2, 3, ok=True, match=1))
    assert (server.leads, server.state.term) == (True, 2)


def test_s_e19_the_contrast_a_vote_request_past_the_timeout_does_unseat() -> None:
    """What a node that returns with a higher term would do to a leader without stickiness."""
    server = ready_leader()
    server.now += ELECTION_NS
    server.receive(3, VoteRequest(9, 99, 99))
    assert (server.leads, server.state.term, server.state.voted_for) == (False, 9, 3)


def test_s_e20_r4_the_known_leaders_own_pre_vote_is_not_refused_for_that_reason() -> None:
    """Rule R4: it knows best that it does not lead any more; from others the same request is refused."""
    server = follower(leader=3, term=2)
    assert sends(server.receive(2, PreVoteRequest(2, 3, 0, 0))) == [(2, PreVoteReply(2, 3, False, "leader_alive"))]
    assert sends(server.receive(3, PreVoteRequest(2, 3, 0, 0))) == [(3, PreVoteReply(2, 3, granted=True))]
    assert sends(server.receive(3, VoteRequest(3, 0, 0))) == [(3, VoteReply(3, 3, granted=True))]


def test_s_e21_a_self_vote_that_comes_late_from_the_disk_is_ignored() -> None:
    """Of a lost election: another leads. Of an earlier one: the write of the present candidacy is what counts."""
    server = candidate(term=3, written=False)
    server.receive(2, Append(3, 1, 0, 0, 0))
    assert server.step(Persisted(1)) == []
    assert server.state.role.value == "follower"

    server = Server(1, (1,), term=2, config=RaftConfig(disk_stall_ms=60_000))
    server.time_out()
    server.time_out()  # the campaign for term 3 decided nothing, term 4 begins
    assert server.state.term == 4
    assert server.step(Persisted(1)) == []
    assert not server.leads
    server.step(Persisted(2))
    assert server.leads


def test_s_e21_r3_a_pre_vote_is_no_self_vote() -> None:
    server = pre_candidate(term=3)
    assert server.receive(2, VoteReply(3, 4, granted=True)) == [], "nor are votes pre-votes (rule R3)"
    server.receive(2, PreVoteReply(3, 4, granted=True))
    assert server.state.role.value == "candidate"
    assert server.receive(3, PreVoteReply(3, 4, granted=True)) == [], "a pre-vote is no vote (rule R3)"
    assert server.state.votes == {}
    server.finish_write()
    assert server.state.votes == {1: True}
