"""The conversations of ZooKeeper's Zab1_0Test, one side played by the test."""

from zlib import crc32

import pytest

from algorithms.raft.disk import PretendedMachine, meta_of
from algorithms.raft.harness import acts, log_of, reasons, sends
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
    taught,
    zxid,
)
from quorate.algorithms.zab.messages import (
    NO_ACK,
    Ack,
    AckEpoch,
    AckNewLeader,
    Commit,
    Diff,
    Inform,
    LeaderInfo,
    NewLeader,
    Ping,
    Pong,
    Propose,
    SessionEnd,
    Snap,
    SnapChunk,
    SnapReply,
    UpToDate,
    ZabHardState,
)
from quorate.core.effects import LeaderChanged, Persist, Send
from quorate.core.entry import Entry
from quorate.core.errors import StorageError


def batch(index: int, epoch: int, data: bytes = b"x") -> Entry:
    return Entry(index, epoch, 1, data, crc32(data))


def machine_at(*entries: Entry) -> tuple[bytes, "PretendedMachine"]:
    machine = PretendedMachine()
    for entry in entries:
        machine.apply(entry)
    return machine.snapshot(), machine


# Zab1_0Test


def test_c1_l2_followers_that_call_first_get_no_epoch_without_the_leader() -> None:
    leader = ZabServer(3, accepted=5, peers=(1, 2))
    for sid in (1, 2):
        assert not sends(hello(leader, sid, 3))
    for sid in (1, 2):
        leader.receive(sid, elected_vote(leader))
    leader.wait(TICK_NS)
    leader.disk()
    assert [message for _, message in leader.sent() if isinstance(message, LeaderInfo)] == [LeaderInfo(1, 6)] * 2


def elected_vote(server: ZabServer) -> object:
    from quorate.algorithms.zab.messages import Notification

    return Notification("looking", server.state.round, server.state.vote)


def test_c1_l14_followers_alone_wait_and_time_out() -> None:
    server = deciding(1)
    effects = server.wait(INIT_NS)
    assert "leader_left" in reasons(effects)
    assert server.state.role.value == "looking"


def test_c2_l2_same_epoch_twice_the_next_is_above_all_that_was_promised() -> None:
    """ZOOKEEPER-1343: a follower has promised just the epoch that would be proposed."""
    leader = elected(accepted=5)
    assert acts(hello(leader, 1, 6)) == [
        Persist(1, ZabHardState(7, 5)),
        Send(1, LeaderInfo(1, 7)),
    ]


def test_c3_l4_promises_count_only_with_the_leaders_own() -> None:
    """In a group of five: two that have promised and the leader are a quorum, one and the leader are none."""
    leader = elected(5, members=(1, 2, 3, 4, 5))
    hello(leader, 1)
    assert not leader.held
    hello(leader, 2)
    leader.disk()
    leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert leader.state.phase.value == "discovery"
    leader.receive(2, AckEpoch(1, 0, zxid(0, 0)))
    assert leader.state.phase.value == "synchronisation"


def test_c4_s2_a_follower_that_ends_where_the_leader_does_gets_a_diff_and_no_snapshot() -> None:
    leader = elected(accepted=1, entries=log_of(1, 1))
    hello(leader, 1, 1)
    leader.disk()
    leader.sent()
    effects = leader.receive(1, AckEpoch(1, 1, zxid(1, 2)))
    assert sends(effects) == [(1, Diff(1, zxid(1, 2))), (1, NewLeader(1, 2))]
    assert not leader.sent()  # the leader's own epoch is not durable yet
    leader.disk()
    assert len(leader.sent()) == 2


def test_c5_f6_f8_a_fresh_follower_is_sent_a_snapshot() -> None:
    """What the log gets from it is committed; entries and epoch are written with NEWLEADER, and a proposal is visible after its commit."""
    first = batch(1, 1, b"old")
    data, _ = machine_at(first)
    meta = meta_of(1, 1, data)
    server = deciding(1)
    server.receive(3, LeaderInfo(1, 2))
    server.disk()
    server.receive(3, Snap(1, meta))
    server.disk()
    assert server.sent()[-1] == (3, SnapReply(1, meta.digest, "continue"))
    server.receive(3, SnapChunk(1, meta.digest, 0, data, crc32(data)))
    server.disk()
    assert server.sent()[-1] == (3, SnapReply(1, meta.digest, "done"))
    assert server.pretended.hard_state == ZabHardState(2, 0)
    server.receive(3, Propose(1, batch(2, 1)))
    assert not server.held
    server.receive(3, NewLeader(1, 2))
    server.disk()
    assert server.pretended.hard_state == ZabHardState(2, 2)
    assert server.sent()[-1] == (3, AckNewLeader(1, 2))
    server.receive(3, Propose(1, batch(3, 2, b"new")))
    server.receive(3, UpToDate(1, zxid(1, 2)))
    server.disk()
    assert [entry.index for entry in server.applied] == [2]
    assert server.sent()[-1] == (3, Ack(1, zxid(2, 3)))
    server.receive(3, Commit(1, zxid(2, 3)))
    assert [entry.index for entry in server.applied] == [2, 3]


