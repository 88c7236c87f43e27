"""The site as a whole: what there is not, what is not HTTP, and what is counted."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from quorate.real.leadership import LeadershipChange
from server.fake_node import FakeNode, eventually, serving

ROUTES = [
    "GET /health",
    "GET /metrics",
    "GET /status",
    "GET /v1/why",
    "POST /v1/leadership/step-down",
    "POST /v1/leadership/freshness",
    "POST /v1/leadership/transfer",
    "POST /v3/kv/deleterange",
    "POST /v3/kv/put",
    "POST /v3/kv/range",
    "POST /v3/kv/txn",
]


@pytest.mark.parametrize("path", ["/", "/v3/kv/putt", "/status/", "/..%2f..%2fetc/passwd", "/%00", "/" + "x" * 4000])
async def test_an_unknown_path_lists_what_there_is(path: str) -> None:
    async with serving(FakeNode()) as url, aiohttp.ClientSession() as session, session.get(url + path) as response:
        assert response.status == 404
        body = await response.json()
    assert (body["error"], body["code"]) == ("not_found", 5)
    for route in ROUTES:
        assert route in body["hint"]


@pytest.mark.parametrize(
    ("method", "path", "allow"), [("GET", "/v3/kv/put", "POST"), ("DELETE", "/status", "GET, HEAD")]
)
async def test_a_wrong_method_says_which_is_right(method: str, path: str, allow: str) -> None:
    async with (
        serving(FakeNode()) as url,
        aiohttp.ClientSession() as session,
        session.request(method, url + path) as response,
    ):
        assert response.status == 405
        assert response.headers["Allow"] == allow
        body = await response.json()
    assert body["error"] == "method_not_allowed"
    assert allow in body["hint"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00\x01\x02\x03\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Length: minus\r\n\r\n",
        b"POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /status HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"GET /" + b"z" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda garbage: repr(garbage[:24]),
)
async def test_garbage_closes_its_connection_and_harms_nobody(garbage: bytes) -> None:
    async with serving(FakeNode()) as url, aiohttp.ClientSession() as session:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(garbage)
        writer.write_eof()
        try:
            answer = await asyncio.wait_for(reader.read(), 10)
        except ConnectionResetError:
            answer = b""
        assert answer == b"" or b" 400 " in answer.splitlines()[0] + b" ", answer
        writer.close()
        async with session.get(f"{url}/health") as response:
            assert response.status == 200


async def test_requests_are_counted_under_the_routes_there_are() -> None:
    async with serving(FakeNode()) as url, aiohttp.ClientSession() as session:
        for path in ("/health", "/nothing", "/else"):
            async with session.get(url + path) as response:
                await response.read()
        async with session.get(f"{url}/metrics") as response:
            text = await response.text()
    assert 'quorate_responses_total{route="/health",status="200"} 1.0' in text
    assert 'quorate_responses_total{route="unknown",status="404"} 2.0' in text
    assert "/nothing" not in text


async def test_new_leaders_are_counted_while_the_site_is_up() -> None:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        for leader in (2, 3):
            await node.changes.put(LeadershipChange(leader, leader, mine=False, ready=False))
        await eventually(node.changes.empty)
        async with session.get(f"{url}/metrics") as response:
            assert "quorate_leader_changes_total 2.0" in await response.text()


async def test_a_fault_is_logged_with_its_cause_and_answered_without(caplog: pytest.LogCaptureFixture) -> None:
    node = FakeNode()
    node.write_fault = RuntimeError("the inner reason")
    async with (
        serving(node) as url,
        aiohttp.ClientSession() as session,
        session.post(f"{url}/v3/kv/put", json={"key": "aw=="}) as response,
    ):
        assert response.status == 500
        assert "inner reason" not in await response.text()
    assert any(record.exc_info and "inner reason" in str(record.exc_info[1]) for record in caplog.records)
