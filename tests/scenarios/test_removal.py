"""Members go, and what becomes of elections: scenarios S-M3, S-M7, S-M9 to S-M12, S-M14, S-M17, rules R8, R30, R31."""

from random import Random

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, reasons, sends
from algorithms.raft.scenes import acknowledge, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import (
    AppendReply,
    Forward,
    PreVoteReply,
    PreVoteRequest,
    Removed,
    TimeoutNow,
    VoteRequest,
)
from quorate.core.configuration import Configuration, Member
from quorate.core.effects import ReadReady, Rejected, RequestRefused
from quorate.core.entry import EntryKind
from quorate.core.events import Requested
from quorate.core.reconfigure import Add, Change, Demote, Promote, Remove
from quorate.core.requests import ChangeMembers, TransferLeadership
from scenarios.members import agreed, change, done, newcomer, table_of, why

# S-M7: elections do not follow from changes


def test_s_m7_neither_adding_nor_removing_a_voter_starts_an_election() -> None:
    table = table_of(3)
    term = table[1].state.term
    newcomer(table, 4)
    assert done(change(table, 1, Add(4, voter=True)))
    table.advance(ELECTION_NS * 2)
    assert done(change(table, 1, Remove(4)))
    table.advance(ELECTION_NS * 6)
    assert (table.leaders, table[1].state.term) == ([1], term)


def test_s_m7_removing_a_voter_commits_what_waited_for_it() -> None:
    server = ready_leader(members=(1, 2, 3, 4))
    server.propose(b"x", 1)
    server.disk()
    acknowledge(server, (2,))
    assert server.state.commit == 1
    server.step(Requested(2, ChangeMembers((Remove(4),))))
    server.disk()
    acknowledge(server, (2,))
    assert server.state.commit == server.state.log.last_index == 3


# S-M10, R30: a leader that is removed


@pytest.mark.parametrize("others", [(), (Add(4, voter=True),)])
def test_s_m10_r30_a_removed_leader_finishes_its_removal_and_hands_over(others: tuple[Change, ...]) -> None:
    table = table_of(3)
    newcomer(table, 4)
    assert done(change(table, 1, Remove(1), *others))
    assert table[1].state.role.value == "follower"
    assert "removed_itself" in reasons(table[1].all_effects)
    assert len(table.leaders) == 1, "at once: whoever had everything was told to campaign"
    assert table.leaders != [1]
    table.advance(ELECTION_NS * 5)
    assert table[1].state.role.value == "follower"
    assert acts(table[1].propose(b"x", 60)) == [Rejected(60, "removed")]
    table.propose(table.leaders[0], b"y")


def test_s_m10_it_does_not_count_itself() -> None:
    server = ready_leader()
    server.step(Requested(1, ChangeMembers((Remove(1),))))
    server.disk()
    acknowledge(server, (2,))
    assert server.leads, "one of two new voters is no majority, whatever the leader has"
    acknowledge(server, (3,))
    assert not server.leads


def test_s_m10_a_removed_leader_that_is_deposed_first_cannot_win() -> None:
    table = table_of(3)
    table.drop = lambda _sender, _to, message: isinstance(message, AppendReply)
    change(table, 1, Remove(1))
    table.heal()
    table.cut(1)
    table.elect(2)
    assert 1 not in table[2].state.configuration.ids
    table[1].wait(ELECTION_NS * 5)
    table.heal()
    table.advance(ELECTION_NS * 4)
    assert table.leaders == [2]


# S-M9, S-M11, S-M12, R8: those outside


def test_s_m11_r8_a_removed_node_that_was_cut_off_disturbs_nobody_on_return() -> None:
    table = table_of(4)
    table.cut(4)
    assert done(change(table, 1, Remove(4)))
    table.advance(ELECTION_NS * 6)
    assert 4 not in table[1].state.progress, "it is sent nothing any more"
    term = table[1].state.term
    table.heal()
    table.advance(ELECTION_NS * 6)
    assert (table.leaders, table[1].state.term) == ([1], term)
    assert table[4].state.removed, "it was told when it asked"
    assert "removed" in reasons(table[4].all_effects)


def test_s_m11_a_removal_without_a_quorum_has_no_effect() -> None:
    table = table_of(4)
    table.cut(1)
    assert change(table, 1, Remove(2)) is None
    table.elect(2)
    table.heal()
    table.advance(ELECTION_NS * 3)
    assert agreed(table).voters == (1, 2, 3, 4)


def test_s_m12_a_node_outside_that_asks_for_votes_disturbs_nobody_while_a_leader_is_heard() -> None:
    table = table_of(3)
    term = table[1].state.term
    for node in (1, 2, 3):
        table[node].receive(9, VoteRequest(50, 99, 49))
        table[node].receive(9, PreVoteRequest(50, 51, 99, 49))
    table.settle()
    assert (table.leaders, table[1].state.term, table[2].state.term) == ([1], term, term)
    assert "not_a_member" in reasons(table[1].all_effects)


