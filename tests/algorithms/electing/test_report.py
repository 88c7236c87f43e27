"""Status, standing, inspection."""

from algorithms.bully.words import Epoch, following, leading
from quorate.algorithms.electing.epoch import token


def test_status_says_who_leads_and_which_token() -> None:
    one = following(3)
    status = one.algorithm.status(one.now)
    assert (status.algorithm, status.role, status.leader, status.term) == ("bully", "follower", 3, token(Epoch(1, 3)))
    assert not status.ready


def test_a_leader_is_ready_as_long_as_its_lease_lasts() -> None:
    one = leading(3, guard="majority")
    until = one.state.deadlines["lease_until"]
    assert one.algorithm.status(until - 1).ready
    assert not one.algorithm.status(until).ready
    assert one.algorithm.standing(0, until - 1).lease_until == until
    assert one.algorithm.standing(0, until).lease_until is None


def test_without_the_guard_there_is_no_lease() -> None:
    assert leading(3).algorithm.standing(0, 0).lease_until is None


def test_peers_are_those_that_have_acknowledged() -> None:
    one = leading(3, guard="majority")
    peers = one.algorithm.status(one.now).peers
    assert {node: peer.contact_age_ns is not None for node, peer in peers.items()} == {1: True, 2: False}


def test_inspection_shows_everything() -> None:
    one = leading(3, guard="majority")
    details = one.algorithm.inspect().details
    assert (details["leads"], details["epoch"], details["grants"]) == (True, (1, 3), [1, 3])
    assert details["deadlines"].keys() == {"lease_until", "heartbeat_at"}
