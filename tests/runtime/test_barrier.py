"""The order of effects. Its properties over arbitrary lists are in tests/properties/test_barrier.py."""

from __future__ import annotations

import pytest

from quorate.core.effects import (
    Apply,
    Effect,
    Explain,
    LeaderChanged,
    Persist,
    ReadRefused,
    Rejected,
    Send,
    Unresolved,
    WriteSnapshot,
)
from quorate.core.errors import InvariantError
from quorate.core.snapshot import SnapshotMeta
from quorate.runtime.barrier import Barrier
from runtime.fakes import Hello

META = SnapshotMeta(5, 1, (1, 2, 3), 4, "00" * 16)
CHUNK = WriteSnapshot(META, 0, b"abcd")


def send(to: int, number: int) -> Send:
    return Send(to, Hello(number))


def holding(*effects: Effect, links: dict[int, int] | None = None) -> Barrier:
    known = links if links is not None else {}
    barrier = Barrier(lambda peer: known.get(peer, 0))
    for effect in effects:
        barrier.hold(effect)
    return barrier


def test_an_empty_barrier_is_open_and_has_nothing_to_write() -> None:
    barrier = holding()
    assert barrier.open
    assert not barrier.writing
    assert len(barrier) == 0
    assert barrier.next_write() is None


def test_what_follows_a_persist_waits_for_it() -> None:
    barrier = holding(Persist(1), send(2, 1), send(3, 2))
    assert barrier.next_write() == (Persist(1),)
    assert barrier.writing
    assert not barrier.open
    assert list(barrier.written()) == [send(2, 1), send(3, 2)]
    assert barrier.open
    assert not barrier.writing


def test_persists_that_wait_become_one_write() -> None:
    barrier = holding(Persist(1), send(2, 1))
    assert barrier.next_write() == (Persist(1),)
    for effect in (Persist(2), send(2, 2), Persist(3), send(2, 3), Persist(4)):
        barrier.hold(effect)
    assert list(barrier.written()) == [send(2, 1)]
    assert barrier.next_write() == (Persist(2), Persist(3), Persist(4))
    assert list(barrier.written()) == [send(2, 2), send(2, 3)]
    assert barrier.open


def test_a_persist_that_came_during_the_write_is_not_covered_by_it() -> None:
    barrier = holding(Persist(1))
    barrier.next_write()
    barrier.hold(send(2, 1))
    barrier.hold(Persist(2))
    barrier.hold(send(2, 2))
    assert list(barrier.written()) == [send(2, 1)]
    assert len(barrier) == 2
    assert not barrier.writing


def test_a_snapshot_piece_is_a_write_of_its_own_and_ends_a_merged_write() -> None:
    barrier = holding(Persist(1), send(2, 1), Persist(2), CHUNK, send(2, 2), Persist(3), send(2, 3))
    assert barrier.next_write() == (Persist(1), Persist(2))
    assert list(barrier.written()) == [send(2, 1)]
    assert barrier.next_write() == CHUNK
    assert list(barrier.written()) == [send(2, 2)]
    assert barrier.next_write() == (Persist(3),)
    assert list(barrier.written()) == [send(2, 3)]
    assert barrier.open


def test_the_next_write_may_begin_before_what_was_released_is_carried_out() -> None:
    barrier = holding(Persist(1), send(2, 1))
    barrier.next_write()
    barrier.hold(Persist(2))
    barrier.hold(send(2, 2))
    released = barrier.written()
    assert barrier.next_write() == (Persist(2),)
    assert list(released) == [send(2, 1)]
    assert list(barrier.written()) == [send(2, 2)]


def test_one_write_at_a_time() -> None:
    barrier = holding(Persist(1), Persist(2))
    barrier.next_write()
    with pytest.raises(InvariantError, match="under way"):
        barrier.next_write()


def test_a_write_that_never_was_is_not_done() -> None:
    with pytest.raises(InvariantError, match="no write"):
        holding(Persist(1)).written()


def test_a_send_of_an_older_link_is_dropped() -> None:
    links = {2: 1, 3: 1}
    barrier = holding(Persist(1), send(2, 1), send(3, 1), Apply(()), links=links)
    barrier.next_write()
    links[2] = 2
    barrier.hold(send(2, 2))
    assert list(barrier.written()) == [send(3, 1), Apply(()), send(2, 2)]


def test_a_link_that_is_renewed_while_effects_are_released_drops_the_rest() -> None:
    links = {2: 1}
    barrier = holding(Persist(1), send(2, 1), send(2, 2), links=links)
    barrier.next_write()
    released = barrier.written()
    assert next(released) == send(2, 1)
    links[2] = 2
    assert list(released) == []


def test_a_send_decided_before_there_was_a_link_is_dropped_when_there_is_one() -> None:
    links: dict[int, int] = {}
    barrier = holding(Persist(1), send(2, 1), links=links)
    barrier.next_write()
    links[2] = 1
    assert list(barrier.written()) == []


@pytest.mark.parametrize(
    "effect", [Rejected(1, "busy"), Unresolved(1, "lost"), ReadRefused(1, "no_leader"), Explain("because")]
)
def test_what_promises_nothing_about_the_disk_is_exempt(effect: Effect) -> None:
    assert holding(Persist(1)).exempt(effect)


@pytest.mark.parametrize("effect", [send(2, 1), Persist(2), CHUNK, Apply(()), LeaderChanged(1, 1), LeaderChanged(2, 1)])
def test_everything_else_is_not(effect: Effect) -> None:
    assert not holding(Persist(1)).exempt(effect)


def test_the_loss_of_leadership_overtakes_and_takes_back_held_news_of_a_leader() -> None:
    barrier = holding(Persist(1), LeaderChanged(1, 3), send(2, 1), LeaderChanged(1, 3, ready=True))
    barrier.next_write()
    assert barrier.exempt(LeaderChanged(None, 3))
    barrier.hold(LeaderChanged(2, 4))
    assert list(barrier.written()) == [send(2, 1), LeaderChanged(2, 4)]
