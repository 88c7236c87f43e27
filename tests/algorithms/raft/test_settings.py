"""Settings that change while a node runs, and what its timers make of them."""

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append
from quorate.algorithms.raft.settings import PROMISED, RELOADABLE, reloadable
from quorate.core.effects import Rejected
from quorate.core.events import PeerUnreachable, Setting, SettingsChanged, TimePassed
from quorate.core.ids import MILLISECOND


def change(server: Server, **settings: Setting) -> None:
    """An operator's order: it does nothing by itself."""
    assert server.step(SettingsChanged(settings)) == []


@pytest.mark.parametrize("timeout_ms", [50, 5000])
def test_s_c10_a_follower_draws_its_wait_anew(timeout_ms: int) -> None:
    server = follower()
    server.now += ELECTION_NS // 3
    change(server, election_timeout_ms=timeout_ms, heartbeat_ms=10)
    deadline = server.raft.deadline()
    assert deadline is not None
    assert timeout_ms * MILLISECOND <= deadline - server.now < 2 * timeout_ms * MILLISECOND
    server.receive(3, Append(1, 2, 0, 0, 0))
    assert server.raft.deadline() != deadline


def test_s_c10_a_leader_gets_a_whole_new_timeout_to_hear_from_a_quorum() -> None:
    """By the shorter time it would have been silent for too long already."""
    server = ready_leader()
    server.now += ELECTION_NS - 1
    change(server, election_timeout_ms=100, heartbeat_ms=20)
    server.step(TimePassed())
    assert server.leads
    server.wait(99 * MILLISECOND)
    assert server.leads
    server.wait(MILLISECOND)
    assert not server.leads


def test_s_c10_heartbeats_come_at_the_new_interval() -> None:
    server = ready_leader()
    change(server, heartbeat_ms=10)
    beats = 0
    for _ in range(10):
        beats += len([message for to, message in sends(server.wait(10 * MILLISECOND)) if to == 2])
        acknowledge(server, [2, 3])
    assert beats == 10
    change(server, election_timeout_ms=5000, heartbeat_ms=1000)
    assert sends(server.wait(999 * MILLISECOND)) == []
    assert [to for to, _ in sends(server.wait(HEARTBEAT_NS))] == [2, 3]


def test_s_c10_a_bound_holds_from_the_next_time_it_is_looked_at() -> None:
    server = ready_leader()
    change(server, entry_bytes=3)
    assert server.propose(b"four", 1) == [Rejected(1, "too_large", hint=1)]
    change(server, entry_bytes=4, inflight_messages=1)
    assert [to for to, _ in sends(server.propose(b"four", 2))] == [2, 3]
    assert sends(server.propose(b"five", 3)) == [], "one is under way"


def test_s_c10_what_is_no_time_moves_no_timer() -> None:
    for server in (follower(), leader()):
        server.now += 1
        deadline = server.raft.deadline()
        change(server, append_bytes=5)
        assert (server.raft.deadline(), server.state.config) == (
            deadline,
            RaftConfig(commit_delay_ms=0, append_bytes=5),
        )


def test_s_c10_a_campaign_that_is_about_to_begin_is_not_put_off() -> None:
    """The leader's process has died; how long a silence must last does not matter any more."""
    server = follower()
    server.step(PeerUnreachable(3))
    deadline = server.raft.deadline()
    change(server, election_timeout_ms=5000)
    assert server.raft.deadline() == deadline


def test_s_c10_what_a_lease_rests_on_stays_while_there_may_be_one() -> None:
    config = RaftConfig(lease_reads=True, fast_failover=False)
    assert reloadable(RaftConfig()) == RELOADABLE
    assert reloadable(config) == RELOADABLE - PROMISED
    assert not RELOADABLE & {"lease_reads", "clock_drift_percent"}
    assert set(RaftConfig.__struct_fields__) >= RELOADABLE
    assert acts(leader().step(SettingsChanged({}))) == []