def test_a_removed_node_that_forwards_is_told() -> None:
    server = ready_leader()
    server.step(Requested(1, ChangeMembers((Remove(3),))))
    server.disk()
    acknowledge(server, (2,))
    at = server.state.configuration.index
    sent = sends(server.receive(3, Forward(2, 1, 1, 1, b"x", 0)))
    assert sent == [(3, Removed(2, at))]


def test_an_old_word_of_a_removal_does_not_concern_a_node_that_was_let_in_again() -> None:
    table = table_of(3)
    at = table[1].state.log.last_index
    change(table, 1, Remove(3))
    change(table, 1, Add(3, voter=True))
    table.advance(HEARTBEAT_NS * 4)
    table[3].receive(1, Removed(table[1].state.term, at + 1))
    assert not table[3].state.removed


def test_s_m9_s_m18_r11_a_campaign_obeys_the_configuration_in_the_own_log() -> None:
    """By transfer neither: who finds itself removed declines."""
    table = table_of(3)
    change(table, 1, Remove(3))
    table.advance(HEARTBEAT_NS * 3)
    server = table[3]
    server.receive(1, TimeoutNow(server.state.term))
    assert server.state.role.value == "follower"
    server.wait(ELECTION_NS * 5)
    assert server.state.role.value == "follower"


def test_a_voter_whose_removal_may_be_taken_back_may_still_be_needed() -> None:
    """1 appends the removal of 3 and dies, with the entry on 3 alone, whose log is the longest now."""
    table = table_of(4)
    table.cut(2, 4)
    change(table, 1, Remove(3))
    assert table[3].state.unsettled
    table.crash(1)
    table.heal()
    for node in (2, 4):
        table[node].now += 3 * ELECTION_NS
    table[3].time_out()
    table.settle()
    table.advance(HEARTBEAT_NS * 2)
    assert "leader_elected" in reasons(table[3].all_effects)
    assert table[2].state.configuration.ids == (1, 2, 4), "it led, to finish its own removal"
    assert table.leaders in ([2], [4])


def test_s_m17_the_target_of_a_transfer_must_vote_and_a_change_waits_for_its_end() -> None:
    table = table_of(3)
    newcomer(table, 4)
    change(table, 1, Add(4))
    table.advance(HEARTBEAT_NS * 2)
    table[1].step(Requested(70, TransferLeadership(4)))
    assert RequestRefused(70, "not_a_voter", 1) in table[1].told
    table.drop = lambda _sender, to, _message: to == 3
    table[1].propose(b"x", 71)
    table[1].step(Requested(72, TransferLeadership(3)))
    assert why(change(table, 1, Remove(3))) == "transferring"


# R31: the tally follows the configuration


def test_r31_the_tally_follows_the_configuration() -> None:
    """A candidate asked three; meanwhile it learns that five vote."""
    server = Server(1, term=1)
    server.time_out()
    five = Configuration(0, tuple(Member(n) for n in range(1, 6)), (1, 2, 3, 4, 5))
    server.state.group.replace(five)
    server.receive(2, PreVoteReply(1, 2, granted=True))
    assert server.state.role.value == "pre_candidate", "two of five"
    server.receive(3, PreVoteReply(1, 2, granted=True))
    assert server.state.role.value == "candidate"


def test_joint_elections_need_both_majorities() -> None:
    joint = Configuration(0, tuple(Member(n) for n in range(1, 6)), (1, 4, 5), (1, 2, 3))
    server = Server(1, term=1)
    server.state.group.replace(joint)
    server.state.peers = (2, 3, 4, 5)
    server.time_out()
    assert [to for to, _ in server.sent()] == [2, 3, 4, 5]
    for peer in (4, 5):
        server.receive(peer, PreVoteReply(1, 2, granted=True))
    assert server.state.role.value == "pre_candidate"
    server.receive(3, PreVoteReply(1, 2, granted=True))
    assert server.state.role.value == "candidate"


# Joining by intent


def test_who_wants_to_vote_does_once_it_has_caught_up_and_whom_it_replaces_goes() -> None:
    table = table_of(3, config=RaftConfig(catch_up_entries=2))
    for number in range(10):
        table.propose(1, b"%d" % number)
    newcomer(table, 4)
    table.drop = lambda _sender, to, _message: to == 4
    assert done(change(table, 1, Add(4, "host:4", wants_vote=True, replaces=3)))
    table.advance(HEARTBEAT_NS * 3)
    assert table[1].state.configuration.learners == (4,), "it has nothing yet"
    table.heal()
    table.advance(HEARTBEAT_NS * 6)
    assert table[1].state.configuration.ids == (1, 2, 4)
    assert table[1].state.configuration.voters == (1, 2, 4)
    assert table[3].state.removed


