"""Waits, in firing order."""

from quorate.algorithms.electing.deadlines import FIRING_ORDER, Deadlines


def test_1_4_those_that_are_due_fire_in_the_order_of_the_table() -> None:
    deadlines = Deadlines()
    for wait in reversed(FIRING_ORDER):
        deadlines.set(wait, 5)
    assert list(deadlines.take_due(5)) == list(FIRING_ORDER)
    assert deadlines.next() is None
    assert FIRING_ORDER[:4] == ("lease_until", "heartbeat_at", "alive_by", "victory_by")


def test_only_what_is_due_fires_and_the_next_is_the_earliest() -> None:
    deadlines = Deadlines()
    deadlines.set("retry_at", 9)
    deadlines.set("claim_by", 7)
    assert deadlines.next() == 7
    assert list(deadlines.take_due(8)) == ["claim_by"]
    assert deadlines.view() == {"retry_at": 9}


def test_one_that_another_clears_does_not_fire() -> None:
    deadlines = Deadlines()
    deadlines.set("alive_by", 1)
    deadlines.set("retry_at", 1)
    fired = []
    for wait in deadlines.take_due(1):
        fired.append(wait)
        deadlines.clear("retry_at")
    assert fired == ["alive_by"]
    assert deadlines["retry_at"] is None