def test_c6_f8_f9_a_diff_of_one_entry_newleader_and_uptodate_back_to_back() -> None:
    server = taught(1, entries=(batch(1, 1),))
    effects = server.receive(3, NewLeader(1, 1))
    assert acts(effects) == [
        Persist(2, entries=(batch(1, 1),)),
        Persist(3, ZabHardState(1, 1)),
        Send(3, AckNewLeader(1, 1)),
    ]
    effects = server.receive(3, UpToDate(1, zxid(1, 1)))
    assert acts(effects) == [LeaderChanged(3, 1)]
    server.disk()
    assert [entry.index for entry in server.applied] == [1]
    assert [message for _, message in server.sent()] == [AckNewLeader(1, 1)]
    assert server.pretended.last == 1


def test_c7_f9_commit_after_ack_of_an_entry_from_before_newleader_waits_for_uptodate() -> None:
    """ZOOKEEPER-4394: the server lived on."""
    server = taught(1, entries=(batch(1, 1),))
    server.receive(3, NewLeader(1, 1))
    server.disk()
    assert server.pretended.last == 1
    assert not acts(server.receive(3, Commit(1, zxid(1, 1))))
    assert not server.applied
    server.receive(3, UpToDate(1, zxid(0, 0)))
    assert [entry.index for entry in server.applied] == [1]


def test_c8_l1_l8_a_leader_in_a_plain_run() -> None:
    leader = elected()
    assert acts(hello(leader, 1)) == [Persist(1, ZabHardState(1, 0)), Send(1, LeaderInfo(1, 1))]
    leader.disk()
    effects = leader.receive(1, AckEpoch(1, 0, zxid(0, 0)))
    assert acts(effects) == [
        Persist(2, ZabHardState(1, 1)),
        Send(1, Diff(1, zxid(0, 0))),
        Send(1, NewLeader(1, 1)),
    ]
    leader.disk()
    effects = leader.receive(1, AckNewLeader(1, 1))
    assert acts(effects) == [LeaderChanged(3, 1, ready=True), Send(1, UpToDate(1, zxid(0, 0)))]


