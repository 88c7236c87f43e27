"""From operators to the algorithm and back, without a driver; and once with one."""

from __future__ import annotations

from quorate.core.effects import RequestDone, RequestRefused
from quorate.core.events import Requested
from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.core.requests import TransferLeadership
from quorate.runtime.limits import Limits
from quorate.runtime.requests import RETRIED, Answer, RequestFailed, Requests
from runtime.fakes import Table

RETRY = 10 * MILLISECOND
TO_2 = TransferLeadership(2)


class Desk:
    """Requests, and what their askers were told, in order."""

    def __init__(self, **limits: int) -> None:
        self.requests = Requests(Limits(**limits))
        self.told: list[tuple[str, Answer]] = []

    def ask(self, name: str = "a", deadline: Nanos = SECOND) -> Requested | None:
        return self.requests.add(TO_2, deadline, lambda answer: self.told.append((name, answer)))


def test_each_question_has_an_id_of_its_own_and_is_answered_once() -> None:
    desk = Desk()
    assert [desk.ask("a"), desk.ask("b")] == [Requested(1, TO_2), Requested(2, TO_2)]
    desk.requests.finished(2)
    desk.requests.refused(1, "not_a_voter", 3, now=0)
    desk.requests.finished(1)
    desk.requests.finished(2)
    assert desk.told == [("b", None), ("a", RequestFailed("not_a_voter", 3))]
    assert desk.requests.look_at is None


def test_more_than_fit_are_told_busy() -> None:
    desk = Desk(queued_requests=1)
    desk.ask("a")
    assert desk.ask("b") is None
    assert desk.told == [("b", RequestFailed("busy"))]


def test_what_time_cures_is_asked_again_with_a_new_id() -> None:
    for reason in sorted(RETRIED):
        desk = Desk()
        desk.ask()
        desk.requests.refused(1, reason, None, now=5)
        assert desk.requests.look_at == 5 + RETRY
        assert desk.requests.due(4 + RETRY) == []
        assert desk.requests.due(5 + RETRY) == [Requested(2, TO_2)]
        desk.requests.finished(1)
        assert desk.told == [], "a late answer to the first question is no answer to the second"
        desk.requests.finished(2)
        assert desk.told == [("a", None)]


def test_when_its_time_is_over_the_asker_is_told_what_it_waited_for() -> None:
    """Unanswered, it may come to pass yet; between two refusals it certainly does not."""
    desk = Desk()
    desk.ask("refused", SECOND)
    desk.requests.refused(1, "no_leader", None, now=SECOND - 1)
    desk.ask("silent", SECOND)
    assert desk.requests.look_at == SECOND
    assert desk.requests.due(SECOND) == []
    assert desk.told == [
        ("refused", RequestFailed("timeout (no_leader)")),
        ("silent", RequestFailed("timeout", uncertain=True)),
    ]


def test_stopping_answers_everybody() -> None:
    desk = Desk()
    desk.ask("refused")
    desk.requests.refused(1, "not_ready", None, now=0)
    desk.ask("silent")
    desk.requests.stop("stopping")
    assert desk.told == [("refused", RequestFailed("stopping")), ("silent", RequestFailed("stopping", uncertain=True))]
    assert desk.requests.due(10 * SECOND) == []


def test_through_the_driver_to_the_algorithm_and_back() -> None:
    table = Table().start()
    told: list[Answer] = []
    for _ in range(3):
        table.driver.request(TO_2, table.world.time + SECOND, told.append)
    assert table.algorithm.seen(Requested) == [Requested(1, TO_2), Requested(2, TO_2), Requested(3, TO_2)]
    table.say(RequestDone(1), RequestRefused(2, "target_silent", 1))
    assert told == [None, RequestFailed("target_silent", 1)]
    table.world.pass_time(2 * SECOND)
    assert told[2:] == [RequestFailed("timeout", uncertain=True)]
    table.driver.stop()
    table.driver.request(TO_2, table.world.time + SECOND, told.append)
    assert told[3:] == [RequestFailed("stopping")]
