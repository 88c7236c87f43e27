"""Elections: who may win, and that somebody does. Scenarios S-E1 to S-E13, S-E15, S-E27 and S-E28."""

from collections.abc import Callable
from itertools import pairwise, product

import pytest

from algorithms.raft.harness import ELECTION_NS, Server, acts, log_of, noop, reasons
from algorithms.raft.scenes import candidate, follower, leader, pre_candidate, ready_leader
from algorithms.raft.table import Table
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
from quorate.core.effects import LeaderChanged, Persist, Send
from quorate.core.events import PeerUnreachable
from quorate.core.ids import MILLISECOND, SECOND, NodeId
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
SLOW = RaftConfig(fast_failover=False)


def test_s_e1_servers_start_as_followers_restarted_leaders_too() -> None:
    assert Server(1).state.role.value == "follower"
    server = leader(term=3)
    reborn = server.reborn()
    assert (reborn.state.role.value, reborn.state.term, reborn.state.voted_for) == ("follower", 3, 1)
    assert reborn.state.leader is None
    assert acts(reborn.all_effects) == []


def test_s_e2_a_healthy_cluster_elects_one_leader_and_keeps_it(golden: Golden) -> None:
    stage = Stage(3, seed=4)
    transcript = Transcript("A healthy cluster elects one leader (S-E2)").watch(stage.servers.values())
    leader = stage.elect()
    golden("first_election", transcript)
    term = leader.state.term
    for server in stage.servers.values():
        server.told.clear()
    stage.run(10 * SECOND)
    assert stage.leaders == [leader.node]
    assert {server.state.term for server in stage.servers.values()} == {term}
    assert all(server.told == [] for server in stage.servers.values())


def test_s_e3_a_timeout_raises_the_term_votes_for_itself_and_asks_everybody() -> None:
    server = pre_candidate(term=4, members=(1, 2, 3, 4, 5), entries=log_of(1, 3))
    server.receive(2, PreVoteReply(4, 5, granted=True))
    effects = server.receive(3, PreVoteReply(4, 5, granted=True))
    request = VoteRequest(5, 2, 3)
    assert acts(effects) == [Persist(1, RaftHardState(5, 1)), *(Send(peer, request) for peer in (2, 3, 4, 5))]


def test_s_e3_a_split_vote_leads_to_a_new_round(golden: Golden) -> None:
    stage = Stage(2)
    transcript = Transcript("A split vote, and the round after it (S-E3)").watch(stage.servers.values())
    transcript.note("both time out at the same moment: each lets the other ask, then each votes for itself")
    for server in stage.servers.values():
        server.state.election_deadline = ELECTION_NS
    stage.run_until(lambda: any("campaign_lost" in reasons(server.all_effects) for server in stage.servers.values()))
    assert stage.leaders == []
    transcript.note("the deadlines are drawn anew, and they differ")
    leader = stage.elect()
    assert leader.state.term == 2
    golden("split_vote", transcript)


ANSWERS = {"yes": True, "no": False, "silent": None, "dead": None}


@pytest.mark.parametrize("stage", ["pre_candidate", "candidate"])
def test_s_e4_won_lost_and_undecided_for_every_combination(stage: str) -> None:
    """All 256 sets of answers of four peers, against a count on the fingers. A dead peer's silence is final, a silent one's is not."""
    for answers in product(ANSWERS, repeat=4):
        make = pre_candidate if stage == "pre_candidate" else candidate
        server = make(members=(1, 2, 3, 4, 5), config=SLOW)
        term = server.state.campaign_term
        for peer, answer in enumerate(answers, start=2):
            if answer == "dead":
                server.step(PeerUnreachable(peer))
            elif (granted := ANSWERS[answer]) is not None:
                if stage == "candidate":
                    server.receive(peer, VoteReply(term, term, granted=granted))
                else:
                    server.receive(peer, PreVoteReply(term - 1, term, granted=granted))
        yes = answers.count("yes")
        hopeless = answers.count("no") + answers.count("dead") > 2
        won = {"pre_candidate": "candidate", "candidate": "leader"}[stage]
        expected = won if yes >= 2 else "follower" if hopeless else stage
        assert server.state.role.value == expected, answers


@pytest.mark.parametrize("kind", ["vote", "pre_vote"])
@pytest.mark.parametrize("role", ["follower", "pre_candidate", "candidate", "leader"])
def test_s_e5_grants_by_term_vote_and_log_in_every_role(role: str, kind: str) -> None:
    """The same node in term 5 with the log (1:t1, 2:t4), asked for terms 4 to 6 with every kind of log. Nobody has heard a
    leader lately."""
    for term, log in product((4, 5, 6), [(2, 4), (3, 4), (1, 5), (3, 5), (1, 4), (9, 3), (0, 0)]):
        server = _in_term_5(role)
        current = [log[1], log[0]] >= ([5, 3] if role == "leader" else [4, 2])
        before = (server.state.term, server.state.voted_for, server.state.role, server.raft.deadline())
        free = term == 6 or (term == 5 and role in {"follower", "pre_candidate"})
        if kind == "pre_vote":
            effects = server.receive(2, PreVoteRequest(term - 1, term, *log))
            assert [m.granted for _, m in _sent(effects)] == [free and current], (term, log)
            after = (server.state.term, server.state.voted_for, server.state.role, server.raft.deadline())
            assert after == before, "a pre-vote changes nothing"
            assert not any(isinstance(effect, Persist) for effect in effects)
        else:
            effects = server.receive(2, VoteRequest(term, *log))
            assert [m.granted for _, m in _sent(effects)] == [free and current], (term, log)
            assert server.state.term == max(5, term)
            assert (server.state.voted_for == 2) == (free and current)


