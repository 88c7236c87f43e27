"""The client's side: nothing lost, doubled, reordered or stale."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from quorate.sim.clients.history import History
from quorate.sim.invariants import InvariantBrokenError


def a_history() -> History:
    """a and b are applied on node 1, a on node 2 too."""
    history = History()
    history.applied(1, 0, b"a")
    history.applied(1, 1, b"b")
    history.applied(2, 0, b"a")
    return history


def test_what_is_fine() -> None:
    history = a_history()
    history.acknowledged([b"a", b"b"], [0, 1])
    assert history.settled == 2
    history.read(2, asked_at=1, length=1)
    history.read(1, asked_at=2, length=2)
    history.restored(3, [b"a"])
    history.refused([b"c"])
    history.complete(1, [b"a", b"b"])
    assert history.order == [b"a", b"b"]


def test_a_read_settles_what_it_saw_for_later_reads() -> None:
    history = a_history()
    history.read(1, asked_at=0, length=2)
    assert history.settled == 2


@pytest.mark.parametrize(
    ("title", "offence"),
    [
        ("Same order", lambda history: history.applied(2, 1, b"c")),
        ("Same order", lambda history: history.applied(2, 3, b"c")),
        ("Same order", lambda history: history.restored(2, [b"b"])),
        ("Exactly once", lambda history: history.applied(1, 2, b"a")),
        ("Acknowledged is applied", lambda history: history.acknowledged([b"c"], [2])),
        ("Own result", lambda history: history.acknowledged([b"a"], [1])),
        ("Own result", lambda history: history.acknowledged([b"a", b"b"], [0])),
        ("Own result", lambda history: history.acknowledged([b"a"], [0, 1])),
        ("Refused is final", lambda history: history.refused([b"a"])),
        ("Fresh reads", lambda history: history.read(2, asked_at=2, length=1)),
        ("Nothing is lost", lambda history: history.complete(2, [b"a"])),
    ],
)
def test_what_is_not(title: str, offence: Callable[[History], None]) -> None:
    with pytest.raises(InvariantBrokenError, match=f"^{title}: "):
        offence(a_history())


def test_a_refused_command_that_is_applied_later() -> None:
    history = a_history()
    history.refused([b"c"])
    with pytest.raises(InvariantBrokenError, match=r"^Refused is final: node 1 applied b'c'"):
        history.applied(1, 2, b"c")
