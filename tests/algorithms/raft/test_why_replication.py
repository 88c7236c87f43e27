"""What entries wait for, out of the state of one leader."""

from __future__ import annotations

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, log_of
from algorithms.raft.scenes import acknowledge, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.why import why
from quorate.core.finding import Finding


def told(server: Server, question: str) -> list[Finding]:
    return [finding for finding in why(server.state, server.now, ()) if finding.question == question]


def test_an_entry_waits_for_the_nodes_that_lack_it_and_for_the_own_disk() -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.propose(b"x")
    (finding,) = told(server, "commit")
    assert finding.text == (
        "entry 2 waits for 3 more of nodes 1, 2, 3, 4 and 5: this node's own disk: 1 entry of its log, from 2 on, is being written; "
        "node 2 lacks 1 entry, and is being sent them; node 3 lacks 1 entry, and is being sent them; "
        "node 4 lacks 1 entry, and is being sent them; node 5 lacks 1 entry, and is being sent them"
    )
    server.disk()
    acknowledge(server, [2])
    assert told(server, "commit")[0].text.startswith("entry 2 waits for 1 more of nodes 3, 4 and 5: ")
    acknowledge(server, [3])
    assert [finding.code for finding in told(server, "commit")] == ["all_committed"]


def test_entries_of_earlier_terms_are_committed_with_the_first_of_this_one() -> None:
    """Rule R18, as people meet it."""
    server = leader(term=3, entries=log_of(1, 2))
    assert told(server, "commit")[0].text == (
        "entries 1 to 2 are of earlier terms: they are committed together with 3, the first of this one"
    )


@pytest.mark.parametrize(("members", "node"), [((1, 2), 2)])
def test_a_single_node_that_is_lacking_is_named_for_programs(members: tuple[int, ...], node: int) -> None:
    server = ready_leader(members=members)
    server.propose(b"x")
    server.disk()
    assert told(server, "commit")[0].node == node


def test_a_follower_sends_people_to_its_leader() -> None:
    server = follower(1, leader=3)
    assert [finding.code for finding in told(server, "commit")] == ["nothing_waits"]
    server.propose(b"x")
    (finding,) = told(server, "commit")
    assert (finding.code, finding.node) == ("forwarded", 3)


def test_what_is_committed_and_not_durable_here_is_not_applied() -> None:
    server = follower(1, leader=3, entries=log_of(1, 1), commit=2)
    assert told(server, "commit")[-1].code == "nothing_waits"
    server.state.commit, server.state.applied, server.state.durable = 2, 1, 1
    assert told(server, "commit")[-1].text == (
        "of what is committed up to 2 this node has applied 1: 1 entry of its log, from 2 on, is being written"
    )


def test_slow_peers_are_told_apart() -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5), config=RaftConfig(inflight_messages=1, append_bytes=1))
    acknowledge(server, [2, 3, 4, 5])
    server.lose(5)
    server.now += ELECTION_NS
    acknowledge(server, [2, 4])
    server.now += 4 * HEARTBEAT_NS
    acknowledge(server, [2])
    server.propose(b"a", 1)
    server.propose(b"b", 2)
    acknowledge(server, [2], match=1)
    assert [(finding.node, finding.code) for finding in told(server, "slow")] == [
        (2, "window_full"),
        (3, "silent"),
        (4, "window_full"),
        (5, "unreachable"),
    ]


def test_a_peer_that_answers_late_and_one_that_is_probed() -> None:
    server = ready_leader()
    server.now += 4 * HEARTBEAT_NS
    server.disconnect(2)
    acknowledge(server, [], match=0)
    assert [(finding.node, finding.code) for finding in told(server, "slow")] == [(2, "late"), (3, "late")]
    server.propose(b"x")
    server.state.progress[2].contact_at = server.now
    assert (told(server, "slow")[0].node, told(server, "slow")[0].code) == (2, "probing")