def _in_term_5(role: str) -> Server:
    """A log that ends in (2, term 4), a leader's in (3, term 5); the last contact with anybody is long past."""
    entries = log_of(1, 4)
    if role == "follower":
        server = follower(leader=None, term=5, entries=entries)
    elif role == "pre_candidate":
        server = pre_candidate(term=5, entries=entries)
    else:
        server = (candidate if role == "candidate" else leader)(term=5, entries=entries)
    server.now += ELECTION_NS
    return server


def _sent(effects: list) -> list:
    return [(effect.to, effect.message) for effect in effects if isinstance(effect, Send)]


def test_s_e6_a_voter_with_the_newer_log_refuses_and_wins_itself() -> None:
    table = Table(Server(1, term=2, entries=log_of(1, 1, 1)), Server(2, term=2, entries=log_of(1, 2)))
    table[1].time_out()
    table.settle()
    assert (table.leaders, table[1].state.term) == ([], 2), "longer, but of an earlier term"
    assert "pre_vote_refused" in reasons(table[2].all_effects)
    table[2].time_out()
    table.settle()
    assert table.leaders == [2]
    assert table[1].terms == [1, 2, 3], "what contradicts the leader is gone"


@pytest.mark.parametrize("role", ["follower", "pre_candidate", "candidate", "leader"])
def test_s_e7_r9_a_higher_term_makes_every_role_a_follower(role: str) -> None:
    """Each kind of message: test_figure_2_rules.py. Here: what a role leaves behind."""
    server = _in_term_5(role)
    server.receive(3, AppendReply(8, 1, ok=False))
    state = server.state
    assert (state.role.value, state.term, state.voted_for, state.leader) == ("follower", 8, None, None)
    assert (state.votes, state.progress, state.ready) == ({}, {}, False)


def test_s_e8_messages_of_an_old_term_never_reach_role_logic() -> None:
    server = leader(term=5)
    before = server.raft.inspect()
    for message in (
        AppendReply(4, 1, ok=True, match=1),
        AppendReply(4, 1, ok=False, refused_prev=0),
        VoteReply(4, 4, granted=True),
        PreVoteReply(4, 5, granted=True),
    ):
        server.now += 1
        assert server.receive(2, message) == []
    assert server.raft.inspect() == before
    assert server.state.progress[2].contact_at < server.now


def test_s_e8_an_old_leaders_appends_do_no_harm() -> None:
    server = follower(leader=3, term=5, entries=log_of(1, 5), commit=1)
    deadline = server.raft.deadline()
    effects = server.receive(2, Append(4, 7, 1, 1, 2, (noop(2, 4),)))
    assert effects == [Send(2, AppendReply(5, 0, ok=False))]
    assert (server.terms, server.state.commit, server.state.leader) == ([1, 5], 1, 3)
    assert server.raft.deadline() == deadline


@pytest.mark.parametrize("entries", [(), log_of(3, start=1)], ids=["heartbeat", "entries"])
def test_s_e9_a_candidate_yields_to_a_leader_of_its_term_and_receives_the_log(entries: tuple) -> None:
    server = candidate(term=3, entries=log_of(1))
    effects = server.receive(2, Append(3, 1, 1, 1, 0, entries))
    written = [Persist(2, entries=entries)] if entries else []
    assert effects == [LeaderChanged(2, 3), *written, Send(2, AppendReply(3, 1, ok=True, match=1 + len(entries)))]
    assert server.terms == [1, 3][: 1 + len(entries)]
    assert server.receive(3, VoteReply(3, 3, granted=True)) == [], "its candidacy is over"


def test_s_e10_timeouts_cover_the_whole_range() -> None:
    """10,000 draws: between once and twice the timeout, the ends are reached, and no tenth of the range is favoured."""
    server = Server(1)
    tenths = [0] * 10
    for _ in range(10_000):
        server.state.reset_election_deadline()
        share = (server.state.election_deadline - server.now - ELECTION_NS) / ELECTION_NS
        assert 0 <= share < 1
        tenths[int(share * 10)] += 1
    assert min(tenths) > 850
    assert max(tenths) < 1150


def test_s_e10_timeouts_rarely_coincide() -> None:
    """First waits of five nodes: of 200 clusters, few have two within a millisecond, and each restart draws anew."""
    close = 0
    for seed in range(200):
        deadlines = sorted(server.raft.deadline() or 0 for server in Stage(5, seed=seed).servers.values())
        close += any(b - a < MILLISECOND for a, b in pairwise(deadlines))
    assert close < 30
    server = Server(1, seed=1)
    assert server.raft.deadline() != server.reborn(seed=2).raft.deadline()


