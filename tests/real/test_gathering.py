"""Single commands that are taken together."""

import asyncio
from typing import Any

import pytest

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError, StoppedError
from quorate.core.machine import CommandError, ResultGone
from quorate.core.outcome import Applied, NotApplied, Unknown
from quorate.real.gathering import Gathering


def gathered(*commands: bytes) -> Gathering:
    gathering = Gathering(None, 7, lambda: "it was time")
    for command in commands:
        gathering.commands.append(command)
        gathering.futures.append(asyncio.get_running_loop().create_future())
    return gathering


async def told(future: asyncio.Future[Any]) -> Any:
    try:
        return await future
    except Exception as error:
        return error


async def test_each_caller_gets_its_own_result_and_who_is_gone_none() -> None:
    gathering = gathered(b"a", b"b", b"c")
    gathering.futures[1].cancel()
    gathering.settle(Applied(["A", "B", "C"], 9))
    assert (gathering.callers, gathering.done) == (3, None)
    assert [gathering.futures[0].result(), gathering.futures[2].result()] == ["A", "C"]
    alone = gathered(b"a")
    alone.tell("A", 9)
    assert alone.futures[0].result() == "A"


async def test_a_refusal_and_a_lost_result_are_errors_of_their_callers_alone() -> None:
    gathering = gathered(b"a", b"b", b"c", b"d")
    gathering.futures[3].cancel()
    gathering.settle(Applied(["A", CommandError("no such account", "unknown"), ResultGone(), "D"], 9))
    assert await told(gathering.futures[0]) == "A"
    assert isinstance(await told(gathering.futures[1]), CommandError)
    assert isinstance(await told(gathering.futures[2]), OutcomeUnknownError)


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (NotApplied("busy"), ProposalRejectedError),
        (NotApplied("stopping"), StoppedError),
        (Unknown("timeout"), OutcomeUnknownError),
    ],
)
async def test_what_was_not_applied_every_caller_is_told(outcome: NotApplied | Unknown, error: type[Exception]) -> None:
    gathering = gathered(b"a", b"b")
    gathering.settle(outcome)
    errors = [await told(future) for future in gathering.futures]
    assert [type(each) for each in errors] == [error, error]
    assert errors[0] is not errors[1], "each is raised by itself"


async def test_more_than_an_entry_takes_is_split_in_order() -> None:
    gathering = gathered(b"1", b"22", b"333", b"4", b"55555", b"6")
    futures = list(gathering.futures)
    parts = list(gathering.close(3, 5))
    assert [part.commands for part in parts] == [[b"1", b"22"], [b"333", b"4"], [b"55555"], [b"6"]]
    assert [part.size for part in parts] == [3, 4, 5, 1]
    assert [future for part in parts for future in part.futures] == futures
    whole = gathered(b"1", b"22")
    assert list(whole.close(2, 3)) == [whole]
    assert whole.size == 3
    assert [part.commands for part in gathered(b"1", b"2", b"3").close(2, 99)] == [[b"1", b"2"], [b"3"]]
