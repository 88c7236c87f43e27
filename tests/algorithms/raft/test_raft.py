"""Raft as a whole, and its one door."""

from typing import get_args

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, log_of, reasons
from algorithms.raft.scenes import candidate, follower, leader, pre_candidate, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft import SPEC, Raft
from quorate.algorithms.raft.messages import Append, RaftMessage, SnapshotOffer, VoteRequest
from quorate.algorithms.raft.raft import HANDLERS, MESSAGE_HANDLERS
from quorate.core.effects import Apply, LeaderChanged
from quorate.core.errors import InvariantError
from quorate.core.events import Event, Received, TimePassed


def test_a_cluster_elects_replicates_and_applies() -> None:
    table = Table.of(3)
    chief = table.elect(1)
    assert chief.state.ready
    chief.propose(b"one")
    table.settle()
    for node in (1, 2, 3):
        server = table[node]
        assert [entry.data for entry in server.applied] == [b"", b"one"]
        assert server.state.leader == 1
        assert [e for e in server.all_effects if isinstance(e, LeaderChanged)][-1].leader == 1


def test_r10_every_event_and_every_message_has_its_handler() -> None:
    """Rule R10: one door for all, heartbeats too, so nothing is handled beside the queue."""
    assert set(HANDLERS) == set(get_args(Event))
    assert set(MESSAGE_HANDLERS) == set(get_args(RaftMessage))
    assert SPEC.build is Raft


def test_a_start_applies_what_is_known_to_be_committed_and_writes_nothing() -> None:
    server = Server(1, term=2, entries=log_of(1, 1, 2), commit=2)
    assert server.all_effects == [Apply(log_of(1, 1))]
    deadline = server.raft.deadline()
    assert deadline is not None
    assert ELECTION_NS <= deadline < 2 * ELECTION_NS


def test_echoes_are_not_heard() -> None:
    server = follower(leader=3, term=2)
    before = server.raft.inspect()
    effects = server.receive(1, VoteRequest(9, 9, 9))
    assert reasons(effects) == ["not_a_member"]
    assert len(effects) == 1
    assert server.raft.inspect() == before


@pytest.mark.parametrize("message", [Append(2, 1, 0, 0, 0), SnapshotOffer(2, 1, meta_of(9, 2))])
def test_two_leaders_of_one_term_halt_the_node_that_sees_them(message: RaftMessage) -> None:
    """Election Safety is broken: the leader sees it, and so does a follower that follows one of them."""
    for server, first in ((leader(term=2), 1), (follower(leader=3, term=2), 3)):
        with pytest.raises(InvariantError, match=f"nodes {first} and 2 both lead term 2"):
            server.receive(2, message)


def test_time_never_falls() -> None:
    server = follower(leader=3, term=2)
    server.now = 100
    server.receive(3, Append(2, 2, 0, 0, 0))
    server.raft.step(Received(3, Append(2, 2, 0, 0, 0)), 50)
    assert server.state.now == 100


def test_a_leader_looks_at_its_quorum_before_it_sends_another_heartbeat() -> None:
    server = ready_leader()
    server.now += ELECTION_NS
    effects = server.step(TimePassed())
    assert reasons(effects) == ["quorum_lost"]
    assert effects[-1] == LeaderChanged(None, 2)


@pytest.mark.parametrize("make", [follower, pre_candidate, candidate, leader, ready_leader])
def test_a_deadline_that_was_handled_lies_in_the_future(make: object) -> None:
    """No busy loop: whatever fires, the next is later."""
    server = make()  # type: ignore[operator]
    for _ in range(200):
        server.time_out()
        server.disk()
        deadline = server.raft.deadline()
        assert deadline is not None
        assert deadline > server.now


def test_the_deadline_is_the_earlier_of_heartbeat_and_quorum_check() -> None:
    server = ready_leader()
    assert server.raft.deadline() == server.now + HEARTBEAT_NS
    server.state.quorum_check_at = server.now + 5
    assert server.raft.deadline() == server.now + 5


def test_a_renewed_link_counts_as_a_break_too() -> None:
    """PeerConnected without a PeerDisconnected before it."""
    server = follower(leader=3, term=2)
    server.propose(b"x", 5)
    server.connect(3)
    assert server.state.forwards == {}
    chief = ready_leader()
    chief.propose(b"x", 5)
    chief.connect(2)
    assert chief.state.progress[2].probe_sent_at is not None


def test_each_step_hands_over_its_own_effects_only() -> None:
    server = ready_leader()
    first = server.propose(b"x", 1)
    second = server.propose(b"y", 2)
    assert first
    assert second
    assert not set(map(id, first)) & set(map(id, second))
    assert server.state.out == []
