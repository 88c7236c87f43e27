"""Fast leader election: what the introductory notes get wrong, the count of messages, and the vectors of ZooKeeper's own tests."""

from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random

import pytest

from algorithms.raft.harness import reasons, sends
from algorithms.zab.harness import (
    FINALIZE_NS,
    INIT_NS,
    TICK_NS,
    ZabServer,
    ZabStage,
    elected,
    hello,
    log_of,
    notification,
    zxid,
)
from quorate.algorithms.zab.ballots import Ballot, equal, leader_ok, outranks, supporters
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import Notification, Vote
from quorate.core.ids import MILLISECOND, NodeId
from scenarios.transcript import Transcript

Golden = Callable[[str, Transcript], None]
SLOW = ZabConfig(fast_failover=False)


def test_e6_e8_three_that_exchange_all_votes_elect_the_highest_id(golden: Golden) -> None:
    stage = ZabStage()
    transcript = Transcript("Three servers with equal data exchange their votes and elect the third").watch(
        stage.servers.values()
    )
    stage.on_step = transcript.record
    for server in stage.servers.values():
        server.on_step = transcript.record
    chief = stage.elect()
    assert chief.node == 3
    assert [server.state.role.value for server in stage.servers.values()] == ["following", "following", "leading"]
    golden("zab_first_election", transcript)


def test_e5_the_third_starts_later_and_joins_the_second() -> None:
    """It has the highest id and as much data: while a leader with a quorum lives, that is of no account."""
    stage = ZabStage(servers=[ZabServer(1), ZabServer(2)])
    assert stage.elect_among(1, 2).node == 2
    late = ZabServer(3, now=stage.now)
    stage.revive(late)
    stage.run_until(lambda: stage[3].state.leader == 2)
    assert stage[2].leads
    assert stage[2].state.current_epoch == 1
    assert stage[3].state.role.value == "following"


