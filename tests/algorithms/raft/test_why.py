"""Answers out of the state of one node; tests/scenarios/test_why.py asks whole clusters."""

from __future__ import annotations

from algorithms.raft.harness import ELECTION_NS, Server
from algorithms.raft.scenes import candidate, follower, leader, pre_candidate, ready_leader
from quorate.algorithms.raft.election import why_sticky
from quorate.algorithms.raft.messages import PreVoteReply, VoteReply
from quorate.algorithms.raft.why import REFUSALS, why
from quorate.core.finding import Explained, Finding
from quorate.core.ids import MILLISECOND, SECOND


def told(server: Server, question: str, recent: tuple[Explained, ...] = ()) -> list[Finding]:
    return [finding for finding in why(server.state, server.now, recent) if finding.question == question]


def texts(server: Server, question: str) -> list[str]:
    return [finding.text for finding in told(server, question)]


def test_a_fresh_node_has_heard_nobody_and_accuses_nobody() -> None:
    server = Server(1)
    assert texts(server, "leader") == ["no leader of term 0 is known: just started, no leader heard yet"]
    assert told(server, "vote")[0].code == "waits"


def test_a_new_leader_is_not_ready() -> None:
    assert [finding.code for finding in told(leader(), "leader")] == ["leads", "not_ready"]
    assert texts(leader(), "leader")[1] == "its first entry of the term, 1, must be committed and applied first"


def test_a_follower_says_when_it_heard_its_leader() -> None:
    server = follower(1, leader=3, term=2)
    server.now += 20 * MILLISECOND
    assert texts(server, "leader") == ["node 3 leads term 2, heard 20 ms ago"]


def test_who_owes_an_answer_is_named_only_after_a_while() -> None:
    server = pre_candidate(1)
    server.receive(2, PreVoteReply(1, 2, granted=False, reason="log_behind"))
    assert [finding.code for finding in told(server, "leader")] == ["no_leader", "campaigning", "refused_by"]
    assert texts(server, "leader")[1:] == [
        "it asks whether it could win term 2; node 3 has not answered",
        "node 2 refused to elect this node in term 2: it has entries that the candidate lacks",
    ]
    server.now += ELECTION_NS // 2
    assert "no_margin" in [finding.code for finding in told(server, "leader")]


def test_a_candidate_whose_own_vote_is_not_durable_says_so() -> None:
    server = candidate(1, written=False)
    assert (
        texts(server, "leader")[1]
        == "it campaigns for term 2; nodes 2 and 3 have not answered; its own vote is not on its disk yet"
    )
    server.disk()
    server.receive(3, VoteReply(2, 2, granted=False, reason="already_voted"))
    assert texts(server, "leader")[1] == "it campaigns for term 2; node 2 has not answered"


def test_a_new_campaign_forgets_who_refused_the_one_before() -> None:
    server = pre_candidate(1)
    server.receive(2, PreVoteReply(1, 2, granted=False, reason="log_behind"))
    server.time_out()
    assert server.state.refusals == {}


def test_every_refusal_has_words() -> None:
    """Those of votes are named in election.py, and nowhere else."""
    server = ready_leader()
    assert why_sticky(server.state, 2) in REFUSALS
    assert set(REFUSALS) == {"leader_alive", "stale_term", "already_voted", "log_behind"}


def test_what_happened_long_ago_explains_nothing() -> None:
    server = follower()
    recent = (
        Explained(0, "overslept", {"late_ns": 3 * SECOND}),
        Explained(200 * SECOND, "vote_refused", {"candidate": 2}),
    )
    server.now = 210 * SECOND
    assert [finding.code for finding in told(server, "vote", recent)] == ["waits", "refused"]


def test_a_declined_word_to_take_over_is_told() -> None:
    server = follower()
    found = told(server, "vote", (Explained(server.now, "transfer_declined", {"sender": 2}),))
    assert found[-1].text == "0 ms ago it did not obey node 2, which told it to take over without being its leader"


def test_a_node_that_was_told_it_is_out_says_so() -> None:
    server = Server(4, (1, 2, 3))
    assert told(server, "vote")[0].code == "is_stranger"
    server.state.removed_at = 7
    assert [told(server, question)[0].code for question in ("leader", "vote")] == ["removed", "removed"]
