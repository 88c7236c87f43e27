"""Leadership is handed over: scenarios S-M16 and S-M17."""

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from algorithms.raft.table import Table
from quorate.algorithms.raft.messages import (
    Append,
    AppendReply,
    Ask,
    AskReply,
    PreVoteReply,
    TimeoutNow,
    VoteReply,
    VoteRequest,
)
from quorate.core.effects import Rejected, RequestDone, RequestRefused, Send
from quorate.core.events import PeerConnected, Requested
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.requests import TransferLeadership


def ask(server: Server, to: NodeId | None = None, request_id: int = 1) -> list[object]:
    """An operator asks this node; what is done, without explanations."""
    return list(acts(server.step(Requested(request_id, TransferLeadership(to)))))


def order(server: Server, to: NodeId) -> Send:
    return Send(to, TimeoutNow(server.state.term), at_once=True)


def table_of(count: int, chief: NodeId = 1) -> Table:
    table = Table.of(count)
    table.elect(chief)
    assert table.leaders == [chief]
    return table


# S-M16: it succeeds


def test_s_m16_to_an_up_to_date_node_it_takes_no_wait() -> None:
    """The target campaigns the moment it is told, and hearing the old leader is no reason to refuse it."""
    table = table_of(3)
    ask(table[1], 3)
    table.settle()
    assert table.leaders == [3]
    assert table[3].state.ready
    assert [server.state.leader for server in table.servers.values()] == [3, 3, 3]
    assert RequestDone(1) in table[1].told


def test_s_m16_s_m18_r11_a_slow_target_is_let_catch_up_first() -> None:
    """Rule R11: meanwhile the log gets no longer."""
    server = ready_leader()
    server.propose(b"x")
    acknowledge(server, [2])
    assert ask(server, 3) == []
    assert server.propose(b"y", 2) == [Rejected(2, "transferring", 1)]
    effects = server.receive(3, AppendReply(2, server.state.round, ok=True, match=server.state.log.last_index))
    assert effects[-1] == order(server, 3)


def test_s_m16_the_order_does_not_wait_for_a_disk_that_hangs() -> None:
    """The leader's own writes are what may be wrong with it."""
    server = ready_leader()
    server.propose(b"x")
    assert server.held
    acknowledge(server, [2, 3])
    server.sent()
    ask(server, 2)
    assert [message for _, message in server.sent()] == [TimeoutNow(2)]


def test_s_m16_asked_through_a_follower() -> None:
    table = table_of(3)
    assert sends(table[2].step(Requested(7, TransferLeadership(3)))) == [
        (1, Ask(table[1].state.term, 1, 7, TransferLeadership(3)))
    ]
    table.settle()
    assert table.leaders == [3]
    assert RequestDone(7) in table[2].told


def test_s_m16_to_whoever_is_best_prepared_when_none_is_named() -> None:
    server = ready_leader(members=(1, 2, 3, 4))
    server.propose(b"x")
    acknowledge(server, [2, 3])
    assert ask(server)[-1:] == [order(server, 3)], "of the two that have everything the biggest"


def test_s_m16_among_seven_and_back_again() -> None:
    table = table_of(7)
    for target in (7, 1, 4, 1):
        chief = table.leaders[0]
        if chief != target:
            ask(table[chief], target, request_id=target)
            table.settle()
        assert table.leaders == [target]


def test_s_m16_with_proposals_under_way_each_is_decided() -> None:
    table = table_of(3)
    for sequence in range(1, 6):
        table[1].propose(b"x%d" % sequence, sequence)
    ask(table[1], 2)
    table.settle()
    assert table.leaders == [2]
    applied = [[entry.data for entry in server.applied if entry.data] for server in table.servers.values()]
    assert applied == [[b"x1", b"x2", b"x3", b"x4", b"x5"]] * 3


def test_s_m16_the_order_is_given_again_on_a_new_link() -> None:
    server = ready_leader()
    ask(server, 3)
    assert order(server, 3) in server.step(PeerConnected(3, 5))


# S-M17: it is refused, ended or given up