def test_e6_without_fast_failover_a_decision_waits_for_a_better_vote() -> None:
    server = ZabServer(2, config=SLOW, peers=(1, 3))
    server.receive(1, notification("looking", 1, (0, zxid(0, 0), 2)))
    deadline = server.raft.deadline()
    assert deadline == FINALIZE_NS
    server.wait(FINALIZE_NS // 2)
    server.receive(3, notification("looking", 1, (0, zxid(0, 0), 3)))
    assert (server.state.vote.sid, server.state.finalize_by) == (3, FINALIZE_NS // 2 + FINALIZE_NS)


def test_e6_with_all_votes_in_nobody_waits() -> None:
    server = ZabServer(3, peers=(1, 2))
    for peer in (1, 2):
        server.receive(peer, notification("looking", 1, (0, zxid(0, 0), 3)))
    assert server.raft.deadline() == server.now
    server.time_out()
    assert server.state.role.value == "leading"


def test_e6_the_dead_are_not_waited_for() -> None:
    server = ZabServer(2, peers=(1, 3))
    server.receive(1, notification("looking", 1, (0, zxid(0, 0), 2)))
    assert server.raft.deadline() == FINALIZE_NS
    server.lose(3)
    assert server.raft.deadline() == server.now


def test_a_vote_for_a_process_that_has_died_is_taken_back() -> None:
    server = ZabServer(1, peers=(2, 3))
    server.receive(3, notification("looking", 1, (0, zxid(0, 0), 3)))
    assert server.state.vote.sid == 3
    server.lose(3)
    assert (server.state.round, server.state.vote.sid) == (2, 1)


def test_e2_a_vote_that_decides_nothing_is_sent_again_ever_more_rarely() -> None:
    server = ZabServer(1, peers=(2, 3)).clear()
    times = []
    for _ in range(6):
        sent = sends(server.time_out())
        assert [to for to, _ in sent] == [2, 3]
        times.append(server.now // MILLISECOND)
    assert times == [200, 600, 1400, 3000, 5000, 7000]


def test_e3_one_without_a_vote_is_answered_and_not_counted() -> None:
    server = ZabServer(1, peers=(2, 3)).clear()
    effects = server.receive(9, notification("looking", 4, (9, zxid(9, 9), 9)))
    assert sends(effects) == [(9, Notification("looking", 1, server.state.vote, reply=True))]
    assert set(server.state.received) == {1}
    assert not sends(server.receive(9, notification("looking", 4, (9, zxid(9, 9), 9), reply=True)))


def test_e3_a_vote_for_one_without_a_vote_is_not_counted() -> None:
    server = ZabServer(1, peers=(2, 3))
    server.receive(2, notification("looking", 1, (9, zxid(9, 9), 9)))
    assert set(server.state.received) == {1}


def test_e4_a_later_round_begins_anew_from_our_initial_vote() -> None:
    server = ZabServer(2, accepted=1, entries=log_of(1), peers=(1, 3))
    server.receive(3, notification("looking", 1, (1, zxid(1, 1), 3)))
    assert server.state.vote.sid == 3
    effects = server.receive(1, notification("looking", 5, (0, zxid(0, 0), 1)))
    assert (server.state.round, server.state.vote) == (5, Vote(1, zxid(1, 1), 2))
    assert [to for to, _ in sends(effects)] == [1, 3]
    assert set(server.state.received) == {1, 2}


def test_e4_an_earlier_round_is_answered_and_not_counted() -> None:
    server = ZabServer(2, peers=(1, 3))
    server.receive(3, notification("looking", 5, (0, zxid(0, 0), 3)))
    effects = server.receive(1, notification("looking", 2, (0, zxid(0, 0), 1)))
    assert [to for to, _ in sends(effects)] == [1]
    assert set(server.state.received) == {2, 3}


def test_e9_who_has_a_leader_says_so_and_nothing_else() -> None:
    server = elected()
    effects = server.receive(1, notification("looking", 9, (5, zxid(5, 5), 1)))
    assert sends(effects) == [(1, Notification("leading", 1, server.state.vote, reply=True))]
    assert server.state.round == 1
    assert not sends(server.receive(1, notification("following", 9, (5, zxid(5, 5), 1))))


def test_disloyal_voter_a_leader_that_waits_in_vain_looks_again() -> None:
    """ZOOKEEPER-3109."""
    server = elected(config=SLOW)
    server.receive(1, notification("looking", 2, (0, zxid(0, 0), 1)))
    assert server.state.role.value == "leading"
    server.wait(TICK_NS + 1)
    assert TICK_NS + 1 < INIT_NS
    effects = server.receive(1, notification("looking", 2, (0, zxid(0, 0), 1)))
    assert "elector_left" in reasons(effects)
    assert server.state.role.value == "looking"


def test_disloyal_voter_one_that_has_only_not_decided_yet_is_told_and_joins() -> None:
    """It turned to look just after the others, so their votes for the leader met one that still followed, and were not sent again."""
    server = elected(config=SLOW)
    server.wait(TICK_NS + 1)
    effects = server.receive(1, notification("looking", 1, (0, zxid(0, 0), 3)))
    assert sends(effects) == [(1, Notification("leading", 1, server.state.vote, reply=True))]
    assert server.state.role.value == "leading"


def test_disloyal_voter_one_whose_vote_elected_nobody_changes_nothing() -> None:
    server = elected(members=(1, 2, 3))
    server.state.leading.electors = frozenset({2})
    server.wait(TICK_NS + 1)
    server.receive(1, notification("looking", 2, (0, zxid(0, 0), 1)))
    assert server.state.role.value == "leading"


# The count

Choice = Callable[[list[tuple[NodeId, NodeId, Notification]]], tuple[NodeId, NodeId, Notification]]


def exchange(count: int, choose: Choice) -> tuple[int, int]:
    """All start at once with equal data; every message is delivered, each time the chosen one of those that are next on their link.
    Returns how many were sent, and how often somebody changed its vote."""
    members = tuple(range(1, count + 1))
    servers = {node: ZabServer(node, members) for node in members}
    links: dict[tuple[NodeId, NodeId], deque[Notification]] = {}
    total = changes = 0

    def post(node: NodeId) -> None:
        nonlocal total
        for to, message in servers[node].sent():
            links.setdefault((node, to), deque()).append(message)
            total += 1

    for node in members:
        post(node)
    assert total == count * (count - 1), "one exchange: everybody tells everybody"
    while waiting := [(sender, to, queue[0]) for (sender, to), queue in links.items() if queue]:
        sender, to, _ = choose(waiting)
        before = servers[to].state.vote
        servers[to].receive(sender, links[sender, to].popleft())
        changes += servers[to].state.vote != before
        post(to)
    assert {server.state.vote.sid for server in servers.values()} == {count}
    return total, changes


@pytest.mark.parametrize(("count", "messages"), [(3, 10), (5, 36), (8, 105), (9, 136)])
def test_count_the_least_is_when_the_highest_is_heard_first(count: int, messages: int) -> None:
    """(2n - 1)(n - 1)."""
    highest_first = partial(min, key=lambda each: (-each[2].vote.sid, each[0], each[1]))
    assert exchange(count, highest_first) == (messages, count - 1)


@pytest.mark.parametrize(("count", "messages"), [(3, 12), (5, 60), (8, 252), (9, 360)])
def test_count_the_most_is_when_votes_arrive_in_ascending_order(count: int, messages: int) -> None:
    """(n^3 - n) / 2."""
    ascending = partial(min, key=lambda each: (each[2].vote.sid, each[0], each[1]))
    assert exchange(count, ascending) == (messages, count * (count - 1) // 2)


@pytest.mark.parametrize("count", [3, 5, 8, 9])
def test_count_in_any_order_is_that_of_the_changes_of_vote(count: int) -> None:
    """(n - 1)(n + c), with n - 1 <= c <= n (n - 1) / 2."""
    for seed in range(200 // count):
        messages, changes = exchange(count, Random(seed).choice)
        assert messages == (count - 1) * (count + changes)
        assert count - 1 <= changes <= count * (count - 1) // 2


# FLEPredicateTest: (sid, zxid, epoch), new against current


@pytest.mark.parametrize(
    ("new", "current", "better"),
    [
        ((4, 0, 0), (3, 0, 2), False),
        ((0, 0, 1), (1, 0, 0), True),
        ((0, 1, 0), (1, 0, 0), True),
        ((1, 1, 0), (0, 1, 0), True),
    ],
)
def test_fle_predicate(new: tuple[int, int, int], current: tuple[int, int, int], better: bool) -> None:
    votes = [Vote(epoch, zxid(0, index), sid) for sid, index, epoch in (new, current)]
    assert outranks(votes[0], votes[1], 1) is better
    assert not outranks(votes[0], votes[1], 0)


# FLEOutOfElectionTest; its fifth, of servers of two versions, has nothing to compare here


def ballot(state: str, round_: int, epoch: int, index: int, sid: NodeId) -> Ballot:
    return Ballot(state, round_, Vote(epoch, zxid(epoch, index), sid))


def test_fle_out_of_election_1_decided_votes_need_not_agree_on_round_and_last_entry() -> None:
    """`late_joiner` (ZOOKEEPER-1732, 1805, 1818): else one would never see equal votes of a healthy ensemble."""
    ballots = {sid: ballot("leading" if sid == 4 else "following", sid, 1, 10 + sid, 4) for sid in (1, 2, 3, 4)}
    assert supporters(ballots, ballots[1]) == {1, 2, 3, 4}


def test_fle_out_of_election_2_votes_of_those_that_look_agree_in_all() -> None:
    ballots = {sid: ballot("looking", 3, 2, 1, 4) for sid in (1, 2, 3)}
    assert supporters(ballots, ballot("looking", 3, 2, 1, 4)) == {1, 2, 3}


def test_fle_out_of_election_3_rounds_of_those_that_look_are_told_apart() -> None:
    rounds = {sid: ballot("looking", round_, 2, 1, 4) for sid, round_ in ((1, 1), (2, 2), (3, 3), (4, 3))}
    assert supporters(rounds, ballot("looking", 2, 2, 1, 4)) == {2}
    assert not equal(ballot("following", 3, 2, 1, 4), ballot("looking", 2, 2, 1, 4))


def test_fle_out_of_election_4_a_quorum_of_another_round_shows_whom_to_join_and_the_leader_says_so_itself() -> None:
    """Three follow and one leads since round 10; the one that asks is in round 1."""
    server = ZabServer(5, (1, 2, 3, 4, 5), peers=(1, 2, 3, 4))
    for sid in (1, 2, 4):
        server.receive(sid, notification("following", 10, (1, zxid(1, 1), 3)))
    assert server.state.role.value == "looking"
    ballots = {sid: ballot("following", 10, 1, 1, 3) for sid in (1, 2, 4)}
    assert supporters(ballots, ballots[1]) == {1, 2, 4}
    assert not leader_ok(ballots, ballots[1], 5, 1)
    assert leader_ok(ballots | {3: ballot("leading", 10, 1, 1, 3)}, ballots[1], 5, 1)
    server.receive(3, notification("leading", 10, (1, zxid(1, 1), 3)))
    assert (server.state.role.value, server.state.round, server.state.learning.leader) == ("following", 10, 3)


def test_backward_round_a_restarted_leader_does_not_resume_a_round_that_is_over() -> None:
    """FLEBackwardElectionRoundTest, ZOOKEEPER-1514."""
    for round_, role in ((1, "leading"), (2, "looking")):
        server = ZabServer(1, peers=(2, 3))
        server.state.round = round_
        for peer in (2, 3):
            server.receive(peer, notification("following", 1, (0, zxid(0, 0), 1)))
        assert server.state.role.value == role


def test_a_follower_that_is_called_by_another_sends_it_away() -> None:
    server = ZabServer(1, peers=(2, 3))
    for peer in (2, 3):
        server.receive(peer, notification("leading" if peer == 3 else "following", 1, (0, zxid(0, 0), 3)))
    assert [type(message).__name__ for _, message in sends(hello(server, 2))] == ["SessionEnd"]
