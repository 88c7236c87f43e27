"""Members come and go: scenarios S-M1 to S-M6, S-M8, S-M13, rules R25 to R29. Removal is in test_removal.py."""

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts
from algorithms.raft.scenes import acknowledge, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    VoteReply,
    VoteRequest,
)
from quorate.core.configuration import Member
from quorate.core.effects import ConfigurationChanged, ReadRefused, Rejected, RequestDone, RequestRefused
from quorate.core.entry import Entry, EntryKind
from quorate.core.events import Requested
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove, Update
from quorate.core.requests import ChangeMembers, LeaveJoint
from scenarios.members import agreed, change, done, newcomer, table_of, why

# S-M1, S-M8: adding, promoting, demoting, removing


def test_s_m1_a_learner_is_added_and_promoted_and_removed_by_simple_changes() -> None:
    table = table_of(3)
    newcomer(table, 4)
    assert done(change(table, 1, Add(4, "host:4")))
    table.advance(HEARTBEAT_NS * 3)
    group = agreed(table)
    assert (group.voters, group.learners, group.joint) == ((1, 2, 3), (4,), False)
    assert group.member(4) == Member(4, "host:4", joined_at=group.index)
    assert done(change(table, 1, Promote(4)))
    assert agreed(table).voters == (1, 2, 3, 4)
    assert done(change(table, 1, Demote(2)))
    assert (agreed(table).voters, agreed(table).learners) == ((1, 3, 4), (2,))
    assert done(change(table, 2, Remove(2))), "asked of the one that goes"
    table.crash(2)
    table.advance(HEARTBEAT_NS * 2)
    assert agreed(table).ids == (1, 3, 4)
    table.propose(1, b"x")
    assert {server.state.applied for server in table.servers.values()} == {table[1].state.log.last_index}


def test_s_m1_several_at_once_go_through_a_joint_configuration_that_is_left_by_itself() -> None:
    table = table_of(3)
    for node in (4, 5):
        newcomer(table, node)
    assert done(change(table, 1, Add(4, voter=True), Add(5, voter=True), Remove(2), Remove(3)))
    seen = [
        effect.configuration
        for effect in table[1].all_effects
        if isinstance(effect, ConfigurationChanged) and not effect.committed
    ]
    assert [(group.voters, group.outgoing) for group in seen] == [((1, 4, 5), (1, 2, 3)), ((1, 4, 5), ())]
    assert table[1].state.configuration.ids == (1, 4, 5)
    for node in (2, 3):
        table.crash(node)
    table.propose(1, b"x")
    assert agreed(table).voters == (1, 4, 5)


def test_s_m1_a_joint_configuration_can_wait_to_be_left() -> None:
    table = table_of(3)
    for node in (4, 5):
        newcomer(table, node)
    assert done(change(table, 1, Add(4, voter=True), Add(5, voter=True), auto_leave=False))
    table.advance(HEARTBEAT_NS * 4)
    assert agreed(table).joint
    assert why(change(table, 1, Remove(5))) == "joint", "no time cures that"
    table[1].step(Requested(999_999_1, LeaveJoint()))
    table.settle()
    assert RequestDone(999_999_1) in table[1].told
    assert (agreed(table).voters, agreed(table).joint) == ((1, 2, 3, 4, 5), False)
    table[1].step(Requested(999_999_2, LeaveJoint()))
    assert RequestRefused(999_999_2, "not_joint", 1) in table[1].told


def test_s_m1_a_node_added_twice_changes_nothing() -> None:
    table = table_of(3)
    newcomer(table, 4)
    assert done(change(table, 1, Add(4, "host:4", disk=7)))
    last = table[1].state.log.last_index
    assert done(change(table, 1, Add(4, "host:4", disk=7)))
    assert done(change(table, 1, Add(4)))
    assert table[1].state.log.last_index == last


