"""The calls of the client: what they send, and what they make of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from client.fake_server import CUT, HEADER, OK, FakeServer, nobody, running
from quorate.client.client import Client, prefix_end
from quorate.client.errors import UnavailableError, UnexpectedAnswerError
from quorate.client.results import KeyValue, NodeView
from quorate.core.errors import ConfigError, OutcomeUnknownError, StoppedError

PAIR = {"key": "aw==", "value": "dg==", "create_revision": "2", "mod_revision": "3", "version": "4"}
HELD = KeyValue(b"k", b"v", 2, 3, 4)
STATUS = {
    "cluster": "c",
    "id": 1,
    "pid": 2,
    "algorithm": "raft",
    "role": "leader",
    "term": 3,
    "leader": 1,
    "commit": 4,
    "applied": 4,
    "last_index": 4,
    "version": "0.1.0",
}


def answered(**fields: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"header": HEADER, **fields}


async def asked(server: FakeServer, call: Any) -> Any:
    """The result of one call on a client of `server` alone."""
    async with running(server) as urls, Client(urls) as client:
        return await call(client)


async def test_put() -> None:
    server = FakeServer(answered(prev_kv=PAIR))
    result = await asked(server, lambda client: client.put(b"k", b"\x00\xff", previous=True))
    assert server.requests[0][:2] == ("/v3/kv/put", {"key": "aw==", "value": "AP8=", "prev_kv": True})
    assert (result.header.revision, result.prev_kv) == (2, HELD)


async def test_get() -> None:
    server = FakeServer(answered(kvs=[PAIR], count="1"), answered())
    async with running(server) as urls, Client(urls) as client:
        assert await client.get(b"k") == HELD
        assert await client.get(b"k", local=True) is None
    assert [request[1]["serializable"] for request in server.requests] == [False, True]
    assert server.requests[0][1]["range_end"] == ""


async def test_prefixes() -> None:
    server = FakeServer(answered(kvs=[PAIR], count="9", more=True), OK, answered(deleted="3"))
    async with running(server) as urls, Client(urls) as client:
        found = await client.get_prefix(b"k", limit=1)
        assert (found.kvs, found.count, found.more) == ([HELD], 9, True)
        await client.get_prefix(b"")
        assert (await client.delete_prefix(b"k")).deleted == 3
    bodies = [request[1] for request in server.requests]
    assert (bodies[0]["key"], bodies[0]["range_end"], bodies[0]["limit"]) == ("aw==", "bA==", 1)
    assert (bodies[1]["key"], bodies[1]["range_end"]) == ("AA==", "AA==")
    assert (bodies[2]["key"], bodies[2]["range_end"]) == ("aw==", "bA==")


@given(some.binary(max_size=4), some.binary(max_size=4), some.binary(max_size=6))
def test_a_prefix_ends_right_after_its_last_key(prefix: bytes, suffix: bytes, other: bytes) -> None:
    end = prefix_end(prefix)

    def inside(key: bytes) -> bool:
        return key >= prefix and (end == b"\0" or key < end)

    assert inside(prefix + suffix)
    assert inside(other) == other.startswith(prefix) or not prefix.rstrip(b"\xff")


async def test_delete() -> None:
    server = FakeServer(answered(deleted="1", prev_kvs=[PAIR]))
    result = await asked(server, lambda client: client.delete(b"k", previous=True))
    assert server.requests[0][:2] == ("/v3/kv/deleterange", {"key": "aw==", "range_end": "", "prev_kv": True})
    assert (result.deleted, result.prev_kvs) == (1, [HELD])


async def test_cas_on_a_value() -> None:
    server = FakeServer(answered(succeeded=True, responses=[{"response_put": {"header": HEADER}}]))
    result = await asked(server, lambda client: client.cas(b"k", b"old", b"new"))
    assert (result.succeeded, result.current) == (True, None)
    path, body, _ = server.requests[0]
    assert path == "/v3/kv/txn"
    assert body["compare"] == [{"key": "aw==", "result": "EQUAL", "target": "VALUE", "value": "b2xk"}]
    assert body["success"] == [{"request_put": {"key": "aw==", "value": "bmV3"}}]


async def test_cas_on_absence_that_finds_something() -> None:
    server = FakeServer(answered(succeeded=False, responses=[{"response_range": {"kvs": [PAIR]}}]))
    result = await asked(server, lambda client: client.cas(b"k", None, b"new"))
    assert (result.succeeded, result.current) == (False, HELD)
    assert server.requests[0][1]["compare"] == [{"key": "aw==", "result": "EQUAL", "target": "VERSION", "version": "0"}]


async def test_an_unknown_outcome_is_raised_unless_doing_it_twice_is_harmless() -> None:
    async with running(FakeServer(CUT, OK)) as urls, Client(urls) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.put(b"k", b"v")
    server = FakeServer(CUT, OK)
    async with running(server) as urls, Client(urls, retry_unknown=True) as client:
        assert (await client.put(b"k", b"v")).header.revision == 2
    assert len(server.requests) == 2


@pytest.mark.parametrize("content", [b"", b"hello", b"[]", b'{"header": 5}', b'{"kvs": [{"key": "%"}]}', b"\xff"])
async def test_an_answer_that_is_none_is_recognised(content: bytes) -> None:
    with pytest.raises(UnexpectedAnswerError, match="not the answer of a quorate server"):
        await asked(FakeServer((200, content)), lambda client: client.get(b"k"))


async def test_status_of_one_and_of_all() -> None:
    one, other = FakeServer((200, STATUS), (200, STATUS)), FakeServer((200, {"hello": 1}), (500, b""))
    async with nobody() as dead, running(one, other) as urls, Client([*urls, dead]) as client:
        view = await client.status()
        assert (view.role, view.leader, view.peers) == ("leader", 1, {})
        with pytest.raises(UnexpectedAnswerError):
            await client.status(urls[1])
        answers = await client.statuses()
        assert list(answers) == client.endpoints
        assert isinstance(answers[urls[0]], NodeView)
        assert isinstance(answers[urls[1]], UnexpectedAnswerError)
        assert isinstance(answers[dead], UnavailableError)


async def test_a_closed_client_says_so() -> None:
    client = Client(["127.0.0.1:1"])
    with pytest.raises(StoppedError, match="async with"):
        await client.get(b"k")
    async with client:
        pass
    with pytest.raises(StoppedError):
        await client.status()


def test_a_wrong_endpoint_is_refused_at_once() -> None:
    with pytest.raises(ConfigError):
        Client(["not a url"])
    with pytest.raises(ConfigError):
        Client([])
