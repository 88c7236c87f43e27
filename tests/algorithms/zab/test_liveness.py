"""Pings, limits and links."""

from algorithms.raft.harness import reasons, sends
from algorithms.zab.harness import (
    INIT_NS,
    SYNC_NS,
    TICK_NS,
    ZabServer,
    deciding,
    elected,
    established,
    follower,
    hello,
    promised,
)
from quorate.algorithms.zab.liveness import has_quorum
from quorate.algorithms.zab.messages import Notification, Ping, Pong, SessionEnd


def test_l12_pings_go_out_every_half_tick() -> None:
    leader = established()
    pings = [message for _, message in sends(leader.wait(TICK_NS)) if isinstance(message, Ping)]
    assert len(pings) == 4
    assert sorted({ping.round for ping in pings}) == [1, 2]


def test_l12_a_learner_that_is_being_taken_in_hears_pings_too() -> None:
    assert [type(m) for _, m in sends(promised().wait(TICK_NS // 2))] == [Ping, Ping]


def test_l12_quorum_is_of_those_heard_within_the_sync_limit() -> None:
    leader = established()
    leader.now += SYNC_NS
    leader.state.now = leader.now
    assert not has_quorum(leader.state, leader.state.leading)
    leader.receive(1, Pong(1, 0))
    assert has_quorum(leader.state, leader.state.leading)


def test_l12_a_leader_without_a_quorum_looks_again() -> None:
    effects = established().wait(SYNC_NS + TICK_NS)
    assert "quorum_lost" in reasons(effects)


def test_l12_a_session_that_is_not_heard_is_ended() -> None:
    leader = established()
    for _ in range(6):
        effects = leader.wait(TICK_NS)
        leader.receive(1, Pong(1, leader.state.leading.round))
    assert (2, SessionEnd(1, "silent")) in sends(leader.all_effects)
    assert set(leader.state.leading.sessions) == {1}
    assert effects


def test_l14_a_leader_that_gets_no_epoch_gives_up() -> None:
    leader = elected()
    hello(leader, 1)
    leader.disk()
    effects = leader.wait(INIT_NS)
    assert "leadership_abandoned" in reasons(effects)


def test_l13_a_session_ends_with_its_link() -> None:
    leader = established()
    leader.disconnect(1)
    assert set(leader.state.leading.sessions) == {2}
    leader.connect(2)
    assert not leader.state.leading.sessions


def test_f12_a_leader_whose_link_breaks_is_left_at_once() -> None:
    server = follower()
    assert "leader_left" in reasons(server.disconnect(3))
    assert server.state.role.value == "looking"
    renewed = follower()
    assert "leader_left" in reasons(renewed.connect(3))


def test_fast_failover_a_leader_that_never_was_connected_and_has_no_process_is_left() -> None:
    server = deciding()
    server.state.learning.session = None
    effects = server.lose(3)
    assert "leader_left" in reasons(effects)


def test_f12_silence_before_the_history_is_taken_over_may_last_longer() -> None:
    assert deciding().raft.deadline() == INIT_NS
    assert follower().raft.deadline() == SYNC_NS


def test_a_new_link_gets_our_vote() -> None:
    server = ZabServer(1)
    assert sends(server.connect(2)) == [(2, Notification("looking", 1, server.state.vote))]
    assert not sends(server.connect(9))
