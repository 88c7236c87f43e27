"""Requests that are awaited, on a driver that a test turns by hand."""

from __future__ import annotations

import asyncio
import logging

import pytest

from quorate.core.effects import LeaderChanged, RequestDone, RequestRefused
from quorate.core.errors import RequestFailedError
from quorate.core.events import Requested
from quorate.core.ids import SECOND
from quorate.core.requests import TransferLeadership
from quorate.real.asking import HAND_OVER_NS, ask, hand_over
from runtime.fakes import Table

TO_2 = TransferLeadership(2)


async def begun(task: asyncio.Task[None], table: Table) -> None:
    """Until the algorithm was asked."""
    while not table.algorithm.seen(Requested):
        assert not task.done()
        await asyncio.sleep(0)


async def test_an_answer_ends_the_wait() -> None:
    table = Table().start()
    task = asyncio.create_task(ask(table.driver, TO_2, table.world.time + SECOND))
    await begun(task, table)
    table.say(RequestDone(1))
    await task


async def test_a_refusal_is_raised_with_its_reason_and_the_leader() -> None:
    table = Table().start()
    task = asyncio.create_task(ask(table.driver, TO_2, table.world.time + SECOND))
    await begun(task, table)
    table.say(RequestRefused(1, "not_a_voter", 3))
    with pytest.raises(RequestFailedError, match="not carried out: not_a_voter; the leader is node 3") as caught:
        await task
    assert (caught.value.reason, caught.value.hint, caught.value.uncertain) == ("not_a_voter", 3, False)


async def test_an_asker_who_has_gone_disturbs_nobody() -> None:
    table = Table().start()
    task = asyncio.create_task(ask(table.driver, TO_2, table.world.time + SECOND))
    await begun(task, table)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    table.say(RequestDone(1))


async def test_a_leader_that_stops_drains_and_then_hands_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "quorate.node")
    table = Table().start()
    table.say(LeaderChanged(1, 4, ready=True))
    task = asyncio.create_task(hand_over(table.driver, 1, table.world.time))
    await begun(task, table)
    assert table.algorithm.seen(Requested) == [Requested(1, TransferLeadership(only_from=1))]
    assert table.propose(b"late").answer.reason == "stopping"
    table.say(LeaderChanged(2, 5), RequestDone(1))
    await task
    assert "node 1: leadership handed to node 2 before stopping" in caplog.text


async def test_who_does_not_lead_has_nothing_to_hand_over() -> None:
    table = Table().start()
    await hand_over(table.driver, 1, table.world.time)
    assert table.algorithm.seen(Requested) == []


async def test_a_refusal_is_told_and_stops_nobody_from_stopping(caplog: pytest.LogCaptureFixture) -> None:
    table = Table().start()
    table.say(LeaderChanged(1, 4, ready=True))
    task = asyncio.create_task(hand_over(table.driver, 1, table.world.time))
    await begun(task, table)
    table.say(RequestRefused(1, "nobody_answers"))
    await task
    assert "stopping without handing leadership over: not carried out: nobody_answers" in caplog.text


async def test_a_hand_over_ends_in_time() -> None:
    table = Table().start()
    table.say(LeaderChanged(1, 4, ready=True))
    task = asyncio.create_task(hand_over(table.driver, 1, table.world.time))
    await begun(task, table)
    table.world.pass_time(HAND_OVER_NS + SECOND)
    await task
