"""PreVote, stickiness and CheckQuorum: who may not replace a leader, and when a leader gives up. Scenarios S-E14, S-E16 to S-E26, S-E29."""

from collections.abc import Callable

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import candidate, follower, leader, pre_candidate, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    PreVoteReply,
    PreVoteRequest,
    RaftHardState,
    SnapshotOffer,
    VoteReply,
    VoteRequest,
)
from quorate.core.effects import LeaderChanged, Persist, ReadRefused, Send, Unresolved
from quorate.core.events import Persisted, TimePassed
from quorate.core.ids import MILLISECOND
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
SLOW = RaftConfig(fast_failover=False)


def terms(stage: Stage) -> set[int]:
    return {server.state.term for server in stage.servers.values()}


def test_s_e14_competing_candidates_do_not_disturb_a_working_leader(golden: Golden) -> None:
    """One follower does not hear the leader; it asks and asks, the others refuse, no term rises."""
    stage = Stage(3, config=SLOW, seed=1)
    chief = stage.elect()
    deaf = next(node for node in stage.members if node != chief.node)
    term = chief.state.term
    transcript = Transcript("A follower that cannot hear a working leader (S-E14)").watch([stage[deaf]])
    transcript.note(f"from now on nothing from node {chief.node}, the leader, reaches node {deaf}")
    stage.delay = lambda sender, to, _m: None if (sender, to) == (chief.node, deaf) else MILLISECOND
    stage.run(3 * ELECTION_NS)
    golden("deaf_follower", transcript)
    stage.run(20 * ELECTION_NS)
    assert stage.leaders == [chief.node]
    assert terms(stage) == {term}
    stage.delay = lambda _sender, _to, _m: MILLISECOND
    stage.run(ELECTION_NS)
    assert stage[deaf].state.leader == chief.node


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


def test_s_e18_a_candidate_that_did_not_ask_first_gets_its_vote_too() -> None:
    """A node without PreVote, or one that was told to campaign, comes with a VoteRequest out of the blue. (Rule R4)"""
    server = follower(leader=None, term=2)
    effects = server.receive(3, VoteRequest(3, 0, 0))
    assert acts(effects) == [Persist(1, RaftHardState(3, 3)), Send(3, VoteReply(3, 3, granted=True))]


def test_s_e18_a_pre_candidate_with_the_lower_term_is_answered_and_freed() -> None:
    """Rule R4: requests with a lower term are answered, so that their sender is not stuck."""
    server = follower(leader=None, term=5, voted_for=1)
    assert acts(server.receive(3, PreVoteRequest(3, 4, 9, 9))) == [
        Send(3, PreVoteReply(5, 4, granted=False, reason="stale_term"))
    ]
    stuck = pre_candidate(3, term=3)
    stuck.receive(1, PreVoteReply(5, 4, granted=False, reason="stale_term"))
    assert (stuck.state.term, stuck.state.role.value) == (5, "follower")


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


def test_s_e19_a_flood_of_pre_votes_and_votes_unseats_nobody() -> None:
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


def test_s_e20_the_known_leaders_own_pre_vote_is_not_refused_for_that_reason() -> None:
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

    server = Server(1, (1,), term=2)
    server.time_out()
    server.time_out()  # the campaign for term 3 decided nothing, term 4 begins
    assert server.state.term == 4
    assert server.step(Persisted(1)) == []
    assert not server.leads
    server.step(Persisted(2))
    assert server.leads


def test_s_e21_a_pre_vote_is_no_self_vote() -> None:
    server = pre_candidate(term=3)
    assert server.receive(2, VoteReply(3, 4, granted=True)) == [], "nor are votes pre-votes (rule R3)"
    server.receive(2, PreVoteReply(3, 4, granted=True))
    assert server.state.role.value == "candidate"
    assert server.receive(3, PreVoteReply(3, 4, granted=True)) == [], "a pre-vote is no vote (rule R3)"
    assert server.state.votes == {}
    server.finish_write()
    assert server.state.votes == {1: True}


def test_s_e22_a_leader_with_an_active_quorum_stays() -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5))
    for _ in range(40):
        server.wait(HEARTBEAT_NS)
        for peer in (2, 3):
            server.receive(peer, AppendReply(2, server.state.round, ok=True, match=1))
    assert server.leads


