"""A leader whose disk hangs, is full, or is far slower than another's."""

from collections.abc import Sequence
from typing import Any

import pytest

from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, reasons, sends
from algorithms.raft.scenes import acknowledge, batch, follower, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, PreVoteReply, TimeoutNow, VoteReply, VoteRequest
from quorate.core.effects import Effect, LeaderChanged, Persist, Rejected, Send, Unresolved
from quorate.core.events import Persisted, SpaceChanged, TimePassed
from quorate.core.ids import MILLISECOND, SECOND, NodeId


def hung_at(server: Server, data: bytes = b"x") -> None:
    """Something is to be written, and the disk does not answer."""
    server.propose(data, 7)


def alone() -> Server:
    """A leader of a cluster of one."""
    server = Server(1, (1,))
    server.time_out()
    server.disk()
    server.disk()
    assert server.leads
    return server


def orders(effects: Sequence[Effect]) -> list[NodeId]:
    return [to for to, message in sends(effects) if isinstance(message, TimeoutNow)]


# A disk that hangs


def test_s_e29_a_leader_whose_disk_hangs_hands_over_and_stops_leading_at_once() -> None:
    """It says why, the order to campaign waits for no disk, and who waits is told."""
    server = ready_leader()
    hung_at(server)
    acknowledge(server, (2,))
    assert not orders(server.wait(ELECTION_NS - 1))
    assert server.leads
    effects = server.wait(1)
    assert acts(effects) == [
        Send(2, TimeoutNow(2), at_once=True),
        Unresolved(7, "leadership_lost"),
        LeaderChanged(None, 2),
    ]
    assert reasons(effects) == ["disk_hung"]
    assert (2, TimeoutNow(2)) in server.sent()
    assert server.told[-1] == LeaderChanged(None, 2)
    assert "its disk hangs" in server.raft.status(server.now).why


def test_whoever_has_most_of_the_log_is_told_even_if_it_has_not_all() -> None:
    """What came after the disk hung never left this node: to wait for it would be to wait for ever."""
    server = ready_leader(members=(1, 2, 3, 4, 5))
    hung_at(server)
    acknowledge(server, (3, 4))
    server.propose(b"never sent", 8)
    server.lose(4)
    assert orders(server.wait(ELECTION_NS)) == [3]


def test_nobody_to_hand_over_to_is_no_reason_to_go_on() -> None:
    server = ready_leader()
    hung_at(server)
    server.lose(2)
    server.lose(3)
    effects = server.wait(ELECTION_NS)
    assert (orders(effects), reasons(effects)) == ([], ["disk_hung"])
    assert not server.leads


def test_s_e29_a_cluster_of_one_does_not_lead_without_its_disk() -> None:
    server = alone()
    hung_at(server)
    effects = server.wait(ELECTION_NS)
    assert (reasons(effects), server.leads) == (["disk_hung"], False)
    server.wait(10 * ELECTION_NS)
    assert server.state.role.value == "follower"
    server.disk()
    server.time_out()
    server.disk()
    assert server.leads


def test_silence_that_its_own_disk_is_to_blame_for_is_not_called_a_lost_quorum() -> None:
    """The last answer came before the write that hangs, so the quorum is missed before the stall limit is reached."""
    server = ready_leader()
    server.wait(HEARTBEAT_NS - 1)
    hung_at(server)
    effects = server.wait(ELECTION_NS)
    assert reasons(effects) == ["disk_hung"]
    assert orders(effects) == [3]


def test_a_quorum_that_is_lost_while_the_disk_works_is_called_so() -> None:
    server = ready_leader()
    server.wait(ELECTION_NS - 10 * MILLISECOND)
    hung_at(server)
    assert reasons(server.wait(10 * MILLISECOND)) == ["quorum_lost"]


def test_a_limit_of_its_own() -> None:
    server = ready_leader(config=RaftConfig(disk_stall_ms=200))
    hung_at(server)
    acknowledge(server, (2, 3))
    server.wait(199 * MILLISECOND)
    assert server.leads
    server.wait(MILLISECOND)
    assert not server.leads


def test_a_process_that_was_paused_does_not_blame_its_disk() -> None:
    server = alone()
    hung_at(server)
    server.now += 10 * ELECTION_NS
    assert reasons(server.step(TimePassed())) == []
    assert server.leads
    server.wait(ELECTION_NS - 1)
    assert server.leads
    assert reasons(server.wait(1)) == ["disk_hung"]


def test_s_e29_it_campaigns_again_only_after_a_write_that_finished_in_time() -> None:
    server = ready_leader()
    hung_at(server)
    server.wait(ELECTION_NS)
    assert not {"pre_vote_started", "campaign_started"} & set(reasons(server.wait(5 * ELECTION_NS)))
    assert "its disk hangs" in server.raft.status(server.now).why

    effects = server.finish_write()
    probe = [effect for effect in effects if isinstance(effect, Persist)]
    assert [effect.hard_state for effect in probe] == [server.pretended.hard_state], "it is asked for one write more"
    server.wait(ELECTION_NS + 1)
    effects = server.finish_write()
    assert reasons(effects) == [], "which came too late, so another one is asked for"
    assert [type(effect) for effect in effects] == [Persist]
    assert not {"pre_vote_started"} & set(reasons(server.wait(3 * ELECTION_NS)))

    server.finish_write()
    server.wait(MILLISECOND)
    assert reasons(server.finish_write()) == ["disk_recovered"]
    assert "well again" in server.raft.status(server.now).why
    assert "pre_vote_started" in reasons(server.wait(2 * ELECTION_NS))


