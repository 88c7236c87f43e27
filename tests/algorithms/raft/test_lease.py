"""Leases: scenario S-Q5 and rule R12, and how old a state is, asked of the algorithm alone."""

import msgspec
import pytest

from algorithms.raft.harness import Server, log_of, noop, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from quorate.algorithms.raft.config import LEASE_MARGIN_NS, RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    PreVoteReply,
    PreVoteRequest,
    VoteReply,
    VoteRequest,
)
from quorate.core.consistency import Standing
from quorate.core.effects import Explain
from quorate.core.events import Requested, TimePassed
from quorate.core.ids import MILLISECOND, Nanos
from quorate.core.requests import TransferLeadership

CONFIG = RaftConfig(lease_reads=True, fast_failover=False)
E = CONFIG.election_timeout_ns
HEARTBEAT = CONFIG.heartbeat_ns
GRAIN = E // 64


def chief(**settings: object) -> Server:
    return ready_leader(config=CONFIG, **settings)  # type: ignore[arg-type]


def standing(server: Server, at: Nanos | None = None) -> Standing:
    return server.raft.standing(server.state.applied, server.now if at is None else at)


def answer(number: int, *, ok: bool = True, silence_ms: int = CONFIG.silence_ms) -> AppendReply:
    """A follower's answer to a round."""
    return AppendReply(2, number, ok=ok, match=1 if ok else 0, refused_prev=0 if ok else 9, silence_ms=silence_ms)


def lease(server: Server, at: Nanos | None = None) -> Nanos | None:
    return standing(server, at).lease_until


def voter() -> Server:
    """It started long ago, and has just heard node 3, its leader."""
    server = follower(leader=3, term=2, config=CONFIG)
    server.now += 10 * E
    server.receive(3, Append(2, 2, 0, 0, 0))
    server.sent()
    return server


def beat(server: Server, *answering: int) -> Nanos:
    """A round goes out, and these answer at once; returns when it went."""
    sent_at = server.now
    server.read(10_000 + server.state.round)
    acknowledge(server, answering)
    return sent_at


# its length


def test_r12_a_lease_ends_before_a_fast_voter_may_forget_a_slow_leader() -> None:
    for percent in (1, 5, 20, 50):
        config = msgspec.structs.replace(CONFIG, clock_drift_percent=percent, heartbeat_ms=50)
        world_of_lease = config.lease_ns * 100 / (100 - percent)
        world_of_silence = E * 100 / (100 + percent)
        assert world_of_silence - 2 * LEASE_MARGIN_NS * 100 / (100 - percent) <= world_of_lease < world_of_silence


def test_leases_and_fast_failover_exclude_each_other() -> None:
    with pytest.raises(
        ValueError, match=r"lease_reads and fast_failover exclude each other.*set fast_failover = false"
    ):
        RaftConfig(lease_reads=True)


def test_a_lease_shorter_than_two_heartbeats_is_refused() -> None:
    with pytest.raises(ValueError, match="would end before two heartbeats"):
        RaftConfig(lease_reads=True, fast_failover=False, clock_drift_percent=50, heartbeat_ms=100)
    with pytest.raises(ValueError, match="clock_drift_percent = 51 must be at most 50"):
        RaftConfig(clock_drift_percent=51)


# whose it is, and from when