def test_s_e22_without_one_it_steps_down_within_the_timeout_in_the_same_term() -> None:
    """Pending reads are refused and waiting writes handed back; nobody is named as leader any more."""
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.propose(b"x", 7)
    server.read(3)
    heard = server.state.progress[3].contact_at
    server.wait(ELECTION_NS - 1)
    server.receive(2, AppendReply(2, 4, ok=True, match=1))
    assert server.leads
    server.now = heard + ELECTION_NS
    effects = server.step(TimePassed())
    assert acts(effects) == [
        ReadRefused(3, "leadership_lost"),
        Unresolved(7, "leadership_lost"),
        LeaderChanged(None, 2),
    ]
    assert reasons(effects) == ["quorum_lost"]
    state = server.state
    assert (state.role.value, state.term, state.leader) == ("follower", 2, None)
    assert "no quorum" in server.raft.status(server.now).why


def test_s_e23_votes_are_refused_until_the_timeout_after_the_last_contact() -> None:
    server = follower(leader=3, term=2)
    for silence in (0, ELECTION_NS // 2, ELECTION_NS - 1):
        server.now = silence
        effects = server.receive(2, VoteRequest(9, 99, 99))
        assert acts(effects) == [Send(2, VoteReply(2, 9, granted=False, reason="leader_alive"))]
        assert server.state.term == 2, "the term is not adopted either"
    server.now = ELECTION_NS
    assert acts(server.receive(2, VoteRequest(9, 99, 99))) == [
        LeaderChanged(None, 9),
        Persist(1, RaftHardState(9, 2)),
        Send(2, VoteReply(9, 9, granted=True)),
    ]


def test_s_e23_a_first_election_is_not_blocked() -> None:
    """A node that has just started has heard nobody."""
    server = Server(1)
    assert sends(server.receive(2, VoteRequest(1, 0, 0))) == [(2, VoteReply(1, 1, granted=True))]


def test_s_e24_a_candidate_stuck_on_a_higher_term_is_freed(golden: Golden) -> None:
    """Rule R5: it cannot win and does not follow; its answer makes the leader step down, and one election brings all together."""
    stage = Stage(
        3, servers=[Server(1, term=1, seed=1), Server(2, term=1, seed=2), Server(3, term=8, voted_for=3, seed=3)]
    )
    stage.cut(3)
    chief = stage.elect_among(1, 2)
    transcript = Transcript("A node with a higher term is freed (S-E24)").watch(stage.servers.values())
    transcript.note(f"node {chief.node} leads term {chief.state.term}; node 3, in term 8, is connected again")
    stage.delay = lambda _s, _t, _m: MILLISECOND
    leader = stage.elect()
    assert leader.state.term == 9
    assert leader.node in (1, 2), "node 3 has the shorter log"
    golden("stuck_candidate", transcript)


def test_s_e25_an_installing_node_never_campaigns() -> None:
    """Rule R36. It lacks what is committed, so it could only disturb. It says that it has no leader, and keeps what it received."""
    server = follower(leader=3, term=2)
    meta = meta_of(9, 2, b"0123456789")
    server.receive(3, SnapshotOffer(2, 1, meta))
    for _ in range(3):
        effects = server.time_out()
        assert sends(effects) == []
        assert "snapshot_awaited" in reasons(effects)
        assert (server.state.role.value, server.state.leader, server.state.term) == ("follower", None, 2)
        assert server.raft.inspect().details["installing"]
    assert server.told == [LeaderChanged(None, 2)]


def test_s_e25_but_one_whose_log_has_caught_up_does() -> None:
    """The snapshot is not needed any more: nothing keeps the node from campaigning."""
    server = follower(leader=3, term=2)
    server.receive(3, SnapshotOffer(2, 1, meta_of(2, 2)))
    server.receive(3, Append(2, 2, 0, 0, 2, log_of(1, 2)))
    server.disk()
    effects = server.time_out()
    assert [type(message) for _, message in sends(effects)] == [PreVoteRequest, PreVoteRequest]


def test_s_e25_only_legal_role_changes_exist() -> None:
    """Figure 4, with PreVote between follower and candidate; anything may fall back to follower."""
    legal = {
        ("follower", "pre_candidate"),
        ("pre_candidate", "candidate"),
        ("candidate", "leader"),
        ("candidate", "pre_candidate"),
        ("pre_candidate", "follower"),
        ("candidate", "follower"),
        ("leader", "follower"),
    }
    seen = set()
    for seed in range(5):
        stage = Stage(5, seed=seed)
        roles = dict.fromkeys(stage.members, "follower")

        def note(server: Server, _event: object, _effects: object, roles: dict = roles) -> None:
            now = server.state.role.value
            if roles[server.node] != now:
                seen.add((roles[server.node], now))
            roles[server.node] = now

        stage.on_step = note
        for _ in range(3):
            chief = stage.elect()
            stage.cut(chief.node)
            stage.run(3 * ELECTION_NS)
            stage.delay = lambda _s, _t, _m: MILLISECOND
    assert seen <= legal
    assert {("follower", "pre_candidate"), ("pre_candidate", "candidate"), ("leader", "follower")} <= seen


def test_s_e26_one_way_loss_of_a_link() -> None:
    """Who hears the leader does not campaign; who does not hear it asks, in vain; who is not heard by it changes nothing."""
    for loses in ("to the follower", "to the leader"):
        stage = Stage(3, config=SLOW, seed=7)
        chief = stage.elect()
        other = next(node for node in stage.members if node != chief.node)
        lost = (chief.node, other) if loses == "to the follower" else (other, chief.node)
        stage.delay = lambda sender, to, _m, lost=lost: None if (sender, to) == lost else MILLISECOND
        term = chief.state.term
        mark = len(stage[other].all_effects)
        stage.run(10 * ELECTION_NS)
        asked = "pre_vote_started" in reasons(stage[other].all_effects[mark:])
        assert asked == (loses == "to the follower")
        assert (stage.leaders, terms(stage)) == ([chief.node], {term})


def test_s_e29_a_leader_with_a_hung_disk_is_replaced() -> None:
    """Its heartbeats wait behind the write, so the others elect; it stops, and says why."""
    stage = Stage(3, config=SLOW, seed=8)
    chief = stage.elect()
    term = chief.state.term
    stage.hung.add(chief.node)
    stage.touch(chief.node, lambda server: server.propose(b"x", 5))
    took = stage.run_until(lambda: any(server.leads for server in stage.servers.values() if server is not chief))
    assert took <= 3 * ELECTION_NS
    stage.run(ELECTION_NS)
    assert not chief.leads
    assert Unresolved(5, "leadership_lost") in chief.told
    assert chief.told[-1] == LeaderChanged(None, term), "told although the disk hangs"


def test_s_e29_a_paused_process_does_not_campaign_at_once() -> None:
    """After ten timeouts asleep the silence proves nothing: wait anew."""
    server = follower(leader=3, term=2)
    server.now += 10 * ELECTION_NS
    effects = server.step(TimePassed())
    assert (acts(effects), reasons(effects)) == ([], ["overslept"])
    deadline = server.raft.deadline()
    assert deadline is not None
    assert deadline >= server.now + ELECTION_NS


def test_s_e29_a_paused_leader_stops_before_it_answers_anything() -> None:
    server = ready_leader()
    server.read(1)
    server.now += 10 * ELECTION_NS
    assert acts(server.step(TimePassed())) == [ReadRefused(1, "leadership_lost"), LeaderChanged(None, 2)]


def test_a_late_vote_makes_no_leader() -> None:
    """Rule R2: for an earlier term, for a candidacy that is over, or from the same voter twice."""
    server = candidate(term=3, members=(1, 2, 3, 4, 5))
    for _ in range(3):
        server.receive(2, VoteReply(3, 3, granted=True))
    server.receive(3, VoteReply(3, 2, granted=True))
    server.receive(4, VoteReply(2, 2, granted=True))
    server.receive(9, VoteReply(3, 3, granted=True))
    assert server.state.role.value == "candidate"
    server.time_out()
    server.receive(3, VoteReply(3, 3, granted=True))
    assert server.state.role.value == "pre_candidate"
    assert not leader(term=3).receive(2, VoteReply(3, 3, granted=True))
