"""A watched algorithm does what it does, and each step is told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from quorate.core.algorithm import Inspection, Status
from quorate.core.consistency import Standing
from quorate.core.effects import Effect, ReadReady
from quorate.core.errors import InvariantError
from quorate.core.events import Event, Persisted, TimePassed
from quorate.core.finding import Explained, Finding
from quorate.runtime.record import Fatal, Record
from quorate.runtime.witness import Witness


class Clockwork:
    """Answers each event with one effect; breaks at position 9."""

    def __init__(self) -> None:
        self.checked = 0

    def start(self, now: int) -> list[Effect]:
        return [ReadReady(0, now)]

    def step(self, event: Event, now: int) -> list[Effect]:
        if event == Persisted(9):
            raise InvariantError("it broke")
        return [ReadReady(1, now)]

    def deadline(self) -> int | None:
        return 77

    def status(self, now: int) -> Status:
        return Status("clockwork", 3, "follower", now, None)

    def why(self, now: int, recent: Sequence[Explained]) -> list[Finding]:
        return [Finding("leader", "scripted", f"{len(recent)} explained by {now}")]

    def standing(self, applied: int, now: int) -> Standing:
        return Standing(applied, now)

    def inspect(self) -> Inspection:
        return Inspection(3, "follower", 1, None, None, 0, 0, 0, 0, 0, 0, ())

    def check(self) -> None:
        self.checked += 1


def test_each_step_is_told_with_its_effects() -> None:
    told: list[Record | Fatal] = []
    witness = Witness(Clockwork(), 3, told.append)
    assert witness.start(5) == [ReadReady(0, 5)]
    assert witness.step(TimePassed(), 6) == [ReadReady(1, 6)]
    assert told == [Record(5, 3, None, (ReadReady(0, 5),)), Record(6, 3, TimePassed(), (ReadReady(1, 6),))]


def test_the_step_that_it_does_not_survive_is_told_and_raised() -> None:
    told: list[Record | Fatal] = []
    witness = Witness(Clockwork(), 3, told.append)
    with pytest.raises(InvariantError, match="it broke"):
        witness.step(Persisted(9), 6)
    assert told == [Fatal(6, 3, Persisted(9), "InvariantError: it broke")]


def test_questions_are_passed_on_and_not_told() -> None:
    told: list[Record | Fatal] = []
    algorithm = Clockwork()
    witness = Witness(algorithm, 3, told.append)
    assert witness.deadline() == 77
    assert witness.status(8).term == 8
    assert witness.standing(5, 6) == Standing(5, 6)
    assert witness.why(8, [Explained(1, "odd")]) == algorithm.why(8, [Explained(1, "odd")])
    assert witness.inspect() == algorithm.inspect()
    witness.check()
    assert algorithm.checked == 1
    assert told == []