def test_a_node_that_was_never_let_in_waits() -> None:
    server = Server(4, ())
    server.wait(ELECTION_NS * 10)
    assert server.state.role.value == "follower"
    assert acts(server.propose(b"x")) == [Rejected(1, "no_leader")]
    assert not server.state.removed


def test_dead_members_are_cleaned_up_but_not_below_what_was_asked_for() -> None:
    config = RaftConfig(remove_dead_after_ms=3000, least_voters=3)
    table = table_of(5, config=config)
    for node in (4, 5):
        table.crash(node)
    table.advance(3 * ELECTION_NS)
    assert table[1].state.configuration.ids == (1, 2, 3, 4, 5), "not before its time"
    table.advance(4 * ELECTION_NS)
    assert table[1].state.configuration.voters == (1, 2, 3)
    table.crash(3)
    table.advance(8 * ELECTION_NS)
    assert table[1].state.configuration.voters == (1, 2, 3), "three are to stay, whatever they do"


def test_dead_members_stay_by_default() -> None:
    table = table_of(5)
    table.crash(5)
    table.advance(40 * ELECTION_NS)
    assert table[1].state.configuration.ids == (1, 2, 3, 4, 5)


# Any series of changes


@pytest.mark.parametrize("seed", range(30))
def test_s_m3_any_series_of_changes_ends_where_the_simple_rules_say(seed: int) -> None:
    """Against a plain model of sets; after each change every member has everything and the group works."""
    random = Random(seed)
    table = table_of(3)
    voters, learners = {1, 2, 3}, set[int]()
    for step in range(8):
        changes: list[Change] = []
        for node in random.sample(range(1, 7), random.choice((1, 1, 2, 3))):
            if node in voters:
                kind = random.choice((Remove, Demote))
                changes.append(kind(node))
                voters.discard(node)
                learners |= {node} if kind is Demote else set()
            elif node in learners:
                kind = random.choice((Remove, Promote))
                changes.append(kind(node))
                learners.discard(node)
                voters |= {node} if kind is Promote else set()
            else:
                if node not in table.servers:
                    newcomer(table, node)
                vote = random.random() < 0.5
                changes.append(Add(node, voter=vote))
                (voters if vote else learners).add(node)
        if not voters:
            return
        chief = table.leaders[0]
        assert done(change(table, chief, *changes)), (step, changes)
        table.advance(3 * ELECTION_NS)
        (chief,) = table.leaders
        group = table[chief].state.configuration
        assert (set(group.voters), set(group.learners)) == (voters, learners)
        table.propose(chief, b"%d" % step)
        table.advance(2 * HEARTBEAT_NS)
        members = [table[node] for node in group.ids]
        assert {server.state.applied for server in members} == {table[chief].state.log.last_index}
        assert {server.state.configuration for server in members} == {group}
        assert all(entry.kind != EntryKind.CONFIGURATION or entry.index <= group.index for entry in members[0].applied)


def test_s_q4_a_read_that_waits_for_a_voter_that_is_removed_is_answered() -> None:
    """Who must confirm it has changed, and nobody is left whose answer would make the leader look."""
    server = ready_leader(members=(1, 2))
    server.read(7)
    assert not [news for news in server.told if isinstance(news, ReadReady)]
    server.step(Requested(1, ChangeMembers((Remove(2),))))
    server.disk()
    assert [news.id for news in server.told if isinstance(news, ReadReady)] == [7]


# S-M14: the first configuration


def test_s_m14_the_first_configuration_counts_once_and_never_against_the_log() -> None:
    """What settings list is what a group begins with; a node that has state goes by that, whatever the settings say by then."""
    table = table_of(3)
    newcomer(table, 4)
    assert done(change(table, 1, Remove(3), Add(4, voter=True)))
    old = table[1]
    disk = old.pretended
    elsewhere = Server(1, (1, 7, 8, 9), disk=disk, incarnation=9)
    assert elsewhere.state.configuration.voters == (1, 2, 4)
    old.take_snapshot()
    old.disk()
    assert Server(1, (1, 7, 8, 9), disk=disk, incarnation=10).state.configuration.voters == (1, 2, 4)


def test_s_m14_without_a_first_configuration_there_is_none() -> None:
    """Neither does a node that was let in nowhere elect itself, nor does it let anybody in."""
    server = Server(4, ())
    assert server.state.configuration == Configuration()
    server.wait(20 * ELECTION_NS)
    assert not server.leads
    assert acts(server.step(Requested(1, ChangeMembers((Add(4, voter=True),))))) == [RequestRefused(1, "no_leader")]