def test_s_e11_each_node_in_turn_can_lead() -> None:
    table = Table.of(5)
    for turn, node in enumerate((1, 2, 3, 4, 5), start=1):
        server = table.elect(node)
        assert server.state.term == turn
        table.propose(node, b"x")
        assert {s.state.leader for s in table.servers.values()} == {node}


def test_s_e11_seven_nodes_with_changing_failures_always_find_a_leader() -> None:
    stage = Stage(7, seed=3)
    dead: list[Server] = []
    for _ in range(12):
        leader = stage.elect()
        dead.append(stage.kill(leader.node))
        if len(dead) == 3:
            stage.elect()
            while dead:
                stage.revive(dead.pop(0))
    assert stage.elect().state.term >= 12


def test_s_e12_no_quorum_no_leader_and_back() -> None:
    stage = Stage(3, seed=1)
    first = stage.elect()
    others = [node for node in stage.members if node != first.node]
    stage.cut(first.node)
    stage.run_until(lambda: len(stage.leaders) == 1 and stage.leaders != [first.node])
    second = stage.leader
    assert not first.leads, "without a quorum it stopped by itself"
    stage.cut(second.node)
    stage.run(5 * SECOND)
    assert stage.leaders == []
    stage.delay = lambda _sender, _to, _message: MILLISECOND
    leader = stage.elect()
    assert {stage[node].state.leader for node in [first.node, *others]} == {leader.node}


def test_s_e13_a_new_leader_overwrites_uncommitted_entries_even_of_a_higher_term() -> None:
    """Node 3 once led term 3 and got its entry to nobody; node 1 has the longer log of term 2... and the votes of a majority."""
    table = Table(
        Server(1, term=3, entries=log_of(1, 2)),
        Server(2, term=3, entries=log_of(1, 2)),
        Server(3, term=3, entries=log_of(1, 3, 3, 3)),
    )
    table[1].time_out()
    table.settle()
    assert table.leaders == [1]
    assert [server.terms for server in table.servers.values()] == [[1, 2, 4]] * 3


def test_s_e15_one_voter_elects_itself_and_commits() -> None:
    server = Server(1, (1,))
    server.time_out()
    server.disk()
    assert (server.leads, server.state.ready, server.state.commit) == (True, True, 1)
    assert server.told == [LeaderChanged(1, 1), LeaderChanged(1, 1, ready=True)]
    server.propose(b"x")
    assert server.state.commit == 1
    server.disk()
    assert [entry.data for entry in server.applied] == [b"", b"x"]
    assert server.wait(10 * ELECTION_NS) == [], "nobody to talk to, nothing to do"


@pytest.mark.parametrize("slow", [VoteRequest, VoteReply, PreVoteRequest, PreVoteReply])
def test_s_e27_slow_vote_messages_still_end_in_a_leader(slow: type) -> None:
    stage = Stage(3, seed=5)
    stage.delay = lambda _s, _t, message: (300 if isinstance(message, slow) else 1) * MILLISECOND
    stage.elect()
    stage = Stage(3, seed=6)
    stage.delay = lambda sender, _t, message: (400 if isinstance(message, slow) and sender == 1 else 1) * MILLISECOND
    stage.elect()


def test_s_e28_all_nodes_learn_the_leader_and_its_loss() -> None:
    stage = Stage(3, config=SLOW, seed=2)
    leader = stage.elect()
    node, term = leader.node, leader.state.term
    others = [server for server in stage.servers.values() if server is not leader]
    assert leader.told == [LeaderChanged(node, term), LeaderChanged(node, term, ready=True)]
    assert all(server.told == [LeaderChanged(node, term)] for server in others)
    for server in stage.servers.values():
        server.told.clear()
    stage.cut(node)
    stage.run_until(lambda: not leader.leads)
    assert leader.told == [LeaderChanged(None, term)]
    stage.run_until(lambda: len(stage.leaders) == 1)
    told: dict[NodeId, list] = {server.node: server.told for server in others}
    new = stage.leader
    assert told[new.node][0] == LeaderChanged(None, term)
    assert LeaderChanged(new.node, new.state.term) in told[new.node]


def test_s_e28_a_change_is_announced_exactly_once() -> None:
    server = follower(leader=3, term=2)
    for round_number in range(5):
        assert not any(isinstance(e, LeaderChanged) for e in server.receive(3, Append(2, round_number, 0, 0, 0)))
    effects = server.receive(3, Append(3, 1, 0, 0, 0))
    assert [e for e in effects if isinstance(e, LeaderChanged)] == [LeaderChanged(3, 3)], (
        "a new term is a new leadership"
    )
    effects = server.receive(2, VoteRequest(3, 0, 0))
    assert not any(isinstance(e, LeaderChanged) for e in effects)
    leading = ready_leader(term=4)
    effects = leading.wait(2 * ELECTION_NS)
    assert [e for e in effects if isinstance(e, LeaderChanged)] == [LeaderChanged(None, 4)]
    assert "quorum_lost" in reasons(effects)