def test_s_e29_a_follower_whose_disk_hangs_does_not_campaign_and_declines_leadership() -> None:
    server = follower(leader=3, term=2)
    server.receive(3, Append(2, 1, 0, 0, 0, (batch(1, 2),)))
    effects = server.wait(3 * ELECTION_NS)
    assert "disk_hung" in reasons(effects)
    assert "pre_vote_started" not in reasons(effects)
    server.receive(3, Append(2, 2, 1, 2, 0))
    assert reasons(server.receive(3, TimeoutNow(2))) == ["transfer_declined"]
    server.disk()
    server.disk()
    assert "pre_vote_started" in reasons(server.wait(2 * ELECTION_NS))


def test_a_candidate_whose_vote_does_not_reach_its_disk_gives_up() -> None:
    server = Server(1, entries=log_of(1), term=1)
    server.time_out()
    server.receive(2, PreVoteReply(1, 2, granted=True))
    server.sent()
    assert "disk_hung" in reasons(server.wait(2 * ELECTION_NS))
    assert server.state.role.value == "follower"
    server.receive(2, VoteReply(2, 2, granted=True))
    assert not server.leads
    assert not server.sent()


def test_the_next_leader_is_followed_while_the_disk_hangs() -> None:
    server = ready_leader()
    hung_at(server)
    server.wait(ELECTION_NS)
    server.receive(2, VoteRequest(3, 3, 2, transfer=True))
    server.receive(2, Append(3, 1, 1, 2, 0))
    assert server.state.leader == 2
    assert server.raft.status(server.now).why == ""


# A disk that is full


def full(server: Server) -> list[Effect]:
    return server.step(SpaceChanged(short=True))


def test_s_d8_a_leader_with_a_full_disk_transfers_to_a_voter_with_room() -> None:
    server = ready_leader(members=(1, 2, 3, 4, 5))
    server.state.progress[5].full = True
    effects = full(server)
    assert reasons(effects) == ["disk_full", "transfer_started"]
    assert orders(effects) == [4]
    assert acts(server.propose(b"x", 9)) == [Rejected(9, "transferring", 1)]


def test_where_every_disk_is_full_the_leader_stays_and_only_reads_are_served() -> None:
    server = ready_leader()
    server.lose(2)
    server.state.progress[3].full = True
    assert reasons(full(server)) == ["disk_full"]
    assert acts(server.propose(b"x", 9)) == [Rejected(9, "disk_full", 1)]
    assert server.leads
    server.read(4)
    assert server.state.read_rounds
    server.connect(2)
    server.step(SpaceChanged(short=False))
    assert any(isinstance(effect, Persist) for effect in server.propose(b"x", 9))


