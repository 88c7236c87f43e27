"""The Raft paper's Figure 2, one test a sentence: the state, and the two RPCs.

Ongaro and Ousterhout, In Search of an Understandable Consensus Algorithm (USENIX ATC 2014). Rules for Servers: test_figure_2_rules.py.
"""

from random import Random

import pytest

from algorithms.raft.harness import HEARTBEAT_NS, Server, acts, log_of, noop
from algorithms.raft.scenes import acknowledge, candidate, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    PreVoteReply,
    RaftHardState,
    VoteReply,
    VoteRequest,
)
from quorate.algorithms.raft.raft import Raft
from quorate.core.durable import Durable, Identity, LogPoint
from quorate.core.effects import Apply, LeaderChanged, Persist, Send
from quorate.core.errors import InvariantError

# State


def test_current_term_starts_at_0() -> None:
    """State, persistent: the latest term seen, 0 on first boot."""
    assert Server(1).state.term == 0


def test_current_term_rises_monotonically() -> None:
    """State, persistent: the term never falls, neither by a message nor by our own doing."""
    server = follower(leader=None, term=5)
    server.receive(2, VoteRequest(3, 9, 9))
    server.receive(3, Append(4, 1, 0, 0, 0))
    assert server.state.term == 5
    with pytest.raises(InvariantError, match="term may only rise"):
        server.state.adopt_term(5)


def test_voted_for_is_null_if_none() -> None:
    """State, persistent: nobody is voted for at first, and nobody again in a new term, by the same write."""
    assert Server(1).state.voted_for is None
    server = follower(leader=None, term=2, voted_for=2)
    effects = server.receive(3, AppendReply(3, 1, ok=False))
    assert acts(effects) == [Persist(position=1, hard_state=RaftHardState(3, None))]


def test_log_entries_have_the_term_when_the_leader_received_them_and_start_at_1() -> None:
    """State, persistent: the first index is 1, and an entry keeps its term whoever passes it on."""
    server = follower(leader=3, term=4)
    server.receive(3, Append(4, 2, 0, 0, 0, log_of(1, 1, 3)))
    inspection = server.raft.inspect()
    assert [(view.index, view.term) for view in inspection.log] == [(1, 1), (2, 1), (3, 3)]


def test_persistent_state_is_on_stable_storage_before_responding() -> None:
    """State: 'updated on stable storage before responding to RPCs': the answer stands behind the write, and waits for it."""
    server = follower(leader=None, term=1)
    server.receive(2, VoteRequest(2, 0, 0))
    assert server.sent() == []
    assert server.pretended.hard_state == RaftHardState(1, None)
    server.disk()
    assert server.pretended.hard_state == RaftHardState(2, 2)
    assert server.sent() == [(2, VoteReply(2, 2, granted=True))]


def test_persistent_state_survives_a_restart() -> None:
    """State: term, vote and log are what a node is rebuilt from."""
    server = follower(leader=None, term=1)
    server.receive(2, VoteRequest(2, 0, 0))
    server.receive(2, Append(2, 1, 0, 0, 0, log_of(1, 2)))
    server.disk()
    reborn = server.reborn()
    assert (reborn.state.term, reborn.state.voted_for, reborn.terms) == (2, 2, [1, 2])


def test_what_was_not_written_is_not_remembered() -> None:
    """State: the counter-proof. A node that dies before the write has told nobody either."""
    server = follower(leader=None, term=1)
    server.receive(2, VoteRequest(2, 0, 0))
    reborn = server.reborn()
    assert (reborn.state.term, reborn.state.voted_for) == (1, None)
    assert server.sent() == []


def test_commit_index_and_last_applied_start_at_0() -> None:
    """State, volatile: nothing is known to be committed or applied without a snapshot or a stored hint."""
    server = Server(1, term=3, entries=log_of(1, 2, 3))
    assert (server.state.commit, server.state.applied) == (0, 0)
    assert server.all_effects == []


