"""Elections, function by function. The stories: tests/scenarios/test_election.py, test_leadership.py, test_fast_failover.py."""

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import candidate, follower, leader, pre_candidate
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.election import RETRY_WAIT_MS, wait_for_next_campaign, why_sticky
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
from quorate.core.effects import Persist
from quorate.core.events import PeerUnreachable, Persisted, TimePassed
from quorate.core.ids import MILLISECOND


@pytest.mark.parametrize(("late", "campaigns"), [(0, True), (ELECTION_NS // 4, True), (ELECTION_NS // 4 + 1, False)])
def test_who_wakes_late_does_not_campaign(late: int, campaigns: bool) -> None:
    """The bound is a quarter of the election timeout."""
    server = follower(leader=3, term=2)
    server.now = server.state.election_deadline + late
    effects = server.step(TimePassed())
    assert reasons(effects) == (["pre_vote_started"] if campaigns else ["overslept"])


def test_a_late_campaign_timeout_goes_on_asking() -> None:
    """Only a follower's silence is in doubt; who is campaigning anyway asks again."""
    server = pre_candidate(term=2)
    server.now = server.state.election_deadline + 10 * ELECTION_NS
    assert reasons(server.step(TimePassed())) == ["campaign_timed_out", "pre_vote_started"]


def test_a_voter_whose_link_is_new_is_asked_again_unless_it_has_answered() -> None:
    """What it was asked on the old link, or while there was none, is lost."""
    asking = pre_candidate(term=2)
    asked = PreVoteRequest(2, 3, asking.state.log.last_index, asking.state.log.last_term)
    assert sends(asking.connect(2)) == [(2, asked)]
    standing = candidate(term=3, members=(1, 2, 3, 4, 5))
    assert sends(standing.connect(2)) == [
        (2, VoteRequest(3, standing.state.log.last_index, standing.state.log.last_term))
    ]
    standing.receive(2, VoteReply(3, 3, granted=True))
    assert sends(standing.connect(2)) == []
    assert sends(follower(leader=3, term=2).connect(2)) == []


def test_whoever_lacks_a_link_to_the_only_other_one_wins_as_soon_as_it_is_up() -> None:
    """Its leader dies just after it has restarted itself: no election timeout is sat out."""
    server = follower(1, leader=3, term=2)
    server.lose(3)
    server.now = server.state.election_deadline
    server.step(TimePassed())
    assert server.state.role.value == "pre_candidate"
    asked = [message for to, message in sends(server.connect(2)) if to == 2]
    assert [type(message) for message in asked] == [PreVoteRequest]
    server.receive(2, PreVoteReply(2, 3, granted=True))
    assert server.state.role.value == "candidate"


def test_waking_early_does_nothing() -> None:
    for server in (follower(leader=3), pre_candidate(), candidate(), leader()):
        deadline = server.raft.deadline()
        assert deadline is not None
        server.now = deadline - 1
        assert server.step(TimePassed()) == []


def test_a_pre_vote_is_asked_for_the_next_term_and_nothing_is_written() -> None:
    server = follower(leader=None, term=4, voted_for=2, entries=log_of(1, 3))
    effects = server.time_out()
    request = PreVoteRequest(4, 5, 2, 3)
    assert sends(effects) == [(2, request), (3, request)]
    assert (server.state.term, server.state.voted_for) == (4, 2)
    assert not any(isinstance(effect, Persist) for effect in effects)


def test_an_answer_counts_once_and_the_first_one_stays() -> None:
    server = pre_candidate(term=2, members=(1, 2, 3, 4, 5))
    server.receive(2, PreVoteReply(2, 3, granted=False, reason="leader_alive"))
    server.receive(2, PreVoteReply(2, 3, granted=True))
    assert server.state.votes == {1: True, 2: False}


@pytest.mark.parametrize(
    ("sender", "reply"),
    [
        pytest.param(2, PreVoteReply(2, 2, granted=True), id="for an earlier term"),
        pytest.param(2, PreVoteReply(2, 4, granted=True), id="for a later term"),
        pytest.param(2, VoteReply(2, 3, granted=True), id="of the other kind"),
        pytest.param(9, PreVoteReply(2, 3, granted=True), id="of a stranger"),
        pytest.param(1, PreVoteReply(2, 3, granted=True), id="of itself"),
    ],
)
def test_r2_r3_an_answer_that_does_not_belong_is_not_counted(sender: int, reply: object) -> None:
    """Rules R2 and R3."""
    server = pre_candidate(term=2)
    server.receive(sender, reply)  # type: ignore[arg-type]
    assert (server.state.role.value, server.state.votes) == ("pre_candidate", {1: True})


def test_r7_the_same_candidate_gets_the_same_vote_again() -> None:
    """Rule R7; nothing new is written, and the answer still waits for the first write."""
    server = follower(leader=None, term=2)
    server.receive(3, VoteRequest(3, 0, 0))
    again = server.receive(3, VoteRequest(3, 0, 0))
    assert sends(again) == [(3, VoteReply(3, 3, granted=True))]
    assert server.sent() == []
    server.disk()
    assert server.sent() == [(3, VoteReply(3, 3, granted=True))] * 2
    reborn = server.reborn()
    assert sends(reborn.receive(3, VoteRequest(3, 0, 0))) == [(3, VoteReply(3, 3, granted=True))]
    assert sends(reborn.receive(2, VoteRequest(3, 9, 9))) == [
        (2, VoteReply(3, 3, granted=False, reason="already_voted"))
    ]


@pytest.mark.parametrize("asked_in", [2, 3], ids=["the term it is in", "a newer term"])
def test_r1_no_two_votes_in_one_term_whatever_happens_between(asked_in: int) -> None:
    """Rule R1. A vote that was told survives the crash; one that was not told may be lost."""
    server = follower(leader=None, term=2)
    server.receive(3, VoteRequest(asked_in, 0, 0))
    early = server.reborn()
    assert server.sent() == [], "it was not told yet"
    assert sends(early.receive(2, VoteRequest(asked_in, 0, 0)))[0][1].granted
    server = follower(leader=None, term=2)
    server.receive(3, VoteRequest(asked_in, 0, 0))
    server.disk()
    assert server.sent() == [(3, VoteReply(asked_in, asked_in, granted=True))]
    late = server.reborn()
    assert (late.state.term, late.state.voted_for) == (asked_in, 3)
    assert not sends(late.receive(2, VoteRequest(asked_in, 9, 9)))[0][1].granted


def test_the_own_vote_is_the_write_of_this_candidacy() -> None:
    server = candidate(term=3, written=False)
    position = server.state.own_vote_position
    server.step(Persisted(position - 1))
    assert server.state.votes == {}
    server.step(Persisted(position))
    assert server.state.votes == {1: True}


@pytest.mark.parametrize(
    ("suspect", "since", "new_for", "refusal", "most"),
    [
        (None, 0, 0, "log_behind", 2 * ELECTION_NS),
        (3, 0, 0, "log_behind", RETRY_WAIT_MS * MILLISECOND),
        (3, ELECTION_NS - 1, 0, "log_behind", RETRY_WAIT_MS * MILLISECOND),
        (3, ELECTION_NS, 0, "log_behind", 2 * ELECTION_NS),
        (None, 0, 1, "already_voted", RETRY_WAIT_MS * MILLISECOND),
        (None, 0, 1, "leader_alive", 2 * ELECTION_NS),
    ],
)
def test_the_next_campaign_comes_soon_only_while_the_leader_has_just_died_or_all_have_just_started(
    suspect: int | None, since: int, new_for: int, refusal: str, most: int
) -> None:
    server = Server(1, now=10 * ELECTION_NS)
    state = server.state
    state.suspect, state.suspected_at = suspect, state.now - since
    state.new_until = state.now + new_for
    state.refusals = {2: (1, refusal)}
    wait_for_next_campaign(state)
    wait = state.election_deadline - state.now
    assert wait <= most
    assert (wait >= ELECTION_NS) == (most > ELECTION_NS)


@pytest.mark.parametrize(
    ("met", "least", "most"),
    [
        ([], ELECTION_NS, 2 * ELECTION_NS),
        ([2], 2 * HEARTBEAT_NS, 3 * HEARTBEAT_NS),
        ([2, 3], 10 * MILLISECOND, 20 * MILLISECOND),
    ],
)
def test_a_node_that_has_just_started_campaigns_soon_after_it_has_met_the_others(
    met: list[int], least: int, most: int
) -> None:
    """A leader greets whom it meets, so it is given the time for that; with some not met, more."""
    server = Server(1)
    for peer in met:
        server.connect(peer)
    assert least <= server.state.election_deadline - server.now <= most


@pytest.mark.parametrize("why", ["heard a leader", "long ago", "not wanted"])
def test_whom_a_node_meets_later_is_no_reason_to_campaign(why: str) -> None:
    server = Server(1, config=RaftConfig(fast_failover=why != "not wanted"))
    if why == "heard a leader":
        server.receive(3, Append(1, 1, 0, 0, 0))
    if why == "long ago":
        server.now += ELECTION_NS
    before = server.state.election_deadline
    server.connect(2)
    server.connect(3)
    assert server.state.election_deadline == before


def test_who_is_one_alone_waits_for_nobody() -> None:
    server = Server(1, members=(1,))
    assert server.state.election_deadline - server.now <= 20 * MILLISECOND


def test_r4_stickiness_has_one_exception() -> None:
    """Rule R4: the leader itself."""
    state = follower(leader=3, term=2).state
    assert (why_sticky(state, 2), why_sticky(state, 3)) == ("leader_alive", "")
    leading = leader().state
    assert why_sticky(leading, 2) == "leader_alive"
    leading.now += ELECTION_NS
    assert why_sticky(leading, 2) == ""


def test_a_refusal_by_a_lower_term_is_counted() -> None:
    """A voter that sticks to its leader answers with its own, lower term; waiting for it would be waiting for a timeout."""
    server = candidate(term=5)
    server.receive(2, VoteReply(3, 5, granted=False, reason="leader_alive"))
    effects = server.receive(3, VoteReply(3, 5, granted=False, reason="leader_alive"))
    assert reasons(effects) == ["campaign_lost"]


def test_winning_clears_what_belonged_to_a_follower() -> None:
    server = candidate(term=3)
    server.state.suspect = 2
    server.receive(2, VoteReply(3, 3, granted=True))
    state = server.state
    assert (state.suspect, state.incoming, state.leader, state.why) == (None, None, 1, "")
    assert state.quorum_check_at == state.now + ELECTION_NS


def test_r9_candidates_are_demoted_by_an_answer_with_a_newer_term() -> None:
    """Rule R9."""
    server = candidate(term=3)
    assert acts(server.receive(2, VoteReply(8, 3, granted=False, reason="stale_term"))) == [
        Persist(2, RaftHardState(8, None))
    ]
    assert acts(leader(term=3).receive(2, AppendReply(8, 1, ok=False)))[-1] == Persist(3, RaftHardState(8, None))


def test_unreachable_peers_end_a_hopeless_campaign_at_once() -> None:
    server = candidate(term=3)
    server.step(PeerUnreachable(2))
    effects = server.step(PeerUnreachable(3))
    assert reasons(effects) == ["campaign_lost"]
    assert server.state.role.value == "follower"
    server.connect(3)
    assert server.state.unreachable == {2}


def test_an_installing_node_waits_with_what_it_has() -> None:
    server = follower(leader=3, term=2)
    server.receive(3, SnapshotOffer(2, 1, meta_of(9, 2)))
    effects = server.time_out()
    assert reasons(effects) == ["snapshot_awaited"]
    assert "without the rest of it this node cannot lead" in server.raft.status(server.now).why
    assert server.state.incoming is not None