@pytest.mark.parametrize(("to", "reason"), [(1, "leads_already"), (9, "not_a_voter"), (2, "target_silent")])
def test_s_m17_what_cannot_be_is_refused_by_name(to: NodeId, reason: str) -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.wait(ELECTION_NS - 2 * MILLISECOND)
    acknowledge(server, [3, 4, 5])
    server.wait(3 * MILLISECOND)
    assert ask(server, to) == [RequestRefused(1, reason, 1)]
    assert server.state.transfer is None


def test_s_m17_alone_there_is_nobody() -> None:
    server = Server(1, (1,))
    server.time_out()
    server.disk()
    server.disk()
    assert server.state.ready
    assert ask(server) == [RequestRefused(1, "nobody_answers", 1)]


def test_s_m17_not_before_the_leader_is_ready() -> None:
    assert ask(leader(), 2) == [RequestRefused(1, "not_ready", 1)]


def test_s_m17_without_a_leader() -> None:
    assert ask(Server(1), 2) == [RequestRefused(1, "no_leader", None)]


def test_s_m17_a_node_that_leads_no_more_passes_nothing_on() -> None:
    server = follower(1, leader=3, term=2)
    assert sends(server.receive(2, Ask(2, 1, 4, TransferLeadership(2)))) == [(2, AskReply(2, 1, 4, "not_leader", 3))]
    assert sends(server.receive(2, Ask(1, 1, 5, TransferLeadership(2)))) == [(2, AskReply(2, 1, 5, "stale_term", 3))]


def test_s_m17_after_an_election_timeout_proposals_are_taken_again() -> None:
    server = ready_leader()
    ask(server, 3)
    effects = []
    for _ in range(12):
        effects += server.wait(HEARTBEAT_NS)
        acknowledge(server, [2, 3])
    assert RequestRefused(1, "timeout", 1) in effects
    assert server.leads
    assert not [effect for effect in server.propose(b"x", 9) if isinstance(effect, Rejected)]


def test_s_m17_the_same_target_again_prolongs_nothing_and_is_answered_too() -> None:
    server = ready_leader()
    ask(server, 3)
    server.wait(HEARTBEAT_NS)
    ask(server, 3, request_id=2)
    transfer = server.state.transfer
    assert transfer is not None
    assert (transfer.deadline, [asker.id for asker in transfer.askers]) == (
        ELECTION_NS + server.now - HEARTBEAT_NS,
        [1, 2],
    )


def test_s_m17_another_target_replaces_it() -> None:
    server = ready_leader()
    ask(server, 3)
    assert ask(server, 2, request_id=2) == [RequestRefused(1, "replaced", 1), order(server, 2)]


def test_s_m17_another_node_wins_meanwhile() -> None:
    server = ready_leader()
    ask(server, 3)
    effects = server.receive(2, Append(5, 1, 0, 0, 0))
    assert RequestRefused(1, "another_was_elected", 2) in effects
    assert server.state.transfer is None


def test_s_m17_it_wins_itself_again() -> None:
    server = ready_leader()
    ask(server, 3)
    server.receive(3, VoteRequest(3, 0, 0, transfer=True))
    assert not server.leads
    assert server.state.transfer is not None
    server.state.transfer.deadline = server.now + 100 * ELECTION_NS
    server.disk()
    server.time_out()
    server.receive(2, PreVoteReply(server.state.term, server.state.campaign_term, granted=True))
    server.disk()
    effects = server.receive(2, VoteReply(4, 4, granted=True))
    assert RequestRefused(1, "another_was_elected", 1) in effects


def test_s_m17_s_e25_only_from_its_own_leader_and_only_as_a_follower() -> None:
    server = follower(1, leader=3, term=2)
    assert reasons(server.receive(2, TimeoutNow(2))) == ["transfer_declined"]
    assert server.state.role.value == "follower"
    chief = ready_leader()
    assert acts(chief.receive(2, TimeoutNow(1))) == [], "of an older term"
    assert chief.leads


def test_s_m17_the_target_votes_durably_before_it_asks() -> None:
    server = follower(1, leader=3, term=2, entries=log_of(1, 2))
    server.receive(3, TimeoutNow(2))
    assert server.sent() == []
    server.disk()
    assert [message for _, message in server.sent()] == [VoteRequest(3, 2, 2, transfer=True)] * 2
