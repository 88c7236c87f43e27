"""A transfer cut anywhere goes on from there: scenario S-S11."""

from zlib import crc32

import pytest

from algorithms.raft.disk import meta_of
from algorithms.raft.harness import Server, acts, log_of, sends
from algorithms.raft.scenes import follower, leader
from quorate.algorithms.logged.incoming import MAX_WINDOW_CHUNKS
from quorate.algorithms.raft.config import RaftConfig
from quorate.algorithms.raft.messages import Append, AppendReply, SnapshotChunk, SnapshotOffer, SnapshotReply
from quorate.core.durable import LogPoint
from quorate.core.effects import LoadSnapshot, Persist, ReadSnapshot, Send, WriteSnapshot
from quorate.core.events import SnapshotWritten
from quorate.core.snapshot import SnapshotMeta

STATE = bytes(range(100))
META = meta_of(9, 2, STATE)
CHUNK = 10


def chunk(offset: int, data: bytes | None = None, term: int = 3, meta: SnapshotMeta = META) -> SnapshotChunk:
    """The bytes at `offset`, or others under the right checksum."""
    data = STATE[offset : offset + CHUNK] if data is None else data
    return SnapshotChunk(term, 1, meta, offset, data, crc32(data))


def holding(offset: int) -> Server:
    """A follower of node 3 in term 3 that has the bytes below `offset`, written."""
    server = follower(term=3)
    server.receive(3, SnapshotOffer(3, 1, META))
    server.finish_write()
    for at in range(0, offset, CHUNK):
        server.receive(3, chunk(at))
        server.finish_write()
    server.sent()
    return server


def test_s_s11_offer_then_chunk_by_chunk() -> None:
    """The follower names the offset that it holds, and asks for more only when what it has is durable."""
    server = follower(term=3)
    assert acts(server.receive(3, SnapshotOffer(3, 7, META))) == [WriteSnapshot(META, 1, b"")], (
        "what does the disk hold?"
    )
    assert server.finish_write() == [Send(3, SnapshotReply(3, 0, META.digest, "continue", 0))]
    for offset in range(0, 90, CHUNK):
        assert server.receive(3, chunk(offset)) == [WriteSnapshot(META, offset, STATE[offset : offset + CHUNK])]
        assert server.finish_write() == [Send(3, SnapshotReply(3, 0, META.digest, "held", offset + CHUNK))]
    server.receive(3, chunk(90))
    assert any(isinstance(effect, LoadSnapshot) for effect in server.finish_write())


@pytest.mark.parametrize("offset", range(0, 100, CHUNK))
@pytest.mark.parametrize(
    "by", ["the same leader", "after a restart", "another leader", "another leader after a timeout"]
)
def test_s_s11_r35_a_transfer_cut_at_any_chunk_goes_on_there(offset: int, by: str) -> None:
    """Rule R35. After a break, a restart of the receiver, under a new leader with the same snapshot, and after the silence between two."""
    server = holding(offset)
    sender, term = (3, 3) if by in ("the same leader", "after a restart") else (2, 4)
    server.disconnect(3)
    if by == "another leader after a timeout":
        server.time_out()
        server.time_out()
    if by == "after a restart":
        server = server.reborn()
    server.receive(sender, SnapshotOffer(term, 9, META))
    server.disk()
    ((to, reply),) = server.sent()
    assert (to, reply.status, reply.offset, reply.digest) == (sender, "continue", offset, META.digest)
    for at in range(offset, 100, CHUNK):
        server.receive(sender, chunk(at, term=term))
        server.disk()
    assert server.state.snapshot == META


def test_s_s11_another_snapshot_starts_anew() -> None:
    server = holding(50)
    other = meta_of(11, 2, b"other")
    server.receive(3, SnapshotOffer(3, 9, other))
    assert server.finish_write() == [Send(3, SnapshotReply(3, 0, other.digest, "continue", 0))]


def test_s_s11_one_that_is_here_already_is_installed_without_a_transfer() -> None:
    """The node died between publishing it and telling so."""
    server = follower(term=3)
    server.machine = None
    server.pretended.published[META.digest] = (META, STATE)
    server.receive(3, SnapshotOffer(3, 9, META))
    assert any(isinstance(effect, LoadSnapshot) for effect in server.finish_write())


@pytest.mark.parametrize("held", range(0, 100, CHUNK))
def test_s_s11_one_flipped_bit_is_found_by_the_chunk(held: int) -> None:
    """It is not written; the answer names where to go on, so it is sent again."""
    server = holding(held)
    good = chunk(held)
    bad = SnapshotChunk(3, 1, META, held, bytes([good.data[0] ^ 1]) + good.data[1:], good.crc)
    assert server.receive(3, bad) == [Send(3, SnapshotReply(3, 1, META.digest, "continue", held))]
    assert server.receive(3, good) == [WriteSnapshot(META, held, good.data)]


def test_s_s11_one_flipped_bit_before_the_checksum_is_found_by_the_digest() -> None:
    """The sender's copy was bad: everything received is thrown away, and the sender is told."""
    server = holding(90)
    server.receive(3, chunk(90, b"ten bytes!"))
    assert server.finish_write() == [Send(3, SnapshotReply(3, 0, META.digest, "damaged", 0))]
    assert (server.state.incoming, server.state.snapshot) == (None, None)


@pytest.mark.parametrize("offset", [0, 10, 40, 60, 90])
def test_s_s11_copies_and_gaps_do_no_harm(offset: int) -> None:
    """Holding 50 bytes: what is behind is answered with what is durable, what is ahead with where to go on; both without a write."""
    server = holding(50)
    status = "continue" if offset > 50 else "held"
    assert server.receive(3, chunk(offset)) == [Send(3, SnapshotReply(3, 1, META.digest, status, 50))]
    server.receive(3, chunk(50))
    for at in (50, 0, 50):
        assert server.receive(3, chunk(at)) == [], "the completion will answer"
    assert server.receive(3, SnapshotOffer(3, 2, META)) == [], "the completion will answer"
    assert acts(server.finish_write()) == [Send(3, SnapshotReply(3, 0, META.digest, "continue", 60))]


