"""The open history."""

from __future__ import annotations

import pytest

from quorate.sim.clients.operations import Operation, OperationLog


class Clock:
    now = 0

    def tick(self) -> int:
        self.now += 10
        return self.now


def test_operations_are_logged_with_their_times_and_stay_open_until_they_return() -> None:
    log: OperationLog[str, int] = OperationLog(Clock().tick)
    first, second = log.called(1, "a"), log.called(2, "b")
    log.returned(second, 5)
    assert log.operations() == [Operation(1, "a", 10), Operation(2, "b", 20, 5, 30)]
    assert [operation.open for operation in log.operations()] == [True, False]
    log.returned(first, 6)
    assert log.operations()[0] == Operation(1, "a", 10, 6, 40)


def test_what_took_no_effect_is_dropped() -> None:
    log: OperationLog[str, int] = OperationLog(Clock().tick)
    number = log.called(1, "a")
    log.dropped(number)
    log.dropped(number)
    assert log.operations() == []
    assert log.called(1, "b") != number


def test_an_answer_to_nothing_is_an_error() -> None:
    log: OperationLog[str, int] = OperationLog(Clock().tick)
    with pytest.raises(KeyError):
        log.returned(1, 5)
