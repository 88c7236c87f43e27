"""Writes under keys: sent again until there is an answer, and never twice under two names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from client.fake_server import CUT, NO_LEADER, OK, REFUSED, UNKNOWN, FakeServer, running
from quorate.client.endpoints import Endpoints
from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.client.keyed import KeyedWrites
from quorate.client.transport import Transport
from quorate.core.errors import OutcomeUnknownError
from quorate.core.keys import ClientSession, Key

EXPIRED = (409, {"error": "session_expired", "message": "not known any more", "hint": "open one"})
REUSED = (422, {"error": "key_reused", "message": "another request", "hint": "number anew"})
FIRST = "1-0000000000c0ffee"
SECOND = "2-0000000000c0ffee"


@asynccontextmanager
async def writing(*servers: FakeServer) -> AsyncIterator[KeyedWrites]:
    async with running(*servers) as urls:
        transport = Transport(Endpoints(urls), 10)
        try:
            yield KeyedWrites(transport)
        finally:
            await transport.close()


async def put(writes: KeyedWrites, timeout_s: float = 5.0, key: Key | None = None) -> bytes:
    return await writes.post("/v3/kv/put", b"{}", timeout_s, key)


def sent(*servers: FakeServer) -> list[tuple[str, str]]:
    return [
        (headers["Idempotency-Key"], headers["Idempotency-Settled"])
        for server in servers
        for _, _, headers in server.requests
    ]


async def test_the_first_write_opens_a_session_and_each_has_a_number_of_it() -> None:
    server = FakeServer()
    async with writing(server) as writes:
        for _ in range(3):
            await put(writes)
    assert server.sessions == 1
    assert sent(server) == [(f"{FIRST}-1", "0"), (f"{FIRST}-2", "1"), (f"{FIRST}-3", "2")]


async def test_writes_at_the_same_time_share_a_session() -> None:
    server = FakeServer()
    async with writing(server) as writes:
        await asyncio.gather(*[put(writes) for _ in range(5)])
    assert server.sessions == 1
    assert sorted(key for key, _ in sent(server)) == [f"{FIRST}-{number}" for number in range(1, 6)]


@pytest.mark.parametrize("failure", [CUT, UNKNOWN, (500, b""), NO_LEADER])
async def test_r37_without_an_answer_the_same_write_goes_to_another_node_under_the_same_key(failure: Any) -> None:
    one, other = FakeServer(failure), FakeServer()
    async with writing(one, other) as writes:
        await put(writes)
    assert sent(one) == sent(other) == [(f"{FIRST}-1", "0")]


async def test_r37_time_that_ran_out_is_unknown_only_if_something_was_left_without_an_answer() -> None:
    async with writing(FakeServer(*[NO_LEADER] * 99)) as writes:
        with pytest.raises(UnavailableError):
            await put(writes, 0.3)
    server = FakeServer(UNKNOWN, *[NO_LEADER] * 99)
    async with writing(server) as writes:
        with pytest.raises(OutcomeUnknownError, match=f"ask again with the idempotency key {FIRST}-1") as caught:
            await put(writes, 0.3)
        assert caught.value.key == Key(ClientSession(1, 0xC0FFEE), 1)
        server.script.clear()
        await put(writes)
        await put(writes, key=caught.value.key)
    # The open request keeps the session from being settled beyond it.
    assert sent(server)[-2:] == [(f"{FIRST}-2", "0"), (f"{FIRST}-1", "0")]


async def test_a_session_that_is_forgotten_is_replaced_if_nothing_was_left_without_an_answer() -> None:
    server = FakeServer(EXPIRED)
    async with writing(server) as writes:
        await put(writes)
        await put(writes)
    assert sent(server) == [(f"{FIRST}-1", "0"), (f"{SECOND}-1", "0"), (f"{SECOND}-2", "1")]


async def test_a_write_that_may_be_applied_is_not_sent_under_another_session() -> None:
    server = FakeServer(CUT, EXPIRED)
    async with writing(server) as writes:
        with pytest.raises(OutcomeUnknownError, match="not known any more"):
            await put(writes)
    assert sent(server) == [(f"{FIRST}-1", "0")] * 2


async def test_a_key_of_the_callers_is_never_replaced() -> None:
    server = FakeServer(EXPIRED, REUSED)
    key = Key(ClientSession(9, 1), 3)
    async with writing(server) as writes:
        for error in ("session_expired", "key_reused"):
            with pytest.raises(RefusedError) as caught:
                await put(writes, key=key)
            assert caught.value.error == error
    assert (server.sessions, sent(server)) == (0, [(str(key), "0")] * 2)


async def test_a_refused_write_is_settled() -> None:
    server = FakeServer(REFUSED)
    async with writing(server) as writes:
        with pytest.raises(RefusedError, match="key is empty"):
            await put(writes)
        await put(writes)
    assert sent(server) == [(f"{FIRST}-1", "0"), (f"{FIRST}-2", "1")]


@pytest.mark.parametrize("answer", [(200, b"hello"), (200, b"{}"), (200, {"session": "x"})])
async def test_a_session_that_is_none_is_recognised(answer: Any) -> None:
    async with writing(FakeServer(answer, plays_sessions=True)) as writes:
        with pytest.raises(UnexpectedAnswerError, match="/v1/session: not the answer of a quorate server"):
            await writes.open(5.0)


async def test_a_session_is_opened_wherever_that_can_be_done() -> None:
    ok = (200, {"session": FIRST})
    server = FakeServer(CUT, NO_LEADER, ok, OK, plays_sessions=True)
    async with writing(server) as writes:
        await put(writes)
    assert [path for path, _, _ in server.requests] == ["/v1/session"] * 3 + ["/v3/kv/put"]