def test_s_s11_chunks_in_a_row_are_written_without_a_question_between_them() -> None:
    server = holding(50)
    for at in (50, 60, 70):
        assert server.receive(3, chunk(at)) == [WriteSnapshot(META, at, STATE[at : at + CHUNK])]
    for at in (60, 70, 80):
        assert server.finish_write() == [Send(3, SnapshotReply(3, 0, META.digest, "held", at))]


def test_s_s11_of_a_lost_chunk_the_sender_is_told_once_and_only_when_what_came_before_is_durable() -> None:
    """What was on its way behind it does not fit either; one answer is enough. It leaves behind the writes that it speaks of."""
    server = holding(50)
    server.receive(3, chunk(50))
    effects = server.receive(3, chunk(70))
    assert effects == [Send(3, SnapshotReply(3, 1, META.digest, "continue", 60))]
    assert server.receive(3, chunk(80)) == []
    assert server.sent() == [], "behind the write"
    server.disk()
    assert [(reply.status, reply.offset) for _, reply in server.sent()] == [("continue", 60), ("held", 60)]
    for at in (60, 70, 80):
        assert server.receive(3, chunk(at)) == [WriteSnapshot(META, at, STATE[at : at + CHUNK])]


def test_s_s11_a_disk_that_has_lost_what_it_held_is_believed() -> None:
    """The partial file was damaged: the answer to the write says what is left of it, and the sender goes on there."""
    server = holding(50)
    server.receive(3, chunk(50))
    assert acts(server.step(SnapshotWritten(META, 20))) == [Send(3, SnapshotReply(3, 0, META.digest, "continue", 20))]
    assert server.receive(3, chunk(20)) == [WriteSnapshot(META, 20, STATE[20:30])]


def test_s_s11_a_receiver_keeps_no_more_chunks_in_memory_than_the_limit() -> None:
    """Whatever the sender's window: what is over it is dropped, and sent again after silence."""
    many = bytes(200)
    meta = meta_of(9, 2, many)
    server = follower(term=3)
    server.receive(3, SnapshotOffer(3, 1, meta))
    server.finish_write()
    taken = [
        server.receive(3, SnapshotChunk(3, 1, meta, at, many[at : at + 1], crc32(many[at : at + 1])))
        for at in range(200)
    ]
    assert [bool(effects) for effects in taken] == [True] * MAX_WINDOW_CHUNKS + [False] * (200 - MAX_WINDOW_CHUNKS)


def test_s_s11_memory_of_the_sender_stays_at_its_window() -> None:
    """The leader reads no more than the window ahead of what the peer has on its disk; the first time one chunk."""
    server = leader(
        term=3,
        start=LogPoint(8, 2),
        entries=log_of(2, start=8),
        snapshot=META,
        commit=9,
        config=RaftConfig(snapshot_chunk_bytes=CHUNK),
    )
    server.pretended.publish(META, STATE)
    server.receive(2, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
    asked = [effect.offset for effect in server.receive(2, SnapshotReply(3, 0, META.digest, "continue", 0))]
    assert asked == [0]
    for held in range(0, 90, CHUNK):
        data = STATE[held : held + CHUNK]
        assert sends(server.answer_read()) == [(2, SnapshotChunk(3, server.state.round, META, held, data, crc32(data)))]
        effects = server.receive(2, SnapshotReply(3, 0, META.digest, "held", held + CHUNK))
        assert all(type(effect) is ReadSnapshot for effect in effects)
        asked += [effect.offset for effect in effects]
        outgoing = server.state.progress[2].outgoing
        assert outgoing is not None
        assert len(outgoing.flights) == min(4, held // CHUNK + 2, (90 - held) // CHUNK)
    assert asked == list(range(0, 100, CHUNK)), "each byte once"


def test_an_empty_state_is_a_snapshot_too() -> None:
    empty = meta_of(9, 2, b"")
    server = follower(term=3)
    server.machine = None
    server.receive(3, SnapshotOffer(3, 1, empty))
    server.finish_write()
    assert server.receive(3, SnapshotChunk(3, 1, empty, 0, b"", 0)) == [WriteSnapshot(empty, 0, b"")]
    effects = server.finish_write()
    assert [type(effect) for effect in acts(effects)] == [Persist, LoadSnapshot, Send]


def test_a_snapshot_that_is_all_here_but_not_published_needs_no_byte_more() -> None:
    """A node that died between the last byte and the publishing holds all of it: an empty chunk behind the end makes it whole. A
    storm found the two sides telling each other the end's offset for ever."""
    server = follower(term=3)
    server.receive(3, SnapshotOffer(3, 1, META))
    assert server.state.incoming is not None
    server.step(SnapshotWritten(META, META.size))
    effects = server.receive(3, SnapshotChunk(3, 1, META, META.size, b"", 0))
    assert effects == [WriteSnapshot(META, META.size, b"")]


def test_r35_a_new_link_is_greeted_with_the_offer_under_way() -> None:
    server = leader(term=3, start=LogPoint(8, 2), entries=log_of(2, start=8), snapshot=META, commit=9)
    server.receive(2, AppendReply(3, 2, ok=False, refused_prev=9, hint_index=3, hint_term=1))
    server.disconnect(2)
    messages = [message for to, message in sends(server.connect(2)) if to == 2]
    assert [type(message) for message in messages] == [SnapshotOffer, Append]
