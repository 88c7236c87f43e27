"""What a driver adds to the words of its algorithm."""

from __future__ import annotations

from quorate.core.effects import Explain, Persist
from quorate.core.finding import QUESTIONS, Explained, Finding, Recently
from quorate.core.ids import MILLISECOND
from quorate.runtime.why import LONG_WRITE_NS, in_order, why_here
from runtime.fakes import Table


def said(
    *, writing_since: int | None = None, queued: int = 0, in_flight: int = 0, loading: bool = False
) -> list[tuple[str, str]]:
    found = why_here(1, 10**9, writing_since=writing_since, queued=queued, in_flight=in_flight, loading=loading)
    return [(finding.question, finding.code) for finding in found]


def test_a_driver_at_rest_says_nothing() -> None:
    assert said() == []
    assert said(writing_since=10**9 - LONG_WRITE_NS) == [], "that long is usual"


def test_a_write_that_does_not_end_is_named_wherever_it_matters() -> None:
    expected = [("commit", "disk_hangs"), ("vote", "disk_hangs"), ("slow", "disk_hangs")]
    assert said(writing_since=10**9 - LONG_WRITE_NS - 1) == expected


def test_callers_and_a_machine_that_is_replaced() -> None:
    assert said(queued=3) == [("commit", "callers_wait")]
    assert said(in_flight=1) == [("commit", "callers_wait")]
    assert said(loading=True) == [("commit", "loading")]


def test_answers_come_in_the_order_of_the_questions() -> None:
    findings = [Finding(question, "x", "") for question in reversed(QUESTIONS)]
    why = in_order(findings, 10, [Explained(4, "a", {"b": 1})])
    assert tuple(finding.question for finding in why.findings) == QUESTIONS
    assert why.recent == [Recently(6, "a", {"b": 1})]


def test_a_driver_asks_its_algorithm_and_knows_since_when_it_writes() -> None:
    table = Table().start()
    table.say(Explain("odd", {"n": 1}), Persist(1))
    table.world.pass_time(250 * MILLISECOND)
    why = table.driver.why()
    assert why.findings[0].text == f"1 explained by {table.world.time}"
    assert "has been under way for 250 ms" in why.findings[-1].text
    assert why.recent == [Recently(250 * MILLISECOND, "odd", {"n": 1})]
    table.world.work()
    assert [finding.code for finding in table.driver.why().findings] == ["scripted"]
