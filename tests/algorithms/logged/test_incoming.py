"""A snapshot being received: what continues it, and what its sender must be told."""

from algorithms.raft.disk import meta_of
from quorate.algorithms.logged.incoming import MAX_WINDOW_CHUNKS, Incoming

META = meta_of(9, 2, bytes(25))


def begun(offset: int = 0) -> Incoming:
    incoming = Incoming(META)
    assert incoming.written(offset), "the first answer is what the offer asked for"
    return incoming


def test_only_the_next_chunk_continues_and_an_empty_one_only_at_the_end() -> None:
    assert not Incoming(META).continues(0, 5), "the disk is being asked"
    incoming = begun(10)
    assert [incoming.continues(offset, 5) for offset in (0, 9, 10, 11)] == [False, False, True, False]
    assert not incoming.continues(10, 0)
    assert begun(25).continues(25, 0)


def test_what_is_written_is_said_and_what_was_lost_is_asked_for() -> None:
    incoming = begun()
    incoming.take(10)
    incoming.take(10)
    assert not incoming.written(10)
    assert (incoming.offset, incoming.expected, incoming.writes) == (10, 20, 1)
    assert incoming.written(10), "the disk does not hold what it was given"
    assert incoming.expected == 10


def test_an_offer_meanwhile_is_answered_when_all_is_written() -> None:
    incoming = begun()
    incoming.take(10)
    incoming.take(10)
    incoming.owes_answer = True
    assert not incoming.written(10)
    assert incoming.written(20)
    assert not incoming.owes_answer


def test_the_limit_of_chunks_in_memory() -> None:
    incoming = begun()
    for _ in range(MAX_WINDOW_CHUNKS):
        assert not incoming.full
        incoming.take(0)
    assert incoming.full
