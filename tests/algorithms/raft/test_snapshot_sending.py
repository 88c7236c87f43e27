"""Who is sent how much of a snapshot, and when. The stories: tests/scenarios/test_snapshot.py, test_snapshot_transfer.py."""

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import HEARTBEAT_NS, Server, log_of, sends
from algorithms.raft.scenes import follower, leader
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.progress import Mode
from quorate.core.durable import LogPoint
from quorate.core.effects import ReadSnapshot
from quorate.core.events import SnapshotRead

META = meta_of(9, 2, b"0123456789")
STATE = bytes(range(200))
BIG = meta_of(9, 2, STATE, (1, 2, 3, 4, 5))


def offering() -> Server:
    """A leader of term 3 that offers META to node 2."""
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=META, commit=9)
    server.receive(2, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
    server.sent()
    return server


def test_an_answer_about_another_snapshot_is_contact_and_nothing_more() -> None:
    server = offering()
    server.now += 1
    assert server.receive(2, SnapshotReply(3, 2, "other", "continue", 5)) == []
    assert server.receive(2, SnapshotReply(3, 2, "other", "done", 5, match=9)) == []
    progress = server.state.progress[2]
    assert (progress.mode, progress.match, progress.contact_at) == (Mode.SNAPSHOT, 0, server.now)


def test_done_is_believed_only_as_far_as_the_log_goes() -> None:
    server = offering()
    server.receive(2, SnapshotReply(3, 2, META.digest, "done", 10, match=99))
    assert server.state.progress[2].match == server.state.log.last_index


def test_bytes_read_for_nobody_are_dropped() -> None:
    server = offering()
    assert server.step(SnapshotRead(3, META, 0, b"x")) == []
    assert server.step(SnapshotRead(2, meta_of(8, 2), 0, b"x")) == []
    assert follower().step(SnapshotRead(2, META, 0, b"x")) == []


def test_an_answer_to_somebody_who_does_not_lead_is_dropped() -> None:
    assert follower(leader=3, term=3).receive(2, SnapshotReply(3, 2, META.digest, "continue")) == []


def test_a_transfer_that_moves_is_not_offered_again() -> None:
    server = offering()
    for offset in range(0, 10, 2):
        server.now += 400_000_000
        server.receive(3, AppendReply(3, server.state.round, ok=True, match=10))
        server.receive(2, SnapshotReply(3, server.state.round, META.digest, "continue", offset))
        effects = server.wait(50_000_000)
        assert not any(isinstance(message, SnapshotOffer) for _, message in sends(effects))


def sending(config: RaftConfig, *peers: int) -> Server:
    """A leader of five in term 3 that these peers have asked for BIG, from its start."""
    server = leader(
        term=3,
        members=(1, 2, 3, 4, 5),
        start=LogPoint(8, 2),
        entries=log_of(2, start=8),
        snapshot=BIG,
        commit=9,
        config=config,
    )
    server.pretended.publish(BIG, STATE)
    for peer in peers:
        server.receive(peer, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
        server.receive(peer, SnapshotReply(3, 2, BIG.digest, "continue"))
    server.sent()
    return server


def outgoing_of(server: Server, peer: int) -> Outgoing:
    outgoing = server.state.progress[peer].outgoing
    assert outgoing is not None
    return outgoing


def transfer(server: Server, peers: list[int], until: int) -> dict[int, int]:
    """Disks and network do their work at once, time passes only where the leader waits for it; how much each peer holds then."""
    held = dict.fromkeys(peers, 0)
    while server.now < until:
        while server.reading or server.outbox:
            if server.reading:
                server.answer_read()
            for peer, message in server.sent():
                if isinstance(message, SnapshotChunk):
                    assert message.offset == held[peer]
                    held[peer] += len(message.data)
                    whole = held[peer] == BIG.size
                    status = "done" if whole else "held"
                    server.receive(peer, SnapshotReply(3, 2, BIG.digest, status, held[peer], 9 if whole else 0))
                elif not isinstance(message, SnapshotOffer):
                    server.receive(peer, AppendReply(3, message.round, ok=True))
        server.time_out()
    return held


def test_the_window_grows_while_chunks_arrive_quickly_and_shrinks_when_they_do_not() -> None:
    """What is sent to the peer waits behind them, heartbeats too: never much longer than a heartbeat interval."""
    server = sending(RaftConfig(snapshot_chunk_bytes=10, snapshot_window_chunks=3), 2)
    outgoing = outgoing_of(server, 2)
    held, sizes = 0, []
    for delay_ns in (0, 0, 0, 2 * HEARTBEAT_NS, 2 * HEARTBEAT_NS, 2 * HEARTBEAT_NS, HEARTBEAT_NS, HEARTBEAT_NS):
        while server.reading:
            server.answer_read()
        server.now += delay_ns
        for peer in (3, 4, 5):
            server.receive(peer, AppendReply(3, server.state.round, ok=True, match=10))
        for flight in list(outgoing.flights):
            flight.sent_at = server.now - delay_ns
        held += 10
        server.receive(2, SnapshotReply(3, 2, BIG.digest, "held", held))
        sizes.append((outgoing.window, len(outgoing.flights)))
    assert [window for window, _ in sizes] == [2, 3, 3, 1, 1, 1, 2, 3]
    assert max(flights for _, flights in sizes) == 3


def test_the_rate_is_kept_by_all_transfers_together() -> None:
    """100 bytes/s in chunks of 10: after half a second, half of that; whoever waits longest is next."""
    server = sending(RaftConfig(snapshot_chunk_bytes=10, snapshot_bytes_per_s=100), 2, 3)
    begin = server.now
    held = transfer(server, [2, 3], begin + 500_000_000)
    assert (server.now - begin, held) == (500_000_000, {2: 30, 3: 20}), "a chunk is paid for afterwards"
    assert not outgoing_of(server, 2).silent_since()


def test_without_a_rate_nothing_waits() -> None:
    server = sending(RaftConfig(snapshot_chunk_bytes=10), 2)
    begin = server.now
    assert transfer(server, [2, 3, 4, 5], begin + 1)[2] == 200
    assert server.state.progress[2].mode is not Mode.SNAPSHOT


def test_a_transfer_that_waits_for_the_rate_is_not_offered_again() -> None:
    """Nothing is owed by the peer: it is we who wait."""
    server = sending(RaftConfig(snapshot_chunk_bytes=10, snapshot_bytes_per_s=5), 2)
    server.answer_read()
    server.sent()
    server.receive(2, SnapshotReply(3, 2, BIG.digest, "held", 10))
    server.reading.clear()
    for _ in range(41):
        server.wait(HEARTBEAT_NS)
        for peer, match in ((2, 0), (3, 10), (4, 10)):
            server.receive(peer, AppendReply(3, server.state.round, ok=True, match=match))
    assert [to for to, message in server.sent() if isinstance(message, SnapshotOffer)] == []
    assert [read.offset for read in server.reading] == [10]


def test_few_peers_are_sent_one_at_once_and_the_next_when_one_is_done() -> None:
    server = sending(RaftConfig(snapshot_chunk_bytes=100, snapshot_transfers=2), 2, 3, 4)
    assert [read.to for read in server.reading] == [2, 3]
    effects = server.receive(3, SnapshotReply(3, 2, BIG.digest, "done", 200, 9))
    assert [effect.to for effect in effects if isinstance(effect, ReadSnapshot)] == [4]


def test_a_peer_that_falls_silent_gives_its_place_up() -> None:
    server = sending(RaftConfig(snapshot_chunk_bytes=100, snapshot_transfers=1), 2, 3)
    assert [read.to for read in server.reading] == [2]
    for _ in range(11):
        server.wait(HEARTBEAT_NS)
        for peer, match in ((3, 0), (4, 10), (5, 10)):
            server.receive(peer, AppendReply(3, server.state.round, ok=True, match=match))
    assert [read.to for read in server.reading] == [2, 3]
    assert not outgoing_of(server, 2).served


def test_a_chunk_that_is_read_again_is_sent_once() -> None:
    """The peer asked anew while our disk was busy: both readings end, one is sent."""
    server = sending(RaftConfig(snapshot_chunk_bytes=100), 2)
    server.receive(2, SnapshotReply(3, 2, BIG.digest, "continue"))
    assert [(read.to, read.offset) for read in server.reading] == [(2, 0), (2, 0)]
    assert len(sends(server.answer_read())) == 1
    assert sends(server.answer_read()) == []


def test_what_is_all_there_gets_an_empty_chunk_once() -> None:
    server = sending(RaftConfig(snapshot_chunk_bytes=100), 2)
    server.reading.clear()
    server.receive(2, SnapshotReply(3, 2, BIG.digest, "continue", 200))
    assert [(read.offset, read.size) for read in server.reading] == [(200, 100)]
    assert [message.data for _, message in sends(server.answer_read()) if isinstance(message, SnapshotChunk)] == [b""]
    server.wait(HEARTBEAT_NS)
    assert not server.reading


def test_an_answer_of_an_earlier_membership_says_nothing() -> None:
    server = sending(RaftConfig(snapshot_chunk_bytes=100), 2)
    assert server.receive(2, SnapshotReply(3, 2, BIG.digest, "done", 200, 9, joined_at=7)) == []
    assert server.state.progress[2].mode is Mode.SNAPSHOT