def test_c9_l12_a_follower_that_answers_pings_and_acknowledges_nothing_is_dropped() -> None:
    leader = established()
    leader.propose(b"x")
    leader.disk()
    dropped: list[object] = []
    for _ in range(SYNC_NS // TICK_NS + 2):
        effects = leader.wait(TICK_NS)
        dropped += [(to, message) for to, message in sends(effects) if isinstance(message, SessionEnd)]
        for sid in leader.state.leading.sessions if leader.state.leading else ():
            leader.receive(sid, Pong(1, leader.state.leading.round))
        if 2 in leader.state.leading.sessions:
            leader.receive(2, Ack(1, zxid(1, 1)))
    assert dropped == [(1, SessionEnd(1, "no_ack"))]


def test_c10_f10_an_observer_gets_a_proposal_its_commit_and_an_inform_before_uptodate() -> None:
    server = deciding(4, members=(1, 2, 3))
    server.receive(3, LeaderInfo(1, 1))
    server.disk()
    server.receive(3, Diff(1, zxid(0, 0)))
    server.receive(3, Propose(1, batch(1, 1)))
    server.receive(3, NewLeader(1, 1))
    server.receive(3, Commit(1, zxid(1, 1)))
    server.receive(3, Inform(1, batch(2, 1)))
    server.receive(3, UpToDate(1, zxid(1, 1)))
    server.disk()
    assert server.state.role.value == "observing"
    assert [entry.index for entry in server.applied] == [1, 2]
    assert server.pretended.last == 2
    assert not [message for _, message in server.sent() if isinstance(message, Ack)]


def test_c11_l2_a_follower_that_promised_20_makes_the_leader_offer_21() -> None:
    leader = elected()
    assert sends(hello(leader, 1, 20)) == [(1, LeaderInfo(1, 21))]


def test_c12_l4_unpromised_epoch_is_not_used() -> None:
    """ZOOKEEPER-1192: a quorum said hello, and none promised."""
    leader = elected()
    hello(leader, 1)
    hello(leader, 2)
    leader.disk()
    leader.receive(1, AckEpoch(1, NO_ACK, zxid(0, 0)))
    leader.wait(INIT_NS - 1)
    assert leader.state.current_epoch == 0
    leader.wait(1)
    assert (leader.state.role.value, leader.state.current_epoch, leader.state.accepted_epoch) == ("looking", 0, 1)


def test_c13_a_log_needs_its_epochs() -> None:
    """There is no log without epoch files here: hard state and entries are one log."""
    with pytest.raises(StorageError, match="put together from different times"):
        ZabServer(1, entries=log_of(3, 3, 3))


# Epochs and sessions


def test_l3_stranded_epoch_a_leader_makes_way_for_a_voter_that_promised_more() -> None:
    leader = established(followers=(1,))
    effects = hello(leader, 2, 5)
    assert "epoch_too_low" in reasons(effects)
    assert leader.state.role.value == "looking"
    assert (1, SessionEnd(1, "leadership_lost")) in sends(effects)


def test_l4_a_follower_that_is_ahead_makes_the_leader_give_up() -> None:
    leader = elected(accepted=1, entries=log_of(1))
    hello(leader, 1, 1)
    leader.disk()
    effects = leader.receive(1, AckEpoch(1, 1, zxid(1, 2)))
    assert "follower_ahead" in reasons(effects)
    assert leader.state.role.value == "looking"


def test_f3_an_epoch_is_promised_once() -> None:
    server = deciding(1, accepted=4)
    effects = server.receive(3, LeaderInfo(1, 4))
    assert acts(effects) == [Send(3, AckEpoch(1, NO_ACK, zxid(0, 0)))]
    lower = deciding(1, accepted=4)
    effects = lower.receive(3, LeaderInfo(1, 3))
    assert (3, SessionEnd(1, "epoch_too_low")) in sends(effects)
    assert lower.state.role.value == "looking"


def test_l13_ack_outlives_log_a_session_takes_its_acknowledgements_along() -> None:
    leader = established(5, followers=(1, 2), members=(1, 2, 3, 4, 5))
    leader.propose(b"x")
    leader.disk()
    leader.receive(1, Ack(1, zxid(1, 1)))
    hello(leader, 1, 1, session=2)
    leader.receive(2, Ack(1, zxid(1, 1)))
    assert leader.state.commit == 0
    leader.receive(1, AckEpoch(2, 1, zxid(0, 0)))
    leader.receive(1, AckNewLeader(2, 1))
    assert leader.state.commit == 1


def test_messages_of_another_session_are_dropped_by_both_sides() -> None:
    leader = established()
    leader.propose(b"x")
    leader.disk()
    assert not leader.receive(1, Ack(9, zxid(1, 1)))
    assert leader.state.commit == 0
    learner = follower()
    assert not learner.receive(3, Propose(9, batch(1, 1)))
    assert not learner.receive(2, Propose(1, batch(1, 1)))
    assert learner.state.log.last_index == 0


def test_f7_a_gap_ends_the_session_and_a_repeat_does_not() -> None:
    server = taught(1, entries=(batch(1, 1), batch(2, 1)))
    assert not server.receive(3, Propose(1, batch(1, 1)))
    effects = server.receive(3, Propose(1, batch(4, 1)))
    assert (3, SessionEnd(1, "entry_out_of_order")) in sends(effects)
    assert server.state.log.last_index == 0


def test_f12_retained_memory_what_was_staged_is_forgotten_with_the_leader() -> None:
    """ZOOKEEPER-2845: the next session starts from what is on the disk."""
    server = taught(1, entries=(batch(1, 1), batch(2, 1)))
    effects = server.disconnect(3)
    assert server.state.last == zxid(0, 0)
    vote = sends(effects)[0][1].vote
    assert (vote.zxid, vote.sid) == (zxid(0, 0), 1)


def test_f11_pings_are_answered_and_hold_a_follower() -> None:
    server = follower()
    for number in range(20):
        server.wait(SYNC_NS - 1)
        assert sends(server.receive(3, Ping(1, number))) == [(3, Pong(1, number))]
    effects = server.wait(SYNC_NS)
    assert (3, SessionEnd(1, "silent")) in sends(effects)


def test_a_follower_that_was_not_running_does_not_take_that_for_its_leaders_silence() -> None:
    server = follower()
    server.now += 3 * SYNC_NS
    effects = server.time_out()
    assert reasons(effects) == ["overslept"]
    assert server.state.leader == 3
