"""Which failures lead to another attempt, and which never do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from yarl import URL

from client.fake_server import CUT, HANG, LATE, NO_LEADER, OK, REFUSED, UNKNOWN, FakeServer, nobody, running
from quorate.client import transport as module
from quorate.client.endpoints import Endpoints
from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.client.transport import Certainty, Transport
from quorate.core.errors import OutcomeUnknownError

ONCE, REPEATABLE = Certainty.ONCE, Certainty.REPEATABLE


@asynccontextmanager
async def opened(*urls: str) -> AsyncIterator[Transport]:
    transport = Transport(Endpoints(urls), 10)
    try:
        yield transport
    finally:
        await transport.close()


async def post(urls: list[str], certainty: Certainty, timeout_s: float = 5.0) -> bytes:
    async with opened(*urls) as transport:
        return await transport.post("/v3/kv/put", b"{}", timeout_s, certainty)


@pytest.mark.parametrize("certainty", [ONCE, REPEATABLE])
async def test_a_refused_connection_leads_to_the_next_endpoint(certainty: Certainty) -> None:
    server = FakeServer()
    async with nobody() as dead, running(server) as (url,):
        await post([dead, url], certainty)
    assert len(server.requests) == 1


@pytest.mark.parametrize("certainty", [ONCE, REPEATABLE])
async def test_a_503_leads_to_the_next_endpoint_and_round_again(certainty: Certainty) -> None:
    one, other = FakeServer(NO_LEADER, NO_LEADER), FakeServer(NO_LEADER)
    async with running(one, other) as urls:
        await post(urls, certainty)
    assert (len(one.requests), len(other.requests)) == (2, 2)


async def test_the_endpoint_that_served_is_asked_first_from_then_on() -> None:
    one, other = FakeServer(NO_LEADER), FakeServer()
    async with running(one, other) as urls, opened(*urls) as transport:
        for _ in range(3):
            await transport.post("/x", b"{}", 5.0, ONCE)
    assert (len(one.requests), len(other.requests)) == (1, 3)


BROKEN = [
    (CUT, "broke before the answer"),
    (UNKNOWN, "no answer in time"),
    ((500, b""), "answered 500"),
    ((502, b"<html>"), "502"),
]


@pytest.mark.parametrize(("step", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
async def test_a_write_without_an_answer_is_never_sent_again(step: object, reason: str) -> None:
    one, other = FakeServer(step), FakeServer()
    async with running(one, other) as urls:
        with pytest.raises(OutcomeUnknownError, match=reason):
            await post(urls, ONCE)
    assert (len(one.requests), len(other.requests)) == (1, 0)


@pytest.mark.parametrize(("step", "reason"), BROKEN, ids=[reason for _, reason in BROKEN])
async def test_what_is_harmless_to_repeat_is_sent_to_the_next(step: object, reason: str) -> None:
    one, other = FakeServer(step), FakeServer()
    async with running(one, other) as urls:
        await post(urls, REPEATABLE)
    assert (len(one.requests), len(other.requests)) == (1, 1)


async def test_after_a_write_without_an_answer_the_next_call_asks_another() -> None:
    one, other = FakeServer(CUT), FakeServer()
    async with running(one, other) as urls, opened(*urls) as transport:
        with pytest.raises(OutcomeUnknownError):
            await transport.post("/x", b"{}", 5.0, ONCE)
        await transport.post("/x", b"{}", 5.0, ONCE)
    assert (len(one.requests), len(other.requests)) == (1, 1)


async def test_a_write_that_hangs_is_unknown_when_the_time_is_over() -> None:
    one, other = FakeServer(HANG), FakeServer()
    async with running(one, other) as urls:
        with pytest.raises(OutcomeUnknownError, match="no answer in time"):
            await post(urls, ONCE, timeout_s=0.3)
    assert len(other.requests) == 0


async def test_a_read_that_hangs_is_tried_elsewhere_before_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPT_S", 0.2)
    one, other = FakeServer(HANG), FakeServer()
    async with running(one, other) as urls:
        await post(urls, REPEATABLE, timeout_s=60.0)
    assert len(other.requests) == 1


async def test_a_read_of_one_endpoint_may_take_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPT_S", 0.001)
    async with running(FakeServer()) as urls:
        await post(urls, REPEATABLE)


@pytest.mark.parametrize("certainty", [ONCE, REPEATABLE])
async def test_when_nobody_serves_it_is_certain_that_nothing_was_done(certainty: Certainty) -> None:
    servers = FakeServer(*[NO_LEADER] * 1000), FakeServer(*[NO_LEADER] * 1000)
    async with running(*servers) as urls:
        began = time.monotonic()
        with pytest.raises(UnavailableError, match=r"certain that none did .*no leader now"):
            await post(urls, certainty, timeout_s=0.5)
        assert 0.4 < time.monotonic() - began < 5.0
    attempts = sum(len(server.requests) for server in servers)
    assert 4 <= attempts <= 40  # again and again, but not in a tight circle


BUSY = (503, {"error": "change_under_way", "message": "another change is not finished", "hint": "ask again shortly"})


async def test_who_refuses_for_a_reason_of_its_own_gives_the_advice_too() -> None:
    async with running(FakeServer(*[BUSY] * 1000)) as urls:
        with pytest.raises(UnavailableError, match=r"another change is not finished\); ask again shortly$"):
            await post(urls, ONCE, timeout_s=0.2)
    async with running(FakeServer(*[NO_LEADER] * 1000)) as urls:
        with pytest.raises(UnavailableError, match="check that a majority of the nodes is up"):
            await post(urls, ONCE, timeout_s=0.2)


async def test_what_is_certain_is_not_put_at_risk_by_an_attempt_in_the_last_moment() -> None:
    """A server that has refused when its time was over: the next one would have no time to say so."""
    one, other = FakeServer(LATE), FakeServer(HANG)
    async with running(one, other) as urls:
        with pytest.raises(UnavailableError, match="certain that none did"):
            await post(urls, ONCE, timeout_s=0.5)
    assert not other.requests


async def test_nobody_at_home() -> None:
    async with nobody() as one, nobody() as other:
        with pytest.raises(UnavailableError, match="cannot connect: Connection refused"):
            await post([one, other], ONCE, timeout_s=0.2)


@pytest.mark.parametrize("certainty", [ONCE, REPEATABLE])
async def test_a_refusal_is_final(certainty: Certainty) -> None:
    one, other = FakeServer(REFUSED), FakeServer()
    async with running(one, other) as urls:
        with pytest.raises(RefusedError, match="key is empty; give it one byte") as refused:
            await post(urls, certainty)
    assert (refused.value.status, refused.value.error) == (400, "empty_key")
    assert not other.requests


@pytest.mark.parametrize("answer", [(404, b"<html>not here"), (404, {}), (301, b""), (418, b"\xff")])
async def test_another_kind_of_server_is_recognised(answer: tuple[int, bytes]) -> None:
    async with running(FakeServer(answer)) as urls:
        with pytest.raises(UnexpectedAnswerError, match="is this a quorate server"):
            await post(urls, ONCE)


async def test_what_does_not_speak_http_is_no_answer() -> None:
    async def mumble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x00\x01\x02 not http at all\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(mumble, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        with pytest.raises(OutcomeUnknownError):
            await post([url], ONCE)
        with pytest.raises(UnavailableError):
            await post([url], REPEATABLE, timeout_s=0.3)
    finally:
        server.close()
        await server.wait_closed()


async def test_the_server_is_told_a_little_less_time_than_we_wait() -> None:
    server = FakeServer()
    async with running(server) as urls:
        await post(urls, ONCE, timeout_s=4.0)
    told = server.requests[0][2]["Grpc-Timeout"]
    assert told.endswith("m")
    assert 3_000 < int(told[:-1]) <= 3_750


async def test_a_large_body_travels() -> None:
    server = FakeServer()
    body = b'{"value": "' + b"x" * 3_000_000 + b'"}'
    async with running(server) as urls, opened(*urls) as transport:
        await transport.post("/v3/kv/put", body, 5.0, ONCE)
    assert len(server.requests[0][1]["value"]) == 3_000_000


async def test_get_asks_one_server_only() -> None:
    one, other = FakeServer(OK), FakeServer()
    async with running(one, other) as urls, opened(*urls) as transport:
        assert b"header" in await transport.get(URL(urls[0]), "/status", 5.0)
        assert not other.requests
    async with nobody() as dead, opened(dead) as transport:
        with pytest.raises(UnavailableError, match="cannot connect"):
            await transport.get(URL(dead), "/status", 5.0)
    async with running(FakeServer((404, b""))) as urls, opened(*urls) as transport:
        with pytest.raises(UnexpectedAnswerError, match="answered 404"):
            await transport.get(URL(urls[0]), "/status", 5.0)


async def test_a_download_is_handed_on_as_it_comes_from_the_first_server_that_begins() -> None:
    large = bytes(range(256)) * 2000
    pieces: list[bytes] = []
    one, two, three = FakeServer(NO_LEADER), FakeServer(UNKNOWN), FakeServer((200, large))
    async with nobody() as dead, running(one, two, three) as urls, opened(dead, *urls) as transport:
        await transport.download("/v1/backup", {"local": "true"}, 5.0, pieces.append)
        assert (b"".join(pieces), len(pieces) > 3) == (large, True)
        assert [len(server.requests) for server in (one, two, three)] == [1, 1, 1]


async def test_a_download_that_nobody_can_serve_says_why() -> None:
    async with running(FakeServer(NO_LEADER, NO_LEADER)) as urls, opened(*urls) as transport:
        with pytest.raises(UnavailableError, match=r"no server could begin to answer .*the cluster has no leader now"):
            await transport.download("/v1/backup", {}, 5.0, [].append)
    async with running(FakeServer(REFUSED)) as urls, opened(*urls) as transport:
        with pytest.raises(RefusedError, match="key is empty"):
            await transport.download("/v1/backup", {}, 5.0, [].append)