def test_a_full_leader_looks_again_for_a_better_one() -> None:
    server = ready_leader()
    server.state.progress[2].full = server.state.progress[3].full = True
    full(server)
    server.state.progress[2].full = False
    server.lose(3)
    for _ in range(2 * ELECTION_NS // HEARTBEAT_NS):
        assert server.state.transfer is None
        server.wait(HEARTBEAT_NS)
        acknowledge(server, (2,))
    server.wait(HEARTBEAT_NS)
    assert server.state.transfer is not None
    assert server.state.transfer.target == 2


def test_s_d8_a_follower_with_a_full_disk_takes_no_batches_and_says_so_and_votes() -> None:
    server = follower(leader=3, term=2, entries=log_of(1))
    full(server)
    effects = server.receive(3, Append(2, 5, 1, 1, 0, (batch(2, 2), batch(3, 2))))
    assert acts(effects) == [Send(3, AppendReply(2, 5, ok=True, match=1, full=True))]
    assert acts(server.propose(b"x", 9)) == [Rejected(9, "disk_full", 3)]
    server.wait(ELECTION_NS)
    effects = server.receive(2, VoteRequest(3, 5, 2))
    assert (2, VoteReply(3, 3, granted=True)) in sends(effects)
    assert any(isinstance(effect, Persist) and effect.hard_state is not None for effect in effects)


def test_what_is_small_or_there_already_is_taken_on_a_full_disk() -> None:
    """Else nobody could lead where every disk is full."""
    server = follower(leader=3, term=2, entries=(batch(1, 1),))
    full(server)
    (noop,) = log_of(2, start=1)
    effects = server.receive(3, Append(2, 5, 0, 0, 0, (batch(1, 1), noop, batch(3, 2))))
    assert AppendReply(2, 5, ok=True, match=2, full=True) in [message for _, message in sends(effects)]
    server.step(SpaceChanged(short=False))
    effects = server.receive(3, Append(2, 6, 2, 2, 0, (batch(3, 2),)))
    assert AppendReply(2, 6, ok=True, match=3) in [message for _, message in sends(effects)]


def test_a_full_peer_is_tried_with_one_entry_at_a_time_until_it_takes_one() -> None:
    server = ready_leader()
    for sequence in range(1, 6):
        server.propose(b"x", sequence)
    server.disk()
    server.sent()
    effects = server.receive(2, AppendReply(2, server.state.round, ok=True, match=1, full=True))
    assert not sends(effects)
    assert server.state.progress[2].full
    tried = 0
    for _ in range(10):
        server.wait(HEARTBEAT_NS)
        server.receive(2, AppendReply(2, server.state.round, ok=True, match=1))
        sent = [m for to, m in server.sent() if to == 2 and isinstance(m, Append) and m.entries]
        assert [len(message.entries) for message in sent] == [1]
        tried += len(sent)
        server.receive(2, AppendReply(2, server.state.round, ok=True, match=1, full=True))
    assert tried == 10
    server.wait(HEARTBEAT_NS)
    server.receive(2, AppendReply(2, server.state.round, ok=True, match=2))
    assert not server.state.progress[2].full
    assert server.state.progress[2].next == 7


def test_nothing_is_taken_that_no_quorum_has_room_for() -> None:
    server = ready_leader()
    server.state.progress[2].full = True
    assert not any(isinstance(effect, Rejected) for effect in server.propose(b"x", 1))
    server.state.progress[3].full = True
    assert acts(server.propose(b"x", 2)) == [Rejected(2, "disk_full", 1)]


def test_a_node_with_a_full_disk_lets_others_campaign_first() -> None:
    server = follower(leader=3, term=2)
    full(server)
    server.receive(3, Append(2, 1, 0, 0, 0))
    assert server.state.election_deadline >= server.now + 2 * ELECTION_NS
    assert "pre_vote_started" in reasons(server.wait(3 * ELECTION_NS))


def test_what_waits_for_the_disk_is_bounded() -> None:
    server = ready_leader(config=RaftConfig(unwritten_bytes=100))
    assert not any(isinstance(effect, Rejected) for effect in server.propose(b"x" * 150, 1)), (
        "on an idle disk anything goes"
    )
    assert acts(server.propose(b"x", 2)) == [Rejected(2, "busy", 1)]
    server.disk()
    assert not any(isinstance(effect, Rejected) for effect in server.propose(b"x", 2))


# A disk that is slow


def work(server: Server, *, own: int, theirs: dict[NodeId, int], seconds: int) -> list[Effect]:
    """Entries, one after the other: each is on this disk after `own` ms, and answered by the others after so many."""
    effects: list[Effect] = []
    end = server.now + seconds * SECOND
    while server.now < end and server.leads:
        sequence = server.state.log.last_index
        effects += server.propose(b"x", sequence, floor=sequence - 1)
        start = server.now
        for peer, after in sorted(theirs.items(), key=lambda item: item[1]):
            effects += server.wait(start + after * MILLISECOND - server.now)
            acknowledge(server, (peer,))
        effects += server.wait(start + own * MILLISECOND - server.now)
        server.disk()
    return effects


def test_a_leader_far_slower_than_another_for_long_transfers_to_the_fastest() -> None:
    server = ready_leader()
    effects = work(server, own=60, theirs={2: 3, 3: 2}, seconds=5)
    assert "disk_slow" not in reasons(effects)
    effects = work(server, own=60, theirs={2: 3, 3: 2}, seconds=2)
    assert "disk_slow" in reasons(effects)
    assert set(orders(server.all_effects)) == {3}


def test_at_most_one_such_move_a_minute() -> None:
    server = ready_leader()
    effects = work(server, own=60, theirs={2: 3, 3: 2}, seconds=55)
    assert reasons(effects).count("disk_slow") == 1
    effects = work(server, own=60, theirs={2: 3, 3: 2}, seconds=20)
    assert reasons(effects).count("disk_slow") == 1


@pytest.mark.parametrize(
    ("own", "theirs", "settings"),
    [
        (60, {2: 30, 3: 40}, {}),
        (15, {2: 1, 3: 1}, {}),
        (60, {2: 3, 3: 2}, {"config": RaftConfig(disk_slow_factor=0)}),
    ],
    ids=["all are slow", "fast enough", "switched off"],
)
def test_no_move_without_need(own: int, theirs: dict[NodeId, int], settings: dict[str, Any]) -> None:
    server = ready_leader(**settings)
    assert "disk_slow" not in reasons(work(server, own=own, theirs=theirs, seconds=15))


def test_a_new_leader_does_not_pass_leadership_on_within_a_minute() -> None:
    server = follower(leader=3, term=2)
    server.receive(3, Append(2, 1, 0, 0, 0))
    server.receive(3, TimeoutNow(2))
    assert server.state.disk.move_at == server.now + 60 * SECOND


def test_a_late_write_of_an_earlier_leadership_is_only_a_write() -> None:
    server = leader()
    server.receive(3, Append(9, 1, 0, 0, 0))
    server.step(Persisted(1))
    assert not server.leads