def test_commit_index_and_last_applied_never_fall() -> None:
    """State, volatile: both rise monotonically, also when a late Append knows less."""
    server = follower(leader=3, term=2)
    server.receive(3, Append(2, 2, 0, 0, 2, log_of(1, 2)))
    server.disk()
    effects = server.receive(3, Append(2, 1, 0, 0, 1, log_of(1)))
    assert effects == [Send(3, AppendReply(2, 1, ok=True, match=1))]
    assert (server.state.commit, server.state.applied) == (2, 2)


def test_next_index_starts_after_the_leaders_last_entry_and_match_index_at_0() -> None:
    """State, volatile on leaders: nextIndex = last index + 1 and matchIndex = 0 after each election.

    The first Append carries the entry that a new leader adds, so its previous entry shows the initial nextIndex.
    """
    server = candidate(term=3, entries=log_of(1, 1, 2))
    effects = server.receive(2, VoteReply(3, 3, granted=True))
    first = Append(3, 2, 3, 2, 0, (noop(4, 3),))
    assert acts(effects) == [
        LeaderChanged(1, 3),
        Send(2, first),
        Send(3, first),
        Persist(position=2, entries=(noop(4, 3),)),
    ]
    assert server.raft.inspect().details["next"] == {2: 4, 3: 4}
    assert server.raft.inspect().details["match"] == {2: 0, 3: 0}


def test_match_index_rises_monotonically() -> None:
    """State, volatile on leaders: a late, smaller acknowledgment takes nothing back."""
    server = ready_leader(entries=log_of(1, 1))
    server.receive(2, AppendReply(2, 1, ok=True, match=1))
    server.receive(2, AppendReply(2, 1, ok=False, refused_prev=2, hint_index=0, hint_term=0))
    assert server.raft.inspect().details["match"] == {2: 3, 3: 3}
    assert server.raft.inspect().details["next"] == {2: 4, 3: 4}


# AppendEntries RPC, arguments and results


def test_append_entries_arguments() -> None:
    """AppendEntries: the leader's term, the index and term right before the new entries, the entries, its commit index."""
    server = ready_leader(entries=log_of(1))
    effects = server.propose(b"x")
    entry = server.state.log.entry(3)
    append = Append(term=2, round=4, prev_index=2, prev_term=2, commit=2, entries=(entry,))
    assert effects == [Send(2, append), Send(3, append), Persist(position=3, entries=(entry,), commit=2)]


def test_a_heartbeat_has_no_entries() -> None:
    """AppendEntries, entries[]: empty for a heartbeat."""
    server = ready_leader()
    effects = server.wait(HEARTBEAT_NS)
    beat = Append(2, 4, 1, 2, 1)
    assert beat.entries == ()
    assert effects == [Send(2, beat), Send(3, beat)]


def test_append_entries_may_carry_more_than_one_entry() -> None:
    """AppendEntries, entries[]: 'may send more than one for efficiency'."""
    server = leader()
    server.propose(b"a", 1)
    server.propose(b"b", 2)
    server.disk()
    server.sent()
    effects = server.receive(2, AppendReply(2, 1, ok=True, match=1))
    (append,) = [e.message for e in effects if isinstance(e, Send) and e.to == 2 and e.message.entries]
    assert [entry.data for entry in append.entries] == [b"a", b"b"]


def test_append_reply_carries_the_term_for_the_leader_to_update_itself() -> None:
    """AppendEntries, results: the receiver's current term."""
    server = follower(leader=None, term=7)
    (send,) = server.receive(3, Append(6, 1, 0, 0, 0))
    assert send == Send(3, AppendReply(7, 0, ok=False))
    old = leader(3, term=6)
    effects = old.receive(1, send.message)
    assert acts(effects) == [LeaderChanged(None, 7), Persist(position=3, hard_state=RaftHardState(7, None))]


# AppendEntries RPC, receiver


