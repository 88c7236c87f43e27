"""`/v1/leadership/*` on a fake node."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from quorate.core.errors import RequestFailedError, StoppedError
from quorate.core.requests import ReportFreshness
from server.fake_node import FakeNode, serving


class Api:
    """Posts a body and returns (status, answer)."""

    def __init__(self, node: FakeNode, session: aiohttp.ClientSession, url: str) -> None:
        self.node, self.session, self.url = node, session, url

    async def post(self, path: str, body: str = "") -> tuple[int, dict[str, Any]]:
        async with self.session.post(f"{self.url}/v1/leadership/{path}", data=body) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        yield Api(node, session, url)


async def test_the_answer_is_who_leads_now(api: Api) -> None:
    assert await api.post("transfer", '{"to": 2}') == (200, {"leader": 2, "term": 4})
    assert await api.post("transfer", "{}") == (200, {"leader": 3, "term": 5})
    assert await api.post("transfer") == (200, {"leader": 3, "term": 6})
    assert api.node.moves == [(2, None), (None, None), (None, None)]


async def test_a_node_steps_down_only_if_it_is_the_one_that_is_meant(api: Api) -> None:
    assert await api.post("step-down", '{"node": 1}') == (200, {"leader": 3, "term": 4})
    assert await api.post("step-down") == (200, {"leader": 3, "term": 5})
    assert api.node.moves == [(None, 1), (None, None)]


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (RequestFailedError("leads_already", 2), 409, "leads_already"),
        (RequestFailedError("timeout (no_leader)"), 503, "no_leader"),
        (RequestFailedError("timeout", uncertain=True), 504, "outcome_unknown"),
        (StoppedError("node 1 is stopping"), 503, "stopping"),
    ],
)
async def test_a_refusal_has_a_status_a_name_and_a_remedy(api: Api, error: Exception, status: int, name: str) -> None:
    api.node.move_fault = error
    answered, body = await api.post("transfer", '{"to": 2}')
    assert (answered, body["error"]) == (status, name)
    assert body["message"]
    assert body["hint"]


@pytest.mark.parametrize("path", ["transfer", "step-down"])
@pytest.mark.parametrize("body", ["[", "[]", '{"to": 0}', '{"node": "x"}', '{"two": 2}', "\xff", '{"to": 1e99}'])
async def test_a_body_that_says_something_else_is_refused(api: Api, path: str, body: str) -> None:
    status, answer = await api.post(path, body)
    assert (status, answer["error"]) in {(400, "bad_json"), (400, "bad_field")}
    assert answer["hint"].startswith("send {")
    assert api.node.moves == []


async def test_an_application_tells_how_fresh_its_node_is(api: Api) -> None:
    assert await api.post("freshness", '{"freshness": 4711}') == (200, {"freshness": 4711})
    assert api.node.requests == [ReportFreshness(4711)]
    api.node.change_fault = RequestFailedError("unsupported")
    status, answer = await api.post("freshness", '{"freshness": 1}')
    assert (status, answer["error"]) == (501, "unsupported")


@pytest.mark.parametrize(
    "body", ["", "{}", '{"freshness": -1}', '{"freshness": 9007199254740992}', '{"freshness": 0.5}']
)
async def test_freshness_is_a_number_that_every_reader_counts_exactly(api: Api, body: str) -> None:
    status, answer = await api.post("freshness", body)
    assert (status, answer["error"]) == (400, "bad_field")
    assert api.node.requests == []
