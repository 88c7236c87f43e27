"""What a leader sends, and when."""

from zlib import crc32

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import ELECTION_NS, HEARTBEAT_NS, Server, acts, log_of, noop, sends
from algorithms.raft.scenes import acknowledge, leader, ready_leader
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, Forward, SnapshotOffer
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.sending import append_as_leader, next_heartbeat, send_entries
from quorate.core.durable import LogPoint
from quorate.core.effects import Effect, Persist, Send
from quorate.core.entry import EntryKind
from quorate.core.events import TimePassed
from quorate.core.ids import MILLISECOND


def test_an_append_goes_out_before_it_is_written() -> None:
    server = ready_leader()
    assert append_as_leader(server.state, EntryKind.NOOP, b"", 0) == 2
    assert [type(effect) for effect in server.state.out] == [Send, Send, Persist]
    assert server.state.out[-1] == Persist(3, entries=(noop(2, 2),), commit=1)


def test_peers_that_get_the_same_get_the_same_object() -> None:
    server = ready_leader()
    (_, two), (_, three) = sends(server.propose(b"x"))
    assert two is three
    server.receive(2, AppendReply(2, two.round, ok=True, match=2))
    (_, ahead), (_, behind) = sends(server.propose(b"y", 2))
    assert ahead is behind, "both were sent all that came before"
    server.state.progress[3].become_probe(2)
    (_, ahead), (_, behind) = sends(server.propose(b"z", 3))
    assert ([e.index for e in ahead.entries], [e.index for e in behind.entries]) == ([4], [2, 3, 4])
    server.state.progress[3].become_replicate()
    server.state.progress[3].next = 5
    server.state.progress[3].joined_at = 7
    (_, ahead), (_, behind) = sends(server.propose(b"w", 4))
    assert (ahead.joined_at, behind.joined_at, ahead.entries == behind.entries) == (0, 7, True)
    (_, earlier), (_, later) = [sends(server.wait(HEARTBEAT_NS))[0] for _ in range(2)]
    assert (earlier.entries, later.entries) == ((), ())
    assert earlier is not later, "another sweep"


def test_rounds_rise_with_every_sweep() -> None:
    server = ready_leader()
    rounds = []
    for number in range(1, 4):
        rounds += [message.round for _, message in sends(server.propose(b"x", number))]
        rounds += [message.round for _, message in sends(server.wait(HEARTBEAT_NS))]
        rounds += [message.round for _, message in sends(server.read(number))]
    assert rounds == sorted(rounds)
    assert len(set(rounds)) >= 6


def test_nothing_is_sent_when_there_is_nothing_new() -> None:
    server = ready_leader()
    send_entries(server.state, 2)
    assert server.state.out == []


def test_entries_are_cut_into_messages_and_stop_at_the_window() -> None:
    config = RaftConfig(append_bytes=10, inflight_messages=3)
    server = leader(config=config)
    for number in range(1, 9):
        server.propose(b"x" * 10, number)
    effects = server.receive(2, AppendReply(2, 2, ok=True, match=1))
    assert [[e.index for e in m.entries] for _, m in sends(effects) if m.entries] == [[2], [3], [4]]
    assert server.state.progress[2].next == 5


def test_heartbeats_go_only_to_those_that_were_sent_nothing() -> None:
    server = ready_leader()
    server.now += HEARTBEAT_NS // 2
    server.receive(3, AppendReply(2, 3, ok=False, refused_prev=7))  # node 3 is looked after
    server.now += HEARTBEAT_NS // 2
    server.propose(b"x")
    assert sends(server.step(TimePassed())) == [], "both have just been sent something"
    server.now += HEARTBEAT_NS
    assert [to for to, _ in sends(server.step(TimePassed()))] == [2, 3]


def test_a_heartbeat_says_what_should_be_there() -> None:
    """Its previous entry is the last that was sent, so that a peer that lost some refuses; in snapshot mode the last that matches."""
    server = ready_leader(entries=log_of(1, 1))
    server.propose(b"x")
    beats = sends(server.wait(HEARTBEAT_NS))
    assert {(message.prev_index, message.entries) for _, message in beats} == {(4, ())}
    server.state.progress[2].become_snapshot(meta_of(3, 2), server.now)
    beats = dict(sends(server.wait(HEARTBEAT_NS)))
    assert (beats[2].prev_index, beats[2].prev_term) == (3, 2)


def test_a_heartbeat_to_a_peer_far_behind_claims_nothing() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=meta_of(9, 2))
    server.state.progress[2].become_probe(3)
    beats = dict(sends(server.wait(HEARTBEAT_NS)))
    assert beats[2] == Append(3, server.state.round, 0, 0, 9)


def test_a_probe_is_repeated_after_a_heartbeat_without_an_answer() -> None:
    server = leader()
    assert server.state.progress[2].probe_sent_at is not None
    server.wait(HEARTBEAT_NS)
    assert server.state.progress[2].probe_sent_at is None
    effects = server.propose(b"x")
    assert [[entry.index for entry in message.entries] for _, message in sends(effects)] == [[1, 2], [1, 2]]