def test_s_m8_a_learner_replicates_and_counts_for_nothing() -> None:
    table = table_of(3)
    newcomer(table, 4)
    change(table, 1, Add(4))
    table.cut(1, 4)
    table[1].propose(b"x", 77)
    table.settle()
    assert table[4].state.log.last_index == table[1].state.log.last_index
    assert table[1].state.commit < table[1].state.log.last_index, "the leader and a learner are no quorum of three"
    table[4].wait(ELECTION_NS * 10)
    assert table[4].state.role.value == "follower", "a learner never campaigns"


def test_s_m8_r26_a_learner_votes_and_a_voter_that_does_not_know_it_is_one_votes_too() -> None:
    """It may have been promoted without knowing; who is asked, answers."""
    learner = Server(4, ())
    learner.receive(1, VoteRequest(5, 3, 4))
    learner.disk()
    assert learner.sent() == [(1, VoteReply(5, 5, granted=True))]


# S-M2, S-M6: one at a time, and only as expected


def test_s_m2_r25_none_before_a_commit_of_the_own_term() -> None:
    table = table_of(3)
    fresh = table[1].reborn()
    table.put(fresh)
    table.drop = lambda _sender, _to, message: isinstance(message, AppendReply)
    for node in (2, 3):
        table[node].now += ELECTION_NS * 4
    fresh.time_out()
    table.settle()
    assert fresh.leads
    assert not fresh.state.ready
    assert why(change(table, 1, Remove(3))) == "not_ready"


def test_s_m2_one_at_a_time() -> None:
    server = ready_leader()
    server.step(Requested(1, ChangeMembers((Remove(3),))))
    effects = server.step(Requested(2, ChangeMembers((Add(4),))))
    assert acts(effects) == [RequestRefused(2, "change_under_way", 1)]


def test_s_m2_asked_of_another_node_it_is_passed_on() -> None:
    table = table_of(3)
    newcomer(table, 4)
    assert done(change(table, 3, Add(4)))
    table.cut(3)
    assert change(table, 3, Remove(4)) is None, "no answer while the leader cannot be reached"


def test_s_m2_without_a_leader_it_is_refused_by_name() -> None:
    server = Server(1)
    assert acts(server.step(Requested(1, ChangeMembers((Remove(3),))))) == [RequestRefused(1, "no_leader")]


def test_s_m6_compare_and_set() -> None:
    table = table_of(3)
    for node in (4, 5):
        newcomer(table, node)
    assert why(change(table, 1, Add(4), expected=3)) == "configuration_changed"
    assert done(change(table, 1, Add(4), expected=0))
    at = table[1].state.configuration.index
    assert why(change(table, 2, Add(5), expected=0)) == "configuration_changed"
    assert done(change(table, 2, Promote(4), Add(5, voter=True), expected=at)), "it survives both joint steps"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ((Remove(9),), "not_a_member"),
        ((Promote(9),), "not_a_member"),
        ((Update(9, "x:1"),), "not_a_member"),
        ((Add(2, "elsewhere:1"),), "id_taken"),
        ((Remove(1), Remove(2), Remove(3)), "last_voter"),
        ((Add(4), Remove(4)), "contradiction"),
    ],
)
def test_s_m3_s_m13_what_cannot_be_is_refused_by_name(changes: tuple[Change, ...], reason: str) -> None:
    server = ready_leader()
    assert acts(server.step(Requested(1, ChangeMembers(changes)))) == [RequestRefused(1, reason, 1)]


def test_s_m3_a_demoted_voter_is_a_learner_only_when_the_joint_phase_ends() -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.step(Requested(1, ChangeMembers((Demote(4), Demote(5)))))
    joint = server.state.configuration
    assert (joint.voters, joint.outgoing, joint.demoted, joint.learners) == ((1, 2, 3), (1, 2, 3, 4, 5), (4, 5), ())
    server.disk()
    acknowledge(server, (2, 3))
    left = server.state.configuration
    assert (left.voters, left.outgoing, left.learners) == ((1, 2, 3), (), (4, 5))


# S-M5, R27: the next leader finishes it


