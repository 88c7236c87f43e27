"""Election priority: who waits longer, and that it is only a wish (section 1.7, last lines)."""

from __future__ import annotations

from algorithms.raft.harness import ELECTION_NS, Server
from algorithms.raft.table import Table
from quorate.core.events import Requested
from quorate.core.ids import MILLISECOND, NodeId
from quorate.core.reconfigure import Update
from quorate.core.requests import ChangeMembers, TransferLeadership


def group_with(*priorities: int, chief: NodeId = 1) -> Table:
    """Nodes from 1 on with these priorities; `chief` leads."""
    table = Table.of(len(priorities))
    table.elect(chief)
    changes = tuple(Update(node, "", priority) for node, priority in enumerate(priorities, 1) if priority)
    table[chief].step(Requested(1, ChangeMembers(changes)))
    table.settle()
    assert [member.priority for member in table[chief].state.configuration.members] == list(priorities)
    return table


def wait_of(server: Server) -> float:
    """Its present wait for a leader, in election timeouts."""
    server.state.now = server.now
    server.state.reset_election_deadline()
    return (server.state.election_deadline - server.now) / ELECTION_NS


def test_equal_priorities_wait_alike_whatever_they_are() -> None:
    for priorities in ((0, 0, 0), (7, 7, 7)):
        table = group_with(*priorities)
        assert all(1 <= wait_of(server) < 2 for server in table.servers.values())


def test_each_step_below_waits_one_election_timeout_longer_and_not_for_ever() -> None:
    table = group_with(9, 5, 2, -1)
    assert [int(wait_of(table[node])) for node in (1, 2, 3, 4)] == [1, 2, 3, 3]


def test_after_the_leaders_process_has_died_the_steps_are_short_ones() -> None:
    table = group_with(5, 5, 0)
    for node in (2, 3):
        server = table[node]
        server.state.now = server.now
        server.state.campaign_within(10)
        wait = server.state.election_deadline - server.now
        assert (node - 2) * 10 * MILLISECOND <= wait <= (node - 1) * 10 * MILLISECOND


def test_the_highest_priority_leads_next() -> None:
    table = group_with(0, 0, 5)
    table.crash(1)
    table.advance(3 * ELECTION_NS)
    assert table.leaders == [3]


def test_if_the_highest_priority_is_gone_another_leads() -> None:
    table = group_with(0, 0, 1, 2, 9)
    table.crash(1)
    table.crash(5)
    table.advance(6 * ELECTION_NS)
    assert len(table.leaders) == 1


def test_a_lower_priority_changes_no_vote() -> None:
    """Who asks first and has the log is elected, whatever it is wished."""
    table = group_with(5, 5, 0)
    table.elect(3)
    assert table.leaders == [3]


def test_without_a_target_leadership_goes_to_the_highest_priority_that_has_everything() -> None:
    table = group_with(0, 7, 3)
    table[1].step(Requested(2, TransferLeadership()))
    table.settle()
    assert table.leaders == [2]
    table[2].propose(b"x")
    table.drop = lambda _sender, to, _message: to == 1
    table.settle()
    table[2].step(Requested(3, TransferLeadership()))
    table.settle()
    assert table.leaders == [3]
