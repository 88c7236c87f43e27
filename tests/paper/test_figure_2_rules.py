"""The Raft paper's Figure 2, one test a sentence: Rules for Servers."""

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop
from algorithms.raft.scenes import acknowledge, batch, candidate, follower, leader, pre_candidate, ready_leader
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    Forward,
    ForwardReply,
    PreVoteReply,
    PreVoteRequest,
    RaftHardState,
    RaftMessage,
    ReadIndexReply,
    ReadIndexRequest,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotReply,
    VoteReply,
    VoteRequest,
)
from quorate.core.effects import Apply, LeaderChanged, Persist, Send
from quorate.core.events import Persisted
from quorate.core.snapshot import SnapshotMeta

META = SnapshotMeta(5, 1, (1, 2, 3), 3, "00")

# All servers


def test_all_apply_what_is_committed_in_order() -> None:
    """All servers (5.3): while commitIndex > lastApplied, apply the next entry: here once it is on the own disk."""
    server = follower(leader=3, term=2)
    entries = log_of(1, 1, 2)
    effects = server.receive(3, Append(2, 2, 0, 0, 2, entries))
    assert effects == [Persist(position=1, entries=entries, commit=2), Send(3, AppendReply(2, 2, ok=True, match=3))]
    assert server.disk() == [Apply(entries[:2])]
    assert server.receive(3, Append(2, 3, 3, 2, 3)) == [
        Send(3, AppendReply(2, 3, ok=True, match=3)),
        Apply(entries[2:]),
    ]


FROM_A_NEWER_TERM: list[RaftMessage] = [
    PreVoteReply(7, 6, granted=False, reason="log_behind"),
    VoteRequest(7, 9, 6),
    VoteReply(7, 6, granted=False, reason="stale_term"),
    Append(7, 1, 9, 6, 0),
    AppendReply(7, 1, ok=False),
    SnapshotOffer(7, 1, META),
    SnapshotChunk(7, 1, META, 0, b"abc", 0),
    SnapshotReply(7, 1, "00", "continue"),
    ReadIndexRequest(7, 1, 1),
    ReadIndexReply(7, 1, 1, 5),
    Forward(7, 1, 1, 1, b"", 0),
    ForwardReply(7, 1, 1, 1, 5),
]


@pytest.mark.parametrize("message", FROM_A_NEWER_TERM, ids=lambda message: type(message).__name__)
@pytest.mark.parametrize("role", ["follower", "pre_candidate", "candidate", "leader"])
def test_all_adopt_a_newer_term_and_become_followers(role: str, message: RaftMessage) -> None:
    """All servers (5.1): a request or reply with a later term: adopt it, convert to follower, and write it before any answer leaves."""
    make = {"follower": follower, "pre_candidate": pre_candidate, "candidate": candidate, "leader": leader}[role]
    server = make(term=5) if role != "follower" else follower(leader=None, term=5)
    assert server.state.role.value == role
    server.now += ELECTION_NS  # long enough without contact that no candidate is refused for a leader's sake
    effects = server.receive(2, message)
    state = server.state
    assert (state.role.value, state.term) == ("follower", 7)
    voted_for = 2 if isinstance(message, VoteRequest) else None
    written = [effect for effect in effects if isinstance(effect, Persist)]
    assert [persist.hard_state for persist in written] == [RaftHardState(7, voted_for)]
    shown = [at for at, effect in enumerate(effects) if isinstance(effect, Send)]
    assert all(at > effects.index(written[0]) for at in shown)
    assert state.leader == (2 if isinstance(message, Append | SnapshotOffer | SnapshotChunk) else None)


def test_r3_all_but_a_pre_vote_raises_no_term() -> None:
    """All servers, and the dissertation's 9.6: a pre-vote request and its grant show a term that nobody has entered."""
    for server in (follower(leader=None, term=5), leader(term=5)):
        server.receive(2, PreVoteRequest(7, 8, 0, 0))
        server.receive(2, PreVoteReply(7, 8, granted=True))
        assert server.state.term == 5


# Followers


def test_followers_respond_to_candidates_and_leaders() -> None:
    """Followers (5.2): every request gets an answer, a refusal too."""
    server = follower(leader=None, term=5, entries=log_of(5))
    for request in (
        PreVoteRequest(4, 5, 9, 9),
        PreVoteRequest(5, 6, 0, 0),
        VoteRequest(4, 0, 0),
        VoteRequest(5, 0, 0),
        Append(4, 1, 0, 0, 0),
        Append(5, 1, 7, 5, 0),
    ):
        effects = server.receive(2, request)
        assert [effect.to for effect in effects if isinstance(effect, Send)] == [2], request


