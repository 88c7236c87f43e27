"""Compaction, and a learner that receives a snapshot."""

from zlib import crc32

import pytest

from algorithms.raft.disk import digest_of, meta_of
from algorithms.raft.harness import acts, reasons, sends
from algorithms.zab.harness import SYNC_NS, ZabServer, ZabStage, deciding, established, hello, log_of, zxid
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import Ack, AckEpoch, LeaderInfo, SessionEnd, Snap, SnapChunk, SnapReply
from quorate.core.durable import LogPoint
from quorate.core.effects import LoadSnapshot, Persist, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotTaken, SnapshotWritten
from quorate.core.snapshot import SnapshotMeta

DATA = b"0123456789"
META = SnapshotMeta(3, 1, (1, 2, 3), len(DATA), digest_of(DATA))


def waiting(**settings: object) -> ZabServer:
    server = deciding(1, **settings)
    server.receive(3, LeaderInfo(1, 9))
    server.disk()
    return server.clear()


def test_a_snapshot_in_pieces_replaces_log_and_state() -> None:
    server = waiting(accepted=1, entries=log_of(1))
    assert acts(server.receive(3, Snap(1, META))) == [WriteSnapshot(META, 1, b"")]
    server.disk()
    server.receive(3, SnapChunk(1, META.digest, 0, DATA[:4], crc32(DATA[:4])))
    server.disk()
    assert server.sent()[-1] == (3, SnapReply(1, META.digest, "held", 4))
    server.receive(3, SnapChunk(1, META.digest, 4, DATA[4:], crc32(DATA[4:])))
    effects = server.finish_write()
    assert acts(effects)[:2] == [Persist(2, reset=LogPoint(3, 1), commit=3), LoadSnapshot(META)]
    assert server.state.learning.staged.verified == 3
    assert server.state.applied == 3


def test_a_snapshot_of_what_the_log_has_is_not_needed() -> None:
    server = waiting(accepted=1, entries=log_of(1, 1, 1, 1))
    effects = server.receive(3, Snap(1, META))
    assert sends(effects) == [(3, SnapReply(1, META.digest, "done"))]
    assert (server.state.log.last_index, server.state.learning.staged.verified) == (4, 3)


def test_a_snapshot_below_our_own_brings_nothing() -> None:
    server = waiting(accepted=1, start=LogPoint(5, 1), snapshot=meta_of(5, 1))
    assert sends(server.receive(3, Snap(1, META))) == [(3, SnapReply(1, META.digest, "done"))]
    assert server.state.learning.staged.verified == 5


def test_a_snapshot_against_what_is_committed_stops_the_node() -> None:
    server = waiting(accepted=2, entries=log_of(1, 2, 2), commit=3)
    with pytest.raises(InvariantError, match="but committed there is epoch 2"):
        server.receive(3, Snap(1, META))


def test_a_damaged_piece_is_complained_about_once() -> None:
    server = waiting()
    server.receive(3, Snap(1, META))
    server.disk()
    bad = SnapChunk(1, META.digest, 0, DATA[:4], 1)
    assert sends(server.receive(3, bad)) == [(3, SnapReply(1, META.digest, "continue", 0))]
    assert not server.receive(3, bad)
    assert not server.receive(3, SnapChunk(1, "another", 0, DATA, crc32(DATA)))


def test_what_the_disk_says_of_a_snapshot() -> None:
    server = waiting()
    server.receive(3, Snap(1, META))
    effects = server.step(SnapshotWritten(META, 4))
    assert reasons(effects) == ["snapshot_resumed"]
    effects = server.step(SnapshotWritten(META, 0, damaged=True))
    assert sends(effects) == [(3, SnapReply(1, META.digest, "damaged"))]
    server.receive(3, Snap(1, META))
    effects = server.step(SnapshotWritten(META, 0, no_room=True))
    assert (3, SessionEnd(1, "snapshot_no_room")) in sends(effects)
    assert not server.step(SnapshotWritten(META, 10, complete=True))


def test_a_second_offer_in_a_session_begins_anew_and_one_out_of_order_ends_it() -> None:
    server = waiting()
    server.receive(3, Snap(1, META))
    assert acts(server.receive(3, Snap(1, meta_of(5, 1)))) == [WriteSnapshot(meta_of(5, 1), 1, b"")]
    early = deciding(1)
    assert (3, SessionEnd(1, "out_of_order")) in sends(early.receive(3, Snap(1, META)))


@pytest.mark.parametrize(
    ("settings", "start"),
    [({"log_tail_entries": 2}, 4), ({"log_tail_entries": 0}, 6), ({"log_tail_bytes": 3}, 3), ({}, 0)],
)
def test_the_log_keeps_a_tail_by_entries_and_by_bytes(settings: dict[str, int], start: int) -> None:
    stage = ZabStage(1, config=ZabConfig(**settings))
    stage.elect()
    stage.propose(1, b"a", b"b", b"c", b"d", b"e", b"f")
    stage.run_until(lambda: stage.settled(6))
    stage[1].take_snapshot()
    assert stage[1].state.log.start.index == start


def test_what_a_learner_on_its_way_needs_is_kept_within_a_limit() -> None:
    for hold, start in ((1 << 20, 3), (1, 5)):
        leader = established(
            accepted=1,
            start=LogPoint(3, 1),
            snapshot=META,
            commit=3,
            config=ZabConfig(log_tail_entries=0, snapshot_hold_bytes=hold),
        )
        leader.disconnect(2)
        leader.connect(2)
        hello(leader, 2, 2, session=2)
        leader.receive(2, AckEpoch(2, 0, zxid(0, 0)))
        leader.propose(b"xx", 1)
        leader.propose(b"yy", 2)
        leader.disk()
        leader.receive(1, Ack(1, zxid(2, 5)))
        assert leader.state.commit == 5
        leader.pretended.publish(meta_of(5, 2), b"state")
        leader.step(SnapshotTaken(meta_of(5, 2)))
        assert leader.state.log.start.index == start


def test_a_far_behind_follower_is_brought_in_line_by_a_snapshot() -> None:
    stage = ZabStage(config=ZabConfig(log_tail_entries=1, snapshot_chunk_bytes=20))
    stage.elect()
    dead = stage.kill(1)
    stage.propose(3, *(b"%d" % number for number in range(20)))
    stage.run_until(lambda: stage.settled(20))
    for node in (2, 3):
        stage.touch(node, lambda server: server.take_snapshot())
    stage.revive(dead)
    stage.run_until(lambda: stage.settled(20))
    stage.run(SYNC_NS)
    assert "snapshot_installed" in reasons(stage[1].all_effects)
    assert stage[1].machine.history == stage[3].machine.history