def test_s_q5_r12_a_lease_counts_from_the_sending_of_a_round_that_a_quorum_acknowledged() -> None:
    server = chief(members=(1, 2, 3, 4, 5))
    server.wait(HEARTBEAT)
    sent_at = server.now
    server.read(1)
    number = server.state.round
    server.wait(HEARTBEAT // 2)
    before = lease(server)
    assert before is not None
    server.receive(2, answer(number))
    assert lease(server) == before, "one of four others"
    server.receive(3, answer(number, ok=False))
    assert lease(server) == sent_at + CONFIG.lease_ns, "a refusal is as good"


def test_s_q5_r12_more_sent_in_a_round_does_not_make_it_younger() -> None:
    server = chief()
    server.wait(HEARTBEAT)
    sent_at = server.now
    server.read(1)
    number = server.state.round
    for step in range(1, 5):
        server.wait(HEARTBEAT // 10)
        server.receive(3, answer(number - 1))
        assert server.state.round == number, step
    server.receive(2, answer(number))
    assert lease(server) == sent_at + CONFIG.lease_ns


def test_s_q2_a_new_leader_holds_none_before_a_commit_of_its_term() -> None:
    server = leader(term=3, entries=log_of(1, 2), config=CONFIG)
    acknowledge(server, [2, 3], match=2)
    assert lease(server) is None
    acknowledge(server, [2])
    assert server.state.commit == 3
    assert lease(server) == server.now + CONFIG.lease_ns


def test_a_follower_and_a_leader_without_the_setting_hold_none() -> None:
    assert lease(follower(config=CONFIG)) is None
    assert lease(ready_leader()) is None


def test_a_voter_alone_holds_one_always() -> None:
    server = Server(1, (1,), config=CONFIG)
    server.time_out()
    server.disk()
    server.wait(100 * E)
    assert server.leads
    assert lease(server) == server.now + CONFIG.lease_ns


@pytest.mark.parametrize("silence_ms", [0, CONFIG.election_timeout_ms - 1])
def test_s_q5_r12_who_promises_less_silence_than_the_lease_needs_does_not_count(silence_ms: int) -> None:
    """Settings that differ between nodes cost the lease, and never its truth."""
    server = chief()
    server.wait(HEARTBEAT)
    before = lease(server)
    sent_at = beat(server)
    server.receive(2, answer(server.state.round, silence_ms=silence_ms))
    assert (lease(server), standing(server).fresh_at) == (before, sent_at)
    server.receive(3, answer(server.state.round))
    assert lease(server) == sent_at + CONFIG.lease_ns


def test_a_node_promises_what_its_settings_say() -> None:
    for config, promised in ((CONFIG, CONFIG.election_timeout_ms), (RaftConfig(), 0)):
        server = follower(leader=3, term=2, config=config)
        for prev in (0, 9):
            server.receive(3, Append(2, 5, prev, 2 if prev else 0, 0))
            reply = server.sent()[-1][1]
            assert isinstance(reply, AppendReply)
            assert reply.silence_ms == promised


# when it is void


def test_s_q5_r12_void_when_the_leader_steps_down() -> None:
    server = chief()
    beat(server, 2, 3)
    assert lease(server) is not None
    server.receive(2, AppendReply(3, 0, ok=False))
    assert lease(server) is None


def test_s_e29_s_q5_r12_void_after_oversleep_until_a_fresh_round_is_acknowledged() -> None:
    """Whatever the clock says of the lease, and whatever comes first."""
    server = chief()
    beat(server, 2, 3)
    number = server.state.round
    due = server.raft.deadline()
    assert due is not None
    late = due + E // 4 + 1
    assert lease(server, late - 1) is not None
    assert lease(server, late) is None, "before any step"
    server.now = late
    effects = server.receive(2, answer(number))
    assert Explain("lease_void", {"why": "overslept"}) in effects
    assert lease(server) is None, "an answer to what was sent before"
    server.step(TimePassed())
    assert lease(server) is None
    sent_at = beat(server, 2)
    assert lease(server) == sent_at + CONFIG.lease_ns


def test_s_q5_r12_void_from_the_order_to_campaign_to_the_end_of_the_term() -> None:
    server = chief()
    beat(server, 2, 3)
    effects = server.step(Requested(1, TransferLeadership(3)))
    assert Explain("lease_void", {"why": "handed_over"}) in effects
    assert lease(server) is None
    for _ in range(30):
        server.wait(HEARTBEAT)
        acknowledge(server, [2, 3])
    assert server.leads
    assert server.state.transfer is None
    assert lease(server) is None, "the order may arrive yet"


# what it rests on


def test_s_q5_r12_a_voter_is_silent_for_an_election_timeout() -> None:
    server = voter()
    server.now += E - 1
    effects = server.receive(2, VoteRequest(3, 9, 9))
    assert sends(effects) == [(2, VoteReply(2, 3, granted=False, reason="leader_alive"))]
    server.now += 1
    server.receive(2, VoteRequest(3, 9, 9))
    server.disk()
    assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True))


def test_s_q5_r12_a_voter_is_silent_in_a_term_that_it_was_moved_to_since() -> None:
    """The answer to a pre-vote of long ago brings the candidate's term; the leader that was heard meanwhile may hold a lease."""
    server = voter()
    server.receive(2, PreVoteReply(3, 3, granted=False))
    assert (server.state.term, server.state.leader) == (3, None)
    server.disk()
    server.sent()
    effects = server.receive(2, VoteRequest(3, 9, 9))
    assert sends(effects) == [(2, VoteReply(3, 3, granted=False, reason="leader_alive"))]
    server.receive(2, VoteRequest(3, 9, 9, transfer=True))
    server.disk()
    assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True)), "its leader wanted it, and holds none"


