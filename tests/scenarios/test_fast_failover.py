"""Fast failover: the leader's process dies, its connections break, and nobody sits out the election timeout. It must stay safe, and
must elect nobody while the leader is well."""

from collections.abc import Callable

import pytest

from algorithms.raft.harness import ELECTION_NS, acts, reasons, sends
from algorithms.raft.scenes import follower, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.election import RETRY_WAIT_MS
from quorate.algorithms.raft.messages import Append, PreVoteReply, PreVoteRequest, VoteReply, VoteRequest
from quorate.core.effects import Explain, LeaderChanged, ReadRefused, Send, Unresolved
from quorate.core.events import PeerUnreachable
from quorate.core.ids import MILLISECOND
from scenarios.stage import Stage
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
WAIT_NS = RaftConfig().fast_failover_wait_ms * MILLISECOND
ROUND_TRIPS_NS = 6 * MILLISECOND
"""On the stage a message takes a millisecond and so does a write: notice, pre-vote there and back, own vote written, vote there,
written, and back."""


def test_a_leader_within_ten_milliseconds_and_the_messages(golden: Golden) -> None:
    stage = Stage(3, seed=3)
    chief = stage.elect()
    transcript = Transcript("The leader's process dies (fast failover)").watch(stage.servers.values())
    transcript.note(f"node {chief.node}, the leader, is killed")
    stage.kill(chief.node)
    took = stage.run_until(lambda: any(server.state.ready for server in stage.servers.values()))
    golden("fast_failover", transcript)
    assert took <= WAIT_NS + ROUND_TRIPS_NS + 3 * MILLISECOND, "and the first entry committed"


def test_also_after_a_split_vote() -> None:
    """Over a hundred clusters: without a split within the first wait; each lost round adds at most the retry wait; never the timeout."""
    lost_rounds: list[int] = []
    for seed in range(100):
        stage = Stage(3, seed=seed)
        stage.kill(stage.elect().node)
        marks = {node: len(server.all_effects) for node, server in stage.servers.items()}
        took = stage.run_until(lambda stage=stage: bool(stage.leaders))
        lost = sum(reasons(s.all_effects[marks[n] :]).count("campaign_lost") for n, s in stage.servers.items())
        lost_rounds.append(lost)
        assert took <= WAIT_NS + ROUND_TRIPS_NS + lost * (RETRY_WAIT_MS * MILLISECOND + ROUND_TRIPS_NS), seed
        assert took < ELECTION_NS
    assert max(lost_rounds) > 0, "no seed had a split: this proves nothing"
    assert sorted(lost_rounds)[50] == 0, "most must go through at once"


def test_five_nodes_lose_two_leaders_in_a_row() -> None:
    for seed in range(10):
        stage = Stage(5, seed=seed)
        for _ in range(2):
            stage.kill(stage.elect().node)
            assert stage.run_until(lambda stage=stage: bool(stage.leaders)) < ELECTION_NS


def test_a_follower_that_has_seen_the_break_grants_one_that_hears_the_leader_refuses() -> None:
    server = follower(leader=3, term=2)
    assert sends(server.receive(2, PreVoteRequest(2, 3, 0, 0))) == [(2, PreVoteReply(2, 3, False, "leader_alive"))]
    assert sends(server.receive(2, VoteRequest(3, 0, 0))) == [(2, VoteReply(2, 3, False, "leader_alive"))]
    server.disconnect(3)
    assert sends(server.receive(2, PreVoteRequest(2, 3, 0, 0))) == [(2, PreVoteReply(2, 3, False, "leader_alive"))]
    server.step(PeerUnreachable(3))
    assert sends(server.receive(2, PreVoteRequest(2, 3, 0, 0))) == [(2, PreVoteReply(2, 3, granted=True))]
    assert sends(server.receive(2, VoteRequest(3, 0, 0))) == [(2, VoteReply(3, 3, granted=True))]


def test_the_break_alone_starts_nothing_the_refused_reconnect_does() -> None:
    server = follower(leader=3, term=2)
    before = server.raft.deadline()
    assert server.disconnect(3) == []
    assert server.raft.deadline() == before
    (why,) = server.step(PeerUnreachable(3))
    assert why == Explain("leader_suspected", {"leader": 3})
    deadline = server.raft.deadline()
    assert deadline is not None
    assert server.now <= deadline <= server.now + WAIT_NS
    assert server.state.leader == 3, "its time as leader is over only when another is sought"
    asked = PreVoteRequest(2, 3, 0, 0)
    assert acts(server.time_out()) == [
        LeaderChanged(None, 2),
        Send(1 if server.node != 1 else 2, asked),
        Send(3, asked),
    ]


