"""A snapshot under way to a peer: from offer to the last byte, and what breaks it."""

import pytest

from algorithms.raft.disk import meta_of
from quorate.algorithms.logged.outgoing import Outgoing
from quorate.core.errors import InvariantError

META = meta_of(9, 2, bytes(25))
QUICK = 50


def test_nothing_is_wanted_before_the_peer_has_said_where_to_go_on() -> None:
    outgoing = Outgoing(META, 5)
    assert (outgoing.wants_chunk, outgoing.silent_since()) == (False, 5)
    outgoing.go_on(10)
    assert (outgoing.wants_chunk, outgoing.silent_since()) == (True, None)


def test_chunk_by_chunk_to_the_end() -> None:
    outgoing = Outgoing(META, 0)
    outgoing.go_on(0)
    flights = []
    while outgoing.wants_chunk:
        flight = outgoing.ask(10, now=7)
        flights.append((flight.offset, flight.end))
        assert outgoing.was_read(flight.offset, 8)
        assert outgoing.silent_since() == 8
        outgoing.arrived(flight.end, 9, QUICK, most=1)
        outgoing.check()
        if flight.end == META.size:
            break
    assert flights == [(0, 10), (10, 20), (20, 25)]
    assert (outgoing.held, outgoing.asked, outgoing.asked_at) == (25, 25, 7)


def test_a_new_offer_forgets_what_was_on_its_way() -> None:
    outgoing = Outgoing(META, 0)
    outgoing.go_on(0)
    outgoing.ask(10, 1)
    outgoing.offer_again(3)
    assert (outgoing.held, len(outgoing.flights), outgoing.wants_chunk, outgoing.offered_at) == (None, 0, False, 3)
    assert not outgoing.was_read(0, 4)
    outgoing.arrived(10, 4, QUICK, 4)
    assert outgoing.held is None, "that was about the time before"


def test_an_answer_ahead_of_us_moves_us_on_and_one_behind_or_beyond_is_ignored() -> None:
    outgoing = Outgoing(META, 0)
    outgoing.go_on(0)
    outgoing.ask(10, 1)
    outgoing.arrived(20, 2, QUICK, 4)
    assert (outgoing.held, outgoing.asked) == (20, 20)
    for stale in (10, 26, -1):
        outgoing.arrived(stale, 3, QUICK, 4)
        assert (outgoing.held, outgoing.asked) == (20, 20)
    outgoing.go_on(99)
    assert outgoing.held == META.size


def test_check_finds_what_cannot_be() -> None:
    outgoing = Outgoing(META, 0)
    outgoing.go_on(20)
    outgoing.asked = 10
    with pytest.raises(InvariantError, match="a snapshot of 25 bytes: 20 held, 10 asked for"):
        outgoing.check()