def test_followers_campaign_when_the_election_timeout_elapses() -> None:
    """Followers (5.2): no Append from the leader and no vote granted for the timeout: first ask whether we could win, at once for real."""
    server = follower(leader=3, term=2, entries=log_of(1))
    wait = server.raft.deadline()
    assert wait is not None
    assert ELECTION_NS <= wait - server.now < 2 * ELECTION_NS
    assert server.wait(wait - server.now - 1) == []
    effects = server.wait(1)
    asked = PreVoteRequest(2, 3, 1, 1)
    assert acts(effects) == [LeaderChanged(None, 2), Send(2, asked), Send(3, asked)]


@pytest.mark.parametrize("reprieve", [Append(2, 9, 0, 0, 0), VoteRequest(2, 0, 0)], ids=["append", "vote granted"])
def test_followers_wait_anew_after_an_append_or_a_granted_vote(reprieve: RaftMessage) -> None:
    """Followers (5.2): both, and nothing else, restart the timeout."""
    server = follower(leader=None, term=2)
    server.wait(ELECTION_NS // 2)
    server.receive(3, reprieve)
    deadline = server.raft.deadline()
    assert deadline is not None
    assert deadline >= server.now + ELECTION_NS


@pytest.mark.parametrize(
    "noise",
    [VoteRequest(1, 9, 9), PreVoteRequest(2, 3, 9, 9), Append(1, 9, 0, 0, 0), VoteReply(2, 2, granted=True)],
    ids=["vote refused", "pre-vote granted", "old append", "stray reply"],
)
def test_followers_do_not_wait_anew_for_anything_else(noise: RaftMessage) -> None:
    """Followers (5.2): what is neither of the two leaves the timeout alone."""
    server = follower(leader=None, term=2)
    deadline = server.raft.deadline()
    server.wait(ELECTION_NS // 2)
    server.receive(3, noise)
    assert server.raft.deadline() == deadline


# Candidates


def test_candidates_start_an_election_on_conversion() -> None:
    """Candidates (5.2): term + 1, a vote for itself, a new timeout, and a request to all others, in this order."""
    server = pre_candidate(term=2, entries=log_of(1, 2))
    before = server.raft.deadline()
    server.now += 1
    effects = server.receive(3, PreVoteReply(2, 3, granted=True))
    request = VoteRequest(3, 2, 2)
    assert acts(effects) == [
        Persist(position=1, hard_state=RaftHardState(3, 1)),
        Send(2, request),
        Send(3, request),
    ]
    deadline = server.raft.deadline()
    assert deadline is not None
    assert deadline != before
    assert ELECTION_NS <= deadline - server.now < 2 * ELECTION_NS


def test_candidates_count_their_own_vote_only_once_it_is_durable() -> None:
    """Candidates (5.2): with one voter the vote for itself is the majority, as soon as it is on disk."""
    server = Server(1, (1,))
    effects = server.time_out()
    assert acts(effects) == [Persist(position=1, hard_state=RaftHardState(1, 1))]
    assert server.state.role.value == "candidate"
    effects = server.finish_write()
    assert acts(effects) == [LeaderChanged(1, 1), Persist(position=2, entries=(noop(1, 1),))]


@pytest.mark.parametrize(("size", "needed"), [(2, 1), (3, 1), (4, 2), (5, 2), (7, 3)])
def test_candidates_with_a_majority_of_votes_lead(size: int, needed: int) -> None:
    """Candidates (5.2): a majority of all servers, the candidate among them; one fewer is not enough."""
    server = candidate(term=3, members=tuple(range(1, size + 1)))
    for peer in range(2, 2 + needed):
        assert not server.leads
        server.receive(peer, VoteReply(3, 3, granted=True))
    assert server.leads


def test_candidates_follow_a_new_leader() -> None:
    """Candidates (5.2): an Append of the own term shows that somebody else has won."""
    for server in (candidate(term=3), pre_candidate(term=3)):
        effects = server.receive(2, Append(3, 1, 0, 0, 0))
        assert effects == [LeaderChanged(2, 3), Send(2, AppendReply(3, 1, ok=True))]
        assert (server.state.role.value, server.state.leader) == ("follower", 2)


def test_candidates_start_a_new_election_when_the_timeout_elapses() -> None:
    """Candidates (5.2): an undecided election leads to another round, which asks first."""
    server = candidate(term=3)
    effects = server.time_out()
    request = PreVoteRequest(3, 4, 0, 0)
    assert acts(effects) == [Send(2, request), Send(3, request)]
    server.receive(2, PreVoteReply(3, 4, granted=True))
    server.disk()
    assert server.sent()[-1] == (3, VoteRequest(4, 0, 0))


# Leaders


def test_leaders_send_at_once_upon_election() -> None:
    """Leaders (5.2): the first Append goes out with the election; it carries the term's first entry (8)."""
    server = candidate(term=3)
    effects = server.receive(2, VoteReply(3, 3, granted=True))
    first = Append(3, 2, 0, 0, 0, (noop(1, 3),))
    assert [effect for effect in effects if isinstance(effect, Send)] == [Send(2, first), Send(3, first)]


def test_leaders_repeat_it_in_idle_times_to_prevent_elections() -> None:
    """Leaders (5.2): a heartbeat an interval, well inside the others' timeout."""
    server = ready_leader()
    rounds = []
    for _ in range(5):
        effects = server.wait(HEARTBEAT_NS)
        assert [type(effect) for effect in effects] == [Send, Send]
        rounds.append(effects[0].message.round)
        acknowledge(server, [2, 3])
    assert rounds == sorted(set(rounds))


def test_leaders_append_a_command_and_respond_after_it_is_applied() -> None:
    """Leaders (5.3): appended to the own log; handed to the machine, which answers, only when committed."""
    server = ready_leader()
    server.propose(b"x")
    entry = batch(2, 2)
    assert server.state.log.entry(2) == entry
    assert server.disk() == []
    effects = server.receive(2, AppendReply(2, 4, ok=True, match=2))
    news = Append(2, 5, 2, 2, 2)
    assert effects == [Send(2, news), Send(3, news), Apply((entry,))]


def test_leaders_send_from_next_index() -> None:
    """Leaders (5.3): last log index >= nextIndex: an Append with the entries from there on, and no second copy of what is on its way."""
    server = ready_leader()
    for number, at in ((1, 2), (2, 3)):
        effects = server.propose(b"x", number)
        (append,) = {effect.message for effect in effects if isinstance(effect, Send)}
        assert (append.prev_index, [entry.index for entry in append.entries]) == (at - 1, [at])
    assert server.raft.inspect().details["next"] == {2: 4, 3: 4}


def test_leaders_update_next_and_match_on_success() -> None:
    """Leaders (5.3): success raises both for that follower."""
    server = leader(entries=log_of(1, 1))
    server.receive(3, AppendReply(2, 1, ok=True, match=3))
    assert server.raft.inspect().details["match"] == {2: 0, 3: 3}
    assert server.raft.inspect().details["next"] == {2: 3, 3: 4}


def test_leaders_decrement_next_index_and_retry_on_inconsistency() -> None:
    """Leaders (5.3): a refusal moves nextIndex back, to where the hint says that the logs can agree, and tries again at once."""
    server = leader(term=5, entries=log_of(1, 2, 4, 4))
    refusal = AppendReply(5, 1, ok=False, refused_prev=4, hint_index=3, hint_term=3)
    effects = server.receive(2, refusal)
    entries = server.state.log.between(3, 5)
    assert effects == [Send(2, Append(5, 2, 2, 2, 0, tuple(entries)))]
    assert server.raft.inspect().details["next"][2] == 3


def test_leaders_commit_what_a_majority_has_of_their_own_term() -> None:
    """Leaders (5.3, 5.4): N > commitIndex, on a majority, log[N].term = currentTerm: then commitIndex = N."""
    server = leader(members=(1, 2, 3, 4, 5), entries=log_of(1, 1))
    server.receive(2, AppendReply(2, 1, ok=True, match=3))
    assert server.state.commit == 0
    effects = server.receive(3, AppendReply(2, 1, ok=True, match=3))
    assert server.state.commit == 3
    assert [effect.entries for effect in effects if isinstance(effect, Apply)] == [(*log_of(1, 1), noop(3, 2))]


def test_r18_leaders_do_not_commit_entries_of_earlier_terms_by_counting() -> None:
    """Leaders (5.4.2, Figure 8): an entry of an earlier term may be on a majority and still be overwritten."""
    server = leader(entries=log_of(1, 1))
    acknowledge(server, [2, 3], match=2)
    assert (server.state.commit, server.state.applied) == (0, 0)


def test_leaders_count_themselves_only_with_what_is_durable() -> None:
    """Leaders (10.2.1 of the dissertation): the own disk may be the slower one; then it is the last of the majority."""
    server = leader(written=False)
    server.receive(2, AppendReply(2, 1, ok=True, match=1))
    assert server.state.commit == 0
    news = Append(2, 3, 1, 2, 1)
    assert server.step(Persisted(2))[:2] == [Send(2, news), Send(3, Append(2, 3, 0, 0, 1))]
    assert server.state.commit == 1