@pytest.mark.parametrize("gone", [2, 3])
def test_only_the_leaders_death_matters(gone: int) -> None:
    """Another follower's death changes nothing, nor does the old leader's when another is followed."""
    server = follower(leader=2, term=2)
    server.receive(3, Append(3, 1, 0, 0, 0))
    server.disk()
    before = server.raft.deadline()
    server.lose(gone)
    assert (server.raft.deadline() == before) == (gone == 2)


def test_it_can_be_switched_off() -> None:
    server = follower(leader=3, term=2, config=RaftConfig(fast_failover=False))
    before = server.raft.deadline()
    assert server.lose(3) == []
    assert server.raft.deadline() == before
    assert sends(server.receive(2, PreVoteRequest(2, 3, 0, 0))) == [(2, PreVoteReply(2, 3, False, "leader_alive"))]


@pytest.mark.parametrize("sign", ["message", "reconnect"])
def test_a_sign_of_life_ends_the_suspicion(sign: str) -> None:
    server = follower(leader=3, term=2)
    server.lose(3)
    if sign == "message":
        server.receive(3, Append(2, 2, 0, 0, 0))
    else:
        server.connect(3)
    deadline = server.raft.deadline()
    assert deadline is not None
    assert deadline >= server.now + ELECTION_NS
    assert server.state.suspect is None


def test_a_flapping_link_raises_no_term_and_elects_nobody() -> None:
    """One follower loses its link to a healthy leader again and again, with refused reconnects; it asks, the other refuses."""
    for seed in range(5):
        stage = Stage(3, seed=seed)
        chief = stage.elect()
        term = chief.state.term
        other = next(node for node in stage.members if node != chief.node)
        for _ in range(20):
            stage.break_link(chief.node, other)
            stage.touch(other, lambda server, chief=chief: server.step(PeerUnreachable(chief.node)))
            passing = stage.delay
            pair = {chief.node, other}
            stage.delay = lambda s, t, _m, pair=pair: None if {s, t} == pair else MILLISECOND
            stage.run(45 * MILLISECOND)
            assert "pre_vote_started" in reasons(stage[other].all_effects)
            stage.delay = passing
            stage.connect(chief.node, other)
            stage.run(10 * MILLISECOND)
            assert stage[other].state.leader == chief.node, "its greeting is enough"
        assert stage.leaders == [chief.node]
        assert {server.state.term for server in stage.servers.values()} == {term}


def test_a_refused_fast_campaign_is_tried_again_soon_and_not_for_ever() -> None:
    """The other had not seen the break yet. Past an election timeout the usual pace is resumed."""
    server = follower(leader=3, term=2)
    server.lose(3)
    waits = []
    began = server.now
    while server.now - began < 2 * ELECTION_NS:
        server.time_out()
        server.receive(2, PreVoteReply(2, 3, granted=False, reason="leader_alive"))
        deadline = server.raft.deadline()
        assert deadline is not None
        waits.append((server.now - began, deadline - server.now))
    assert all(wait <= RETRY_WAIT_MS * MILLISECOND for at, wait in waits if at < ELECTION_NS)
    assert all(wait >= ELECTION_NS for at, wait in waits if at >= ELECTION_NS)
    assert len(waits) > 10
    assert server.state.term == 2


def test_a_candidate_without_enough_living_voters_does_not_wait_for_the_dead() -> None:
    """Both others are gone: no campaign can be won, so it is lost at once, and the next is not tried in a busy loop."""
    server = follower(leader=3, term=2)
    server.step(PeerUnreachable(2))
    server.lose(3)
    effects = server.time_out()
    assert reasons(effects) == ["pre_vote_started", "campaign_lost"]
    server.wait(3 * ELECTION_NS)
    assert reasons(server.all_effects).count("campaign_lost") < 100


def test_what_the_dead_leader_owed_is_given_up_with_the_connection() -> None:
    server = follower(leader=3, term=2)
    server.propose(b"x", 4)
    server.read(9)
    assert server.disconnect(3) == [Unresolved(4, "connection_lost"), ReadRefused(9, "connection_lost", hint=3)]


def test_a_leader_is_not_disturbed_by_the_death_of_a_follower() -> None:
    server = ready_leader()
    assert acts(server.lose(3)) == []
    assert server.leads


def test_the_old_leader_that_was_only_slow_to_accept_follows() -> None:
    """Both survivors were refused by a leader that lives on: it loses its office, nothing else."""
    stage = Stage(3, seed=6)
    chief = stage.elect()
    stage.touch(chief.node, lambda server: server.propose(b"kept"))
    stage.run(20 * MILLISECOND)
    for node in stage.members:
        if node != chief.node:
            stage.break_link(chief.node, node)
            stage.touch(node, lambda server: server.step(PeerUnreachable(chief.node)))
    stage.run_until(lambda: len(stage.leaders) == 1 and stage.leaders != [chief.node])
    for node in stage.members:
        if node != chief.node:
            stage.connect(chief.node, node)
    leader = stage.elect()
    assert leader is not chief
    assert b"kept" in [entry.data for entry in leader.applied]