def test_s_m5_r27_a_new_leader_takes_over_an_unfinished_joint_change() -> None:
    table = table_of(3)
    for node in (4, 5):
        newcomer(table, node)
    table.drop = lambda _sender, _to, message: (
        isinstance(message, AppendReply) and bool(table[1].state.configuration.joint)
    )
    change(table, 1, Add(4, voter=True), Add(5, voter=True))
    assert all(table[node].state.configuration.joint for node in (1, 2, 3))
    table.crash(1)
    table.heal()
    chief = table.elect(2)
    table.advance(HEARTBEAT_NS * 3)
    assert not chief.state.configuration.joint
    assert agreed(table).voters == (1, 2, 3, 4, 5)


def test_s_m5_a_leader_that_loses_its_office_leaves_open_what_becomes_of_a_change() -> None:
    server = ready_leader()
    server.step(Requested(1, ChangeMembers((Remove(3),))))
    effects = server.receive(2, AppendReply(9, 0, ok=False))
    assert RequestRefused(1, "leadership_lost") in effects


# R28: truncation, snapshots, restarts


def test_r28_truncation_brings_back_the_configuration_before() -> None:
    server = ready_leader()
    server.step(Requested(1, ChangeMembers((Remove(3),))))
    server.disk()
    assert server.state.configuration.ids == (1, 2)
    assert server.state.peers == (2, 3), "who is to go is served until that is committed"
    last = server.state.log.last_index
    effects = server.receive(2, Append(3, 1, last - 1, 2, 0, (Entry(last, 3, EntryKind.NOOP, b"", 0),)))
    assert server.state.configuration.ids == (1, 2, 3)
    assert any(isinstance(e, ConfigurationChanged) and e.configuration.index == 0 for e in effects)


def test_r28_s_s6_a_restart_and_a_snapshot_bring_the_committed_configuration() -> None:
    table = table_of(3, config=RaftConfig(log_tail_entries=0))
    newcomer(table, 4)
    assert done(change(table, 1, Add(4, "host:4", voter=True)))
    table.propose(1, b"x")
    group = table[1].state.configuration
    table[1].take_snapshot()
    table.settle()
    assert table[1].state.log.start.index > group.index
    table[1].take_snapshot()  # a second compaction keeps it
    reborn = table[1].reborn()
    assert reborn.state.configuration == group
    assert [e.configuration for e in reborn.all_effects if isinstance(e, ConfigurationChanged)] == [group]
    newcomer(table, 5, RaftConfig(log_tail_entries=0))
    assert done(change(table, 1, Add(5)))
    table.advance(HEARTBEAT_NS * 6)
    assert table[5].state.configuration == table[1].state.configuration, "by snapshot and log"
    assert table[5].state.snapshot_index > 0


# R29, S-M13: out and in again


def test_r29_replies_to_an_earlier_membership_do_not_touch_the_new_one() -> None:
    server = ready_leader()
    old_reply = AppendReply(2, server.state.round, ok=True, match=server.state.log.last_index)
    for request_id, changes in ((1, (Remove(3),)), (2, (Add(3, voter=True),))):
        server.step(Requested(request_id, ChangeMembers(changes)))
        server.disk()
        acknowledge(server, (2,))
    progress = server.state.progress[3]
    assert (progress.match, progress.joined_at) == (0, server.state.configuration.index)
    server.receive(3, old_reply)
    assert server.state.progress[3].match == 0
    server.receive(3, AppendReply(2, server.state.round, ok=True, match=3, joined_at=progress.joined_at))
    assert server.state.progress[3].match == 3


def test_s_m13_leave_and_join_again_works_in_the_same_term() -> None:
    table = table_of(3)
    term = table[1].state.term
    assert done(change(table, 1, Remove(3)))
    table.advance(HEARTBEAT_NS * 3)
    assert table[3].state.removed
    assert acts(table[3].propose(b"x", 50)) == [Rejected(50, "removed")]
    assert acts(table[3].read(50)) == [ReadRefused(50, "removed")]
    assert done(change(table, 1, Add(3, voter=True)))
    table.propose(1, b"x")
    table.advance(HEARTBEAT_NS * 3)
    assert not table[3].state.removed
    assert agreed(table).voters == (1, 2, 3)
    assert table[1].state.term == term
