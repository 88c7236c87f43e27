"""A leader that sends a snapshot."""

from zlib import crc32

import pytest

from algorithms.raft.disk import digest_of
from algorithms.raft.harness import reasons, sends
from algorithms.zab.harness import ZabServer, elected, hello, zxid
from quorate.algorithms.zab.config import ZabConfig
from quorate.algorithms.zab.messages import AckEpoch, Snap, SnapChunk, SnapReply
from quorate.algorithms.zab.snapshot_sending import offer_snapshot
from quorate.core.durable import LogPoint
from quorate.core.effects import ReadSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotRead
from quorate.core.snapshot import SnapshotMeta

DATA = b"0123456789"
META = SnapshotMeta(3, 1, (1, 2, 3), len(DATA), digest_of(DATA))


def offering(**config: int) -> ZabServer:
    leader = elected(
        accepted=1, start=LogPoint(3, 1), snapshot=META, commit=3, config=ZabConfig(snapshot_chunk_bytes=4, **config)
    )
    leader.pretended.publish(META, DATA)
    hello(leader, 1, 1)
    leader.disk()
    assert (1, Snap(1, META)) in sends(leader.receive(1, AckEpoch(1, 0, zxid(0, 0))))
    leader.disk()
    return leader.clear()


def test_chunks_are_read_and_sent_in_a_window_that_grows() -> None:
    leader = offering()
    effects = leader.receive(1, SnapReply(1, META.digest, "continue"))
    assert effects == [ReadSnapshot(1, META, 0, 4)]
    assert sends(leader.answer_read()) == [(1, SnapChunk(1, META.digest, 0, DATA[:4], crc32(DATA[:4])))]
    effects = leader.receive(1, SnapReply(1, META.digest, "held", 4))
    assert [effect.offset for effect in effects] == [4, 8]


def test_a_part_that_is_there_is_not_sent_again() -> None:
    assert offering().receive(1, SnapReply(1, META.digest, "continue", 8)) == [ReadSnapshot(1, META, 8, 4)]


def test_the_rate_makes_chunks_wait() -> None:
    leader = offering(snapshot_bytes_per_s=4)
    leader.receive(1, SnapReply(1, META.digest, "continue"))
    leader.answer_read()
    assert not leader.receive(1, SnapReply(1, META.digest, "held", 4))
    deadline = leader.raft.deadline()
    assert deadline is not None
    assert leader.state.leading.transfers.paid_at == leader.now + 1_000_000_000


def test_a_snapshot_that_is_gone_is_replaced_by_the_newest() -> None:
    leader = offering()
    leader.receive(1, SnapReply(1, META.digest, "continue"))
    effects = leader.step(SnapshotRead(1, META, 0, b"", failed=True))
    assert reasons(effects) == ["snapshot_gone", "snapshot_offered"]
    assert sends(effects) == [(1, Snap(1, META))]


def test_bytes_that_nobody_waits_for_are_not_sent() -> None:
    leader = offering()
    assert not leader.step(SnapshotRead(1, META, 0, b"0123"))
    leader.disconnect(1)
    assert not leader.step(SnapshotRead(1, META, 0, b"0123"))


def test_without_a_snapshot_there_is_nothing_to_offer() -> None:
    leader = elected()
    hello(leader, 1)
    with pytest.raises(InvariantError, match="has no snapshot"):
        offer_snapshot(leader.state, 1, leader.state.leading.sessions[1])
