"""How long a request may take. That bodies are bounded in size and time is shown by tests/server/test_kv_routes.py."""

from __future__ import annotations

import asyncio
import math

import pytest
from aiohttp.test_utils import make_mocked_request

from quorate.server.problem import ProblemError
from quorate.server.receive import _asked_timeout, seconds_left


def asked(text: str | None) -> float:
    headers = {} if text is None else {"Grpc-Timeout": text}
    return _asked_timeout(make_mocked_request("POST", "/", headers=headers))


def test_a_caller_may_ask_for_less_in_the_words_of_the_gateway() -> None:
    assert [asked(text) for text in ("1500m", "2S", "1M", "1H")] == [1.5, 2.0, 60.0, 3600.0]
    assert asked(None) == math.inf


@pytest.mark.parametrize("text", ["", "1", "1.5S", "-1S", "123456789S", "1x"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ProblemError, match="400 bad_header: the header Grpc-Timeout is"):
        asked(text)


async def test_there_is_always_a_little_time_left() -> None:
    now = asyncio.get_running_loop().time()
    assert 9 < seconds_left(now + 10) <= 10
    assert seconds_left(now - 10) == 0.001
