"""Suspicion, and its end."""

from quorate.algorithms.electing.live_view import LiveView


def test_a_suspicion_ends_with_any_word() -> None:
    view = LiveView()
    view.suspect(3, 100)
    assert view.live([1, 2, 3], 50) == [1, 2]
    view.heard(3)
    assert view.live([1, 2, 3], 50) == [1, 2, 3]


def test_and_by_itself() -> None:
    view = LiveView()
    view.suspect(3, 100)
    view.suspect(1, 200)
    assert view.suspected(99) == [1, 3]
    assert view.suspected(100) == [1]
    assert not view.suspects(2, 0)
