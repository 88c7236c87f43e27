"""Changes of role that several concerns need."""

import pytest

from algorithms.raft.harness import ELECTION_NS, acts, reasons
from algorithms.raft.scenes import acknowledge, candidate, follower, leader, ready_leader
from quorate.algorithms.raft.messages import AppendReply, ReadIndexReply, ReadIndexRequest
from quorate.algorithms.raft.roles import (
    become_follower,
    hears_leader,
    note_leader_alive,
    quorum_contact,
    refuse_all_reads,
    step_down_without_quorum,
)
from quorate.core.effects import LeaderChanged, ReadRefused, Send, Unresolved


def test_a_leader_that_stops_tells_everybody_who_waits_for_it() -> None:
    """Reads here and elsewhere are refused with the new leader as hint, proposals are unresolved, and then the news is told."""
    server = ready_leader()
    server.propose(b"x", 4)
    server.read(7)
    server.receive(3, ReadIndexRequest(2, 1, 8))
    state = server.state
    become_follower(state, 2)
    assert state.out == [
        ReadRefused(7, "leadership_lost", hint=2),
        Send(3, ReadIndexReply(2, 1, 8, refused="leadership_lost", hint=2)),
        Unresolved(4, "leadership_lost"),
        LeaderChanged(2, 2),
    ]
    assert (state.progress, state.own_proposals, state.uncommitted_bytes, state.ready) == ({}, {}, 0, False)


def test_following_the_same_leader_again_changes_nothing() -> None:
    server = follower(leader=3, term=2)
    server.propose(b"x", 4)
    become_follower(server.state, 3)
    assert server.state.out == []
    assert 4 in server.state.forwards


def test_reads_are_refused_in_the_order_in_which_they_came() -> None:
    server = ready_leader()
    for number in (1, 2, 3):
        server.read(number)
    refuse_all_reads(server.state, "why")
    assert server.state.out == [ReadRefused(number, "why", hint=1) for number in (1, 2, 3)]


@pytest.mark.parametrize(("heard", "contact"), [((), 0), ((2,), 0), ((2, 3), 5), ((2, 3, 4), 5)])
def test_quorum_contact_is_when_a_quorum_was_last_heard(heard: tuple[int, ...], contact: int) -> None:
    """Of five, the leader among them: it hears itself always."""
    server = leader(members=(1, 2, 3, 4, 5))
    elected = server.now
    server.now += 5
    for peer in heard:
        server.receive(peer, AppendReply(2, 2, ok=True, match=0))
    server.now += 5
    acknowledge(server, [])
    server.state.now = server.now
    assert quorum_contact(server.state) == elected + contact


def test_a_follower_hears_the_leader_for_an_election_timeout() -> None:
    server = follower(leader=3, term=2)
    for silence, hears in ((0, True), (ELECTION_NS - 1, True), (ELECTION_NS, False)):
        server.state.now = silence
        assert hears_leader(server.state) is hears
    assert not hears_leader(follower(leader=None).state)


def test_a_leader_hears_itself_while_a_quorum_answers() -> None:
    server = leader()
    elected = server.now
    for silence, hears in ((0, True), (ELECTION_NS - 1, True), (ELECTION_NS, False)):
        server.state.now = elected + silence
        assert hears_leader(server.state) is hears


def test_the_quorum_is_looked_at_again_a_timeout_after_the_last_contact() -> None:
    """Never in the past: no busy loop."""
    server = leader()
    elected = server.now
    server.now += ELECTION_NS // 2
    acknowledge(server, [2])
    server.state.now = elected + ELECTION_NS
    step_down_without_quorum(server.state)
    assert server.leads
    assert server.state.quorum_check_at == elected + ELECTION_NS // 2 + ELECTION_NS


def test_stepping_down_says_why_and_waits_anew() -> None:
    server = leader()
    server.state.now = server.now + ELECTION_NS
    step_down_without_quorum(server.state)
    effects = server.state.out
    assert (acts(effects), reasons(effects)) == ([LeaderChanged(None, 2)], ["quorum_lost"])
    assert server.state.election_deadline >= server.state.now + ELECTION_NS
    assert "check the other nodes and the network" in server.state.why


def test_a_sign_of_the_leader_ends_a_campaign_and_a_suspicion() -> None:
    server = candidate(term=3)
    server.state.suspect = 2
    note_leader_alive(server.state, 2)
    state = server.state
    assert (state.role.value, state.leader, state.suspect, state.votes) == ("follower", 2, None, {})
    assert state.leader_contact == state.now
    assert state.election_deadline >= state.now + ELECTION_NS
