"""`/v1/snapshot`, `/v1/snapshots` and `/v1/backup` on a fake node."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest

from quorate.core.errors import DamagedError, ReadFailedError, RequestFailedError
from server.fake_node import FakeNode, serving

TAKEN = {"index": 9, "term": 3, "size": 20, "digest": "ab" * 16, "path": "/data/snapshots/x.snapshot"}


class Api:
    """A fake node and somebody who asks it."""

    def __init__(self, node: FakeNode, session: aiohttp.ClientSession, url: str) -> None:
        self.node, self.session, self.url = node, session, url

    async def get(self, path: str) -> tuple[int, bytes]:
        async with self.session.get(self.url + path) as response:
            return response.status, await response.read()


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        yield Api(node, session, url)


async def test_a_snapshot_is_taken_and_listed(api: Api) -> None:
    async with api.session.post(f"{api.url}/v1/snapshot") as response:
        assert (response.status, await response.json()) == (200, TAKEN)
    async with api.session.get(f"{api.url}/v1/snapshots") as response:
        assert await response.json() == [TAKEN]


async def test_only_the_callers_patience_is_a_limit(api: Api) -> None:
    """A large state takes as long as it takes: longer than any other request may."""
    for headers in ({}, {"Grpc-Timeout": "2S"}):
        async with api.session.post(f"{api.url}/v1/snapshot", headers=headers) as response:
            assert response.status == 200
    unlimited, limited = api.node.timeouts
    assert unlimited is None
    assert limited is not None
    assert 1 < limited <= 2


@pytest.mark.parametrize(
    ("fault", "status", "name"),
    [
        (RequestFailedError("nothing_applied"), 409, "nothing_applied"),
        (RequestFailedError("timeout", uncertain=True), 504, "outcome_unknown"),
        (RequestFailedError("stopping"), 503, "stopping"),
    ],
)
async def test_a_refusal_has_a_status_and_a_name(api: Api, fault: Exception, status: int, name: str) -> None:
    api.node.snapshot_fault = fault
    async with api.session.post(f"{api.url}/v1/snapshot") as response:
        assert (response.status, (await response.json())["error"]) == (status, name)
    answered, body = await api.get("/v1/backup")
    assert (answered, name.encode() in body) == (status, True)


async def test_s_s10_a_backup_is_streamed(api: Api) -> None:
    api.node.pieces = [b"head", b"one" * 100_000, b"two"]
    async with api.session.get(f"{api.url}/v1/backup") as response:
        assert response.content_type == "application/vnd.quorate.backup"
        assert await response.read() == b"head" + b"one" * 100_000 + b"two"


async def test_s_s10_it_is_linearizable_unless_asked_otherwise(api: Api) -> None:
    api.node.pieces = [b"head"]
    api.node.read_fault = ReadFailedError("no_leader")
    status, body = await api.get("/v1/backup")
    assert (status, b"no_leader" in body) == (503, True)
    assert await api.get("/v1/backup?local=true") == (200, b"head")


async def test_s_s10_one_that_breaks_off_does_not_look_whole(api: Api) -> None:
    api.node.pieces = [b"head", DamagedError("a piece does not match its checksum")]
    with pytest.raises(aiohttp.ClientError):
        await api.get("/v1/backup")


@pytest.mark.parametrize("query", ["local=yes", "locale=true"])
async def test_a_wrong_parameter_is_refused_by_name(api: Api, query: str) -> None:
    status, body = await api.get(f"/v1/backup?{query}")
    assert (status, b'"bad_field"' in body) == (400, True)