def test_without_leases_a_voter_that_was_moved_votes_at_once() -> None:
    server = follower(leader=3, term=2)
    server.receive(2, PreVoteReply(3, 3, granted=False))
    server.receive(2, VoteRequest(3, 9, 9))
    server.disk()
    assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True))


def test_the_same_candidate_gets_the_same_answer_again() -> None:
    server = follower(leader=None, term=2, config=CONFIG)
    server.now += E
    for _ in range(2):
        server.receive(2, VoteRequest(3, 9, 9))
        server.disk()
        assert server.sent() == [(2, VoteReply(3, 3, granted=True))]


def test_s_q5_r12_a_voter_that_restarts_keeps_the_promise_that_it_forgot() -> None:
    server = follower(leader=3, term=2, config=CONFIG).reborn()
    began = server.now
    assert server.raft.deadline() is not None
    assert server.state.election_deadline >= began + E
    server.now = began + E - 1
    assert sends(server.receive(2, PreVoteRequest(2, 3, 9, 9))) == [
        (2, PreVoteReply(2, 3, granted=False, reason="restarted"))
    ]
    assert sends(server.receive(2, VoteRequest(3, 9, 9))) == [(2, VoteReply(2, 3, granted=False, reason="restarted"))]
    assert server.state.term == 2
    server.now = began + E
    server.receive(2, VoteRequest(3, 9, 9))
    server.disk()
    assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True))


def test_s_q5_a_voter_that_restarts_helps_whom_its_leader_wants() -> None:
    server = follower(leader=3, term=2, config=CONFIG).reborn()
    server.receive(2, VoteRequest(3, 9, 9, transfer=True))
    server.disk()
    assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True))


def test_a_node_that_never_had_a_term_and_one_without_leases_vote_at_once() -> None:
    for server in (Server(1, config=CONFIG), follower(leader=3, term=2).reborn()):
        server.receive(2, VoteRequest(3, 9, 9))
        server.disk()
        assert server.sent()[-1] == (2, VoteReply(3, 3, granted=True))


# how old a state is


def test_s_q5_the_age_counts_from_the_newest_append_that_is_applied_in_full() -> None:
    """Hearing the leader is not enough, nor is what an Append brings: what it calls committed must be here."""
    server = follower(leader=3, term=2, config=CONFIG)
    assert standing(server) == Standing(0, None, None)
    server.receive(3, Append(2, 2, 0, 0, 1, (noop(1, 2),)))
    heard_at = server.now
    assert standing(server) == Standing(1, None, None), "not on disk yet"
    server.disk()
    assert standing(server) == Standing(1, None, heard_at)
    server.now += MILLISECOND
    server.receive(3, Append(2, 3, 1, 2, 5, (noop(2, 2),)))
    server.disk()
    assert standing(server) == Standing(5, None, heard_at), "three entries behind"
    server.now += MILLISECOND
    server.receive(3, Append(2, 4, 2, 2, 5, tuple(noop(index, 2) for index in (3, 4, 5))))
    server.disk()
    assert standing(server) == Standing(5, None, server.now)


def test_s_q5_a_new_leader_that_does_not_know_its_predecessors_commits_makes_nothing_young() -> None:
    server = follower(leader=3, term=2, entries=log_of(2, 2), config=CONFIG)
    server.now += MILLISECOND
    server.receive(2, Append(3, 1, 2, 2, 1))
    server.disk()
    assert standing(server) == Standing(1, None, None)
    server.receive(2, Append(3, 2, 2, 2, 3, (noop(3, 3),)))
    server.disk()
    assert standing(server) == Standing(3, None, server.now)


def test_a_leader_is_as_young_as_the_round_that_confirmed_it() -> None:
    server = ready_leader()
    server.wait(HEARTBEAT)
    sent_at = beat(server, 2)
    server.now += 3 * MILLISECOND
    assert standing(server) == Standing(1, None, sent_at)
    server.propose(b"x")
    acknowledge(server, [2, 3])
    assert server.state.commit == 2
    assert server.raft.standing(1, server.now).fresh_at == sent_at - HEARTBEAT, "its own disk has not caught up"


def test_looking_changes_nothing() -> None:
    server = chief()
    beat(server, 2, 3)
    before = server.raft.inspect()
    for at in (server.now, server.now + 10 * E):
        standing(server, at)
    assert server.raft.inspect() == before
