"""Compaction and transfer, function by function. The stories: tests/scenarios/test_snapshot.py, test_snapshot_transfer.py."""

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import Server, acts, log_of, sends
from algorithms.raft.scenes import candidate, follower, leader
from quorate.algorithms.raft.messages import AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.progress import Mode
from quorate.algorithms.raft.snapshots import not_needed
from quorate.core.durable import LogPoint
from quorate.core.effects import LeaderChanged, Send, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotRead

META = meta_of(9, 2, b"0123456789")


def offering() -> Server:
    """A leader of term 3 that offers META to node 2."""
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=META, commit=9)
    server.receive(2, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
    server.sent()
    return server


@pytest.mark.parametrize(
    ("index", "term", "needed"),
    [(2, 1, False), (3, 2, False), (4, 2, False), (5, 3, False), (5, 2, True), (6, 3, True), (4, 3, True)],
)
def test_what_the_log_has_is_not_needed(index: int, term: int, needed: bool) -> None:
    """Log 1:t1 2:t1 3:t2 4:t2 5:t3, committed up to 3: below, at and beyond the commit, matching or not."""
    server = follower(leader=3, term=4, entries=log_of(1, 1, 2, 2, 3), commit=0)
    server.state.commit = server.state.applied = 3
    assert not_needed(server.state, meta_of(index, term)) is not needed
    assert server.state.commit == (max(3, index) if not needed else 3)


def test_a_contradiction_halts() -> None:
    server = follower(leader=3, term=4, entries=log_of(1, 1, 2), commit=0)
    server.state.commit = 3
    with pytest.raises(InvariantError, match="node 1: offered a snapshot"):
        not_needed(server.state, meta_of(3, 3))


def test_an_offer_is_a_sign_of_the_leader() -> None:
    server = candidate(term=3)
    effects = server.receive(2, SnapshotOffer(3, 1, META))
    assert acts(effects) == [LeaderChanged(2, 3), WriteSnapshot(META, 1, b"")]
    assert server.receive(2, SnapshotOffer(3, 2, META)) == [], "the disk is being asked"
    assert server.finish_write() == [Send(2, SnapshotReply(3, 0, META.digest, "continue"))]
    assert server.receive(2, SnapshotOffer(3, 3, META)) == [Send(2, SnapshotReply(3, 3, META.digest, "continue"))]
    assert server.state.role.value == "follower"


def test_an_old_leaders_offer_and_chunk_are_answered_with_the_term() -> None:
    server = follower(leader=3, term=4)
    for message in (SnapshotOffer(3, 1, META), SnapshotChunk(3, 1, META, 0, b"x", 0)):
        assert server.receive(2, message) == [Send(2, AppendReply(4, 0, ok=False))]
    assert server.state.incoming is None


def test_a_chunk_that_nobody_offered_is_answered_only_if_it_is_not_needed() -> None:
    server = follower(leader=3, term=4, entries=log_of(1, 1), commit=0)
    assert server.receive(3, SnapshotChunk(4, 1, META, 0, b"x", 0)) == []
    old = meta_of(1, 1)
    assert sends(server.receive(3, SnapshotChunk(4, 1, old, 0, b"x", 0))) == [
        (3, SnapshotReply(4, 1, old.digest, "done", match=1))
    ]


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
