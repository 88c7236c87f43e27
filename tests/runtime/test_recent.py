"""What was explained lately."""

from __future__ import annotations

from quorate.core.effects import Explain
from quorate.core.finding import Explained
from quorate.runtime.recent import KEPT, REASONS, Recent


class Desk:
    def __init__(self) -> None:
        self.now = 0
        self.passed: list[Explain] = []
        self.recent = Recent(lambda: self.now, self.passed.append)

    def explain(self, reason: str, at: int) -> None:
        self.now = at
        self.recent.note(Explain(reason, {"at": at}))


def test_it_is_kept_in_order_with_its_time_and_passed_on() -> None:
    desk = Desk()
    desk.explain("b", 1)
    desk.explain("a", 2)
    desk.explain("b", 3)
    assert desk.recent.all() == [
        Explained(1, "b", {"at": 1}),
        Explained(2, "a", {"at": 2}),
        Explained(3, "b", {"at": 3}),
    ]
    assert [why.reason for why in desk.passed] == ["b", "a", "b"]


def test_what_happens_all_the_time_does_not_push_out_what_happened_once() -> None:
    desk = Desk()
    desk.explain("once", 0)
    for at in range(1, 1000):
        desk.explain("often", at)
    assert [one.at for one in desk.recent.all()] == [0, *range(1000 - KEPT, 1000)]


def test_reasons_are_bounded() -> None:
    desk = Desk()
    for at in range(REASONS + 10):
        desk.explain(f"reason {at}", at)
    assert len(desk.recent.all()) == REASONS
    assert desk.recent.all()[0].at == 10