def test_a_new_link_is_greeted_and_goes_on_where_the_peer_stands() -> None:
    server = ready_leader()
    server.propose(b"x")
    effects = server.connect(2)
    beat, append = (message for _, message in sends(effects))
    assert (beat.prev_index, beat.entries) == (1, ())
    assert (append.prev_index, [entry.index for entry in append.entries]) == (1, [2])
    assert beat.round > 4, "a new round: its answer is news"


def test_no_snapshot_is_offered_without_one_or_to_a_silent_peer() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=meta_of(9, 2))
    progress = server.state.progress[2]
    progress.become_probe(3)
    server.state.now = server.now + ELECTION_NS
    send_entries(server.state, 2)
    assert (server.state.out, progress.mode) == ([], Mode.PROBE)
    progress.contact_at = server.state.now
    send_entries(server.state, 2)
    assert acts(server.state.out) == [Send(2, SnapshotOffer(3, server.state.round, meta_of(9, 2)))]


def test_a_full_window_that_was_lost_and_compacted_gives_way_to_a_snapshot() -> None:
    """The peer answers heartbeats, which claim nothing, and would never say what it lacks."""
    server = leader(
        config=RaftConfig(inflight_messages=1),
        term=3,
        start=LogPoint(8, 2),
        entries=log_of(2, start=8),
        snapshot=meta_of(9, 2),
    )
    progress = server.state.progress[2]
    progress.become_probe(5)
    progress.become_replicate()
    progress.match, progress.next = 4, 5
    progress.sent(5, 10)
    server.wait(HEARTBEAT_NS)
    effects = server.receive(2, AppendReply(3, server.state.round, ok=True, match=0))
    assert acts(effects) == [Send(2, SnapshotOffer(3, server.state.round, meta_of(9, 2)))]


def test_an_offer_is_repeated_only_after_an_election_timeout() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=meta_of(9, 2))
    server.state.progress[2].become_snapshot(meta_of(9, 2), server.now)
    offers = []
    for _ in range(25):
        acknowledge(server, [3])
        effects = server.wait(HEARTBEAT_NS)
        offers += [server.now for _, message in sends(effects) if isinstance(message, SnapshotOffer)]
    assert len(offers) == 2
    assert offers[1] - offers[0] == ELECTION_NS


def test_the_next_heartbeat_is_due_after_the_oldest_message() -> None:
    server = ready_leader()
    assert next_heartbeat(server.state) == server.now + HEARTBEAT_NS
    alone = Server(1, (1,))
    alone.time_out()
    alone.disk()
    assert next_heartbeat(alone.state) == alone.state.quorum_check_at, "nobody to send one to"


def delaying(members: tuple[int, ...] = (1, 2, 3)) -> Server:
    return ready_leader(members=members, config=RaftConfig(commit_delay_ms=2))


def confirmed(server: Server, match: int) -> list[Effect]:
    return server.receive(2, AppendReply(2, server.state.round, ok=True, match=match))


def told(effects: list[Effect]) -> list[tuple[int, int]]:
    return [(to, message.commit) for to, message in sends(effects) if isinstance(message, Append)]


def test_a_commit_that_nobody_waits_for_is_told_with_the_next_entries() -> None:
    server = delaying()
    server.propose(b"x", 1)
    server.disk()
    assert told(confirmed(server, 2)) == []
    assert server.state.commit == 2
    assert told(server.propose(b"y", 2)) == [(2, 2), (3, 2)]
    assert next_heartbeat(server.state) == server.state.now + HEARTBEAT_NS


def test_a_commit_is_told_after_the_delay_where_no_entries_follow() -> None:
    server = delaying()
    server.propose(b"x", 1)
    server.disk()
    confirmed(server, 2)
    assert next_heartbeat(server.state) == server.state.now + 2 * MILLISECOND
    assert told(server.wait(2 * MILLISECOND - 1)) == []
    assert told(server.wait(1)) == [(2, 2), (3, 2)]
    assert told(server.wait(2 * MILLISECOND)) == []


def test_a_node_whose_own_batch_is_committed_learns_it_at_once() -> None:
    server = delaying()
    server.receive(3, Forward(2, 1, 1, 1, b"theirs", crc32(b"theirs")))
    server.disk()
    assert told(confirmed(server, 2)) == [(3, 2)]
    server.propose(b"ours", 1)
    server.disk()
    assert told(confirmed(server, 3)) == []


def test_what_is_more_than_a_batch_is_told_to_all_at_once() -> None:
    server = delaying()
    append_as_leader(server.state, EntryKind.NOOP, b"", 0)
    confirmed(server, 2)
    assert told(server.receive(3, AppendReply(2, server.state.round, ok=True, match=2))) == [(2, 2), (3, 2)]
