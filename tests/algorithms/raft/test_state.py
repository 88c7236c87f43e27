"""The state of a node, and the few ways in which effects leave it."""

from collections.abc import Callable

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import Server, log_of, noop
from algorithms.raft.scenes import follower, leader
from quorate.algorithms.raft.messages import RaftHardState, VoteReply
from quorate.algorithms.raft.state import RaftState, Role
from quorate.core.durable import LogPoint
from quorate.core.effects import LeaderChanged, Persist, Send
from quorate.core.errors import InvariantError


def fresh(**settings: object) -> RaftState:
    """The inside of a node that nothing has happened to."""
    state = Server(1, **settings).state  # type: ignore[arg-type]
    state.out.clear()
    return state


def test_r1_what_shows_term_or_vote_is_sent_behind_their_write() -> None:
    """Rule R1: one record, written before anything that shows it; and only once."""
    state = fresh(term=1)
    state.adopt_term(2)
    state.vote_for(3)
    reply = VoteReply(2, 2, granted=True)
    state.send(3, reply)
    state.send(3, reply)
    assert state.out == [Persist(1, RaftHardState(2, 3)), Send(3, reply), Send(3, reply)]


def test_a_write_takes_along_what_is_dirty() -> None:
    state = fresh(term=1)
    state.adopt_term(2)
    state.log.append(log_of(2))
    state.persist(entries=log_of(2))
    state.flush_hard_state()
    assert state.out == [Persist(1, RaftHardState(2, None), entries=log_of(2))]


def test_positions_rise_by_one() -> None:
    state = fresh()
    assert [state.persist() for _ in range(3)] == [1, 2, 3]


def test_r1_a_vote_is_given_once_a_term() -> None:
    state = fresh(term=2, voted_for=3)
    state.vote_for(3)
    state.flush_hard_state()
    assert state.out == [], "the same again changes nothing"
    with pytest.raises(InvariantError, match="already voted for 3 in term 2, not 1"):
        state.vote_for(1)
    state.adopt_term(3)
    state.vote_for(1)


def test_writes_vouch_in_order_of_position() -> None:
    state = fresh()
    for index in (1, 2, 3):
        state.log.append((noop(index, 1),))
        state.persist(entries=(noop(index, 1),))
    state.written(2)
    assert state.durable == 2
    state.written(3)
    assert state.durable == 3


def test_r22_a_truncation_caps_what_every_write_under_way_vouches_for() -> None:
    """Rule R22: k - 1 for those under way, and for what is durable."""
    state = fresh(term=1, entries=log_of(1))
    state.log.append(log_of(1, 1, start=1))
    state.persist(entries=log_of(1, 1, start=1))
    state.truncate_from(2)
    state.log.append(log_of(2, 2, start=1))
    state.persist(entries=log_of(2, 2, start=1), truncate_from=2)
    state.written(1)
    assert state.durable == 1
    state.written(2)
    assert state.durable == 3
    state.truncate_from(3)
    assert state.durable == 2


def test_a_reset_voids_every_write_under_way() -> None:
    state = fresh()
    state.log.append(log_of(1, 1))
    state.persist(entries=log_of(1, 1))
    state.snapshot = meta_of(9, 3)
    state.reset_log(LogPoint(9, 3))
    state.written(1)
    assert (state.durable, state.commit, state.applied, state.log.last_index) == (9, 9, 9, 9)


def test_what_is_committed_is_never_dropped() -> None:
    state = fresh(term=1, entries=log_of(1, 1), commit=2)
    with pytest.raises(InvariantError, match="node 1 would drop committed entry 2, commit is 2"):
        state.truncate_from(2)
    assert state.log.last_index == 2


def test_news_of_the_leader_is_told_once_a_change() -> None:
    state = fresh(term=4)
    for leader_now, ready in (
        (None, False),
        (1, False),
        (1, False),
        (1, True),
        (1, True),
        (None, False),
        (None, False),
    ):
        state.announce_leader(leader_now, ready=ready)
    assert state.out == [LeaderChanged(1, 4), LeaderChanged(1, 4, ready=True), LeaderChanged(None, 4)]


@pytest.mark.parametrize(
    ("index", "term", "current"), [(2, 3, True), (1, 4, True), (3, 3, True), (1, 3, False), (9, 2, False)]
)
def test_log_is_current(index: int, term: int, current: bool) -> None:
    assert fresh(term=3, entries=log_of(1, 3)).log_is_current(index, term) is current


def test_log_is_current_right_after_a_snapshot() -> None:
    """An empty log still ends somewhere."""
    state = fresh(term=3, start=LogPoint(9, 3), snapshot=meta_of(9, 3))
    assert state.log_is_current(9, 3)
    assert not state.log_is_current(8, 3)


def test_a_short_wait_is_within_its_bounds() -> None:
    state = fresh(now=1000)
    waits = set()
    for _ in range(200):
        state.campaign_within(1)
        waits.add(state.election_deadline - state.now)
    assert min(waits) >= 0
    assert max(waits) <= 1_000_000
    assert len(waits) > 100


BROKEN: dict[str, Callable[[RaftState], object]] = {
    "applied below the snapshot": lambda state: setattr(state, "applied", 1),
    "applied above commit or disk": lambda state: setattr(state, "applied", 5),
    "commit beyond the log": lambda state: setattr(state, "commit", 9),
    "durable beyond the log": lambda state: setattr(state, "durable", 9),
    "log starts behind the snapshot's reach": lambda state: setattr(state.log, "start", LogPoint(4, 1)),
    "ready without leading": lambda state: setattr(state, "ready", True),
    "hard state changed without being written": lambda state: state.adopt_term(9),
    "an entry of a later term than ours": lambda state: setattr(state, "term", 1),
    "progress without leading": lambda state: setattr(state, "progress", {2: None}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_check_finds_what_is_broken(name: str) -> None:
    server = follower(
        leader=3, term=2, start=LogPoint(2, 1), entries=log_of(1, 2, start=2), snapshot=meta_of(3, 1), commit=4
    )
    server.raft.check()
    BROKEN[name](server.state)
    with pytest.raises(InvariantError, match=f"node 1, follower, term .*{name}"):
        server.raft.check()


def test_check_looks_at_a_leaders_peers() -> None:
    server = leader()
    server.state.progress[2].match = 5
    server.state.progress[2].next = 6
    with pytest.raises(InvariantError, match="match beyond the log"):
        server.raft.check()
    server = leader()
    del server.state.progress[2]
    with pytest.raises(InvariantError, match="progress is not of the peers"):
        server.raft.check()
    server = leader()
    server.state.leader = 2
    with pytest.raises(InvariantError, match="a leader that follows another"):
        server.raft.check()


def test_roles_have_the_papers_names() -> None:
    assert [role.value for role in Role] == ["follower", "pre_candidate", "candidate", "leader"]