def test_append_1_reply_false_if_term_is_old() -> None:
    """AppendEntries, receiver 1 (5.1): an earlier term is refused, changes nothing and is no sign of life of a leader."""
    server = follower(leader=3, term=2, entries=log_of(1))
    deadline = server.raft.deadline()
    server.now += 1
    effects = server.receive(2, Append(1, 4, 0, 0, 1, log_of(1, 1)))
    assert effects == [Send(2, AppendReply(2, 0, ok=False))]
    assert (server.terms, server.state.commit, server.state.leader) == ([1], 0, 3)
    assert server.raft.deadline() == deadline


@pytest.mark.parametrize(
    ("prev_index", "prev_term", "hint"),
    [
        pytest.param(5, 3, (3, 3), id="there is no entry at prev"),
        pytest.param(3, 2, (2, 2), id="the entry at prev has a later term"),
        pytest.param(3, 4, (3, 3), id="the entry at prev has an earlier term"),
    ],
)
def test_append_2_reply_false_if_prev_does_not_match(prev_index: int, prev_term: int, hint: tuple[int, int]) -> None:
    """AppendEntries, receiver 2 (5.3): the log must hold prevLogIndex with prevLogTerm. The answer says where they can agree at best."""
    server = follower(leader=3, term=5, entries=log_of(1, 2, 3))
    effects = server.receive(3, Append(5, 9, prev_index, prev_term, 3, (noop(prev_index + 1, 5),)))
    reply = AppendReply(5, 9, ok=False, refused_prev=prev_index, hint_index=hint[0], hint_term=hint[1])
    assert effects == [Send(3, reply)]
    assert (server.terms, server.state.commit) == ([1, 2, 3], 0)


def test_append_3_delete_a_conflicting_entry_and_all_that_follow() -> None:
    """AppendEntries, receiver 3 (5.3): same index, different term: it goes, with everything after it."""
    server = follower(leader=3, term=4, entries=log_of(1, 2, 2, 2))
    effects = server.receive(3, Append(4, 2, 1, 1, 0, (noop(2, 3),)))
    assert acts(effects) == [
        Persist(position=1, truncate_from=2, entries=(noop(2, 3),)),
        Send(3, AppendReply(4, 2, ok=True, match=2)),
    ]
    assert server.terms == [1, 3]


def test_r16_append_3_entries_that_agree_delete_nothing() -> None:
    """AppendEntries, receiver 3 (5.3): only a conflict deletes, so an Append that comes late leaves the longer log alone."""
    server = follower(leader=3, term=4, entries=log_of(1, 2, 2, 4))
    effects = server.receive(3, Append(4, 2, 1, 1, 0, (noop(2, 2),)))
    assert effects == [Send(3, AppendReply(4, 2, ok=True, match=2))]
    assert server.terms == [1, 2, 2, 4]


def test_append_4_append_entries_not_already_there() -> None:
    """AppendEntries, receiver 4: what is there is not written again, what is new is, and the answer waits for the disk."""
    server = follower(leader=3, term=4, entries=log_of(1, 2))
    effects = server.receive(3, Append(4, 2, 0, 0, 0, log_of(1, 2, 4, 4)))
    assert effects == [
        Persist(position=1, entries=log_of(4, 4, start=2)),
        Send(3, AppendReply(4, 2, ok=True, match=4)),
    ]
    assert server.sent() == []


@pytest.mark.parametrize(("leader_commit", "commit"), [(0, 0), (1, 1), (3, 3), (4, 3), (9, 3)])
def test_r17_append_5_commit_is_the_lesser_of_the_leaders_and_the_last_new_entry(
    leader_commit: int, commit: int
) -> None:
    """AppendEntries, receiver 5: entry 4 was not verified by this Append, so it is not committed by it, whatever the leader has."""
    server = follower(leader=3, term=4, entries=log_of(1, 2, 2, 3))
    effects = server.receive(3, Append(4, 2, 1, 1, leader_commit, log_of(2, 2, start=1)))
    applied = [Apply(log_of(1, 2, 2, 3)[:commit])] if commit else []
    assert effects == [Send(3, AppendReply(4, 2, ok=True, match=3)), *applied]
    assert (server.state.commit, server.state.applied) == (commit, commit)


