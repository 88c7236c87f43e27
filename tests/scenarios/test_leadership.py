"""Stickiness and CheckQuorum: who may not replace a leader, and when a leader gives up. Scenarios S-E14, S-E22 to S-E26, S-E29."""

from collections.abc import Callable

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import candidate, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    PreVoteRequest,
    RaftHardState,
    SnapshotOffer,
    VoteReply,
    VoteRequest,
)
from quorate.core.effects import LeaderChanged, Persist, ReadRefused, Send, Unresolved
from quorate.core.events import TimePassed
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
    server.disk()
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


def test_s_e24_r5_a_candidate_stuck_on_a_higher_term_is_freed(golden: Golden) -> None:
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


def test_s_e25_r36_an_installing_node_never_campaigns() -> None:
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


def test_r10_a_heartbeat_waits_behind_what_is_written() -> None:
    """Heartbeats are effects like all others, and messages like all others: a leader that cannot write falls silent."""
    server = ready_leader()
    server.propose(b"x")
    assert server.held
    server.sent()
    server.wait(3 * HEARTBEAT_NS)
    assert server.sent() == []
    server.disk()
    assert [to for to, _ in server.sent()] == [2, 3] * 3


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


def test_r2_a_late_vote_makes_no_leader() -> None:
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
