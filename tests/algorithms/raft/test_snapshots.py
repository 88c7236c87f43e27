"""Compaction and transfer, function by function. The stories: tests/scenarios/test_snapshot.py, test_snapshot_transfer.py."""

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import acts, log_of, reasons, sends
from algorithms.raft.scenes import candidate, follower
from quorate.algorithms.raft.messages import AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.algorithms.raft.snapshots import not_needed
from quorate.core.effects import LeaderChanged, Send, WriteSnapshot
from quorate.core.errors import InvariantError
from quorate.core.events import SnapshotWritten

META = meta_of(9, 2, b"0123456789")


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


def test_one_for_which_there_is_no_room_is_given_up_until_it_is_offered_again() -> None:
    server = follower(leader=3, term=4)
    server.receive(3, SnapshotOffer(4, 1, META))
    effects = server.step(SnapshotWritten(META, 0, no_room=True))
    assert (acts(effects), reasons(effects)) == ([], ["snapshot_no_room"])
    assert server.state.incoming is None
    assert acts(server.receive(3, SnapshotOffer(4, 2, META))) == [WriteSnapshot(META, 1, b"")]