# RequestVote RPC


def test_request_vote_arguments() -> None:
    """RequestVote: the candidate's term, and the index and term of its last entry."""
    server = Server(1, term=4, entries=log_of(1, 3))
    server.time_out()
    server.receive(2, PreVoteReply(4, 5, granted=True))
    server.disk()
    assert server.sent()[-2:] == [(2, VoteRequest(5, 2, 3)), (3, VoteRequest(5, 2, 3))]


def test_request_vote_reply_carries_the_term_for_the_candidate_to_update_itself() -> None:
    """RequestVote, results: the voter's current term; a candidate that sees a newer one is none any more."""
    voter = follower(2, leader=None, term=9)
    (_, send) = voter.receive(1, VoteRequest(8, 0, 0))
    assert send == Send(1, VoteReply(9, 8, granted=False, reason="stale_term"))
    server = candidate(term=8)
    assert acts(server.receive(2, send.message)) == [Persist(position=2, hard_state=RaftHardState(9, None))]
    assert server.state.role.value == "follower"


def test_request_vote_1_reply_false_if_term_is_old() -> None:
    """RequestVote, receiver 1 (5.1)."""
    server = follower(leader=None, term=5)
    effects = server.receive(2, VoteRequest(4, 9, 9))
    assert acts(effects) == [Send(2, VoteReply(5, 4, granted=False, reason="stale_term"))]


@pytest.mark.parametrize(
    ("voted_for", "granted"),
    [pytest.param(None, True, id="nobody"), pytest.param(2, True, id="the asker"), pytest.param(3, False, id="other")],
)
def test_request_vote_2_one_vote_a_term(voted_for: int | None, granted: bool) -> None:
    """RequestVote, receiver 2 (5.2): granted if votedFor is null or the candidate; only what is new is written."""
    server = follower(leader=None, term=5, voted_for=voted_for)
    effects = server.receive(2, VoteRequest(5, 0, 0))
    reply = Send(2, VoteReply(5, 5, granted=granted, reason="" if granted else "already_voted"))
    written = [Persist(position=1, hard_state=RaftHardState(5, 2))] if voted_for is None else []
    assert acts(effects) == [*written, reply]


@pytest.mark.parametrize(
    ("last_index", "last_term", "granted"),
    [
        pytest.param(1, 4, True, id="later last term, shorter"),
        pytest.param(9, 2, False, id="earlier last term, longer"),
        pytest.param(3, 3, True, id="the same"),
        pytest.param(4, 3, True, id="same last term, longer"),
        pytest.param(2, 3, False, id="same last term, shorter"),
    ],
)
def test_request_vote_2_only_for_a_log_as_up_to_date(last_index: int, last_term: int, granted: bool) -> None:
    """RequestVote, receiver 2 (5.4.1): the later last term wins, with equal terms the longer log.

    The term of one that is refused counts all the same.
    """
    server = follower(leader=None, term=4, entries=log_of(1, 2, 3))
    effects = server.receive(2, VoteRequest(5, last_index, last_term))
    reply = Send(2, VoteReply(5, 5, granted=granted, reason="" if granted else "log_behind"))
    assert acts(effects) == [Persist(position=1, hard_state=RaftHardState(5, 2 if granted else None)), reply]


def test_nothing_else_is_remembered() -> None:
    """State: a node is a function of what was durable and its random source; two built alike act alike."""
    durable = Durable(RaftHardState(3, 2), LogPoint(0, 0), log_of(1, 2, 3))
    identity = Identity("test", 1, 1, 1, (1, 2, 3))
    twins = [Raft(identity, RaftConfig(), durable, Random(4)) for _ in range(2)]
    first, second = ([twin.start(0), twin.deadline(), twin.inspect(), twin.status(0)] for twin in twins)
    assert first == second


def test_acknowledge_is_what_commits() -> None:
    """AppendEntries, results: success makes the entry count at the leader (5.3)."""
    server = leader(entries=log_of(1))
    acknowledge(server, [2])
    assert server.state.commit == 2
