"""Sessions and keys over HTTP."""

from __future__ import annotations

import io
from typing import Any

import aiohttp
import pytest

from quorate.core.errors import OutcomeUnknownError, ProposalRejectedError
from quorate.core.keys import ClientSession, Key
from quorate.server.config import HttpConfig
from server.fake_node import FakeNode, serving

PUT = {"key": "Zm9v", "value": "YmFy"}
KEY = "4711-0000000000c0ffee-3"


async def post(
    url: str, path: str, body: Any = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.post(url + path, json=body, headers=headers) as response:
        assert response.content_type == "application/json"
        return response.status, await response.json()


async def test_a_session_is_opened() -> None:
    node = FakeNode()
    async with serving(node) as url:
        assert await post(url, "/v1/session", {}) == (200, {"session": "1-0000000000c0ffee"})
        async with aiohttp.ClientSession() as session, session.post(url + "/v1/session", data=io.BytesIO()) as answer:
            assert await answer.json() == {"session": "2-0000000000c0ffee"}


async def test_without_a_leader_none_is() -> None:
    node = FakeNode()
    node.session_fault = ProposalRejectedError("no_leader", hint=None)
    async with serving(node, HttpConfig(request_timeout_ms=50)) as url:
        status, body = await post(url, "/v1/session", {})
    assert (status, body["error"]) == (503, "no_leader")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v3/kv/put", PUT),
        ("/v3/kv/deleterange", {"key": "Zm9v"}),
        (
            "/v3/kv/txn",
            {
                "compare": [{"key": "Zm9v", "target": "VERSION", "version": "0"}],
                "success": [{"request_put": PUT}],
            },
        ),
    ],
)
async def test_every_write_may_have_a_key(path: str, body: Any) -> None:
    node = FakeNode()
    async with serving(node) as url:
        for headers in ({}, {"Idempotency-Key": KEY}, {"Idempotency-Key": KEY, "Idempotency-Settled": "2"}):
            assert (await post(url, path, body, headers))[0] == 200
    session = ClientSession(4711, 0xC0FFEE)
    assert node.keys == [None, Key(session, 3), Key(session, 3, settled=2)]


@pytest.mark.parametrize(
    "headers",
    [
        {"Idempotency-Key": ""},
        {"Idempotency-Key": "order-17"},
        {"Idempotency-Key": KEY, "Idempotency-Settled": "-1"},
        {"Idempotency-Key": KEY, "Idempotency-Settled": "two"},
        {"Idempotency-Key": KEY, "Idempotency-Settled": "9" * 19},
        {"Idempotency-Key": KEY, "Idempotency-Settled": "9" * 5000},
    ],
)
async def test_a_key_that_cannot_be_read_is_refused_and_nothing_is_written(headers: dict[str, str]) -> None:
    node = FakeNode()
    async with serving(node) as url:
        status, body = await post(url, "/v3/kv/put", PUT, headers)
    assert (status, body["error"], node.writes) == (400, "bad_key", 0)
    assert body["hint"]


@pytest.mark.parametrize(("reason", "status"), [("session_expired", 409), ("key_reused", 422)])
async def test_r37_a_refused_key_has_a_name_and_a_remedy(reason: str, status: int) -> None:
    node = FakeNode()
    node.write_fault = ProposalRejectedError(reason)
    async with serving(node) as url:
        answered, body = await post(url, "/v3/kv/put", PUT, {"Idempotency-Key": KEY})
    assert (answered, body["error"], body["code"]) == (status, reason, 9)
    assert body["message"]
    assert body["hint"]


async def test_r37_an_unknown_outcome_with_a_key_can_be_asked_again() -> None:
    node = FakeNode()
    node.write_fault = OutcomeUnknownError("timeout")
    async with serving(node) as url:
        plain = (await post(url, "/v3/kv/put", PUT))[1]
        keyed = (await post(url, "/v3/kv/put", PUT, {"Idempotency-Key": KEY}))[1]
    assert (plain["error"], plain["hint"]) == ("outcome_unknown", "read the key before writing it again")
    assert (keyed["error"], keyed["hint"]) == (
        "outcome_unknown",
        "send it again with the same key, to any node: it is applied once",
    )
