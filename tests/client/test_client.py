"""The calls of the client: what they send, and what they make of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from client.fake_server import CUT, HEADER, OK, FakeServer, nobody, running
from quorate.client.client import Client, prefix_end
from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.client.results import FindingView, KeyValue, LeadershipResult, NodeView, ReadLabel, WhyView
from quorate.core.consistency import ReadYourWrites, Stale
from quorate.core.errors import ConfigError, OutcomeUnknownError, RequestFailedError, StoppedError
from quorate.core.keys import ClientSession, Key

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
        assert await client.get(b"k", consistency="local") is None
    assert server.queries == ["", "consistency=local"]
    assert server.requests[0][1]["range_end"] == ""


async def test_how_fresh_a_read_must_be_and_how_fresh_it_was() -> None:
    label = {"consistency": "stale", "index": "17", "lag": "3", "age_ms": None}
    server = FakeServer(answered(read=label), answered(header=HEADER | {"applied": "18"}), OK)
    async with running(server) as urls, Client(urls) as client:
        found = await client.range(b"k", consistency=Stale(5, 100))
        assert (found.read, found.header.applied) == (ReadLabel("stale", 17, 3, None), 0)
        written = await client.put(b"k", b"v")
        await client.get_prefix(b"k", consistency=ReadYourWrites(written.header.applied))
    assert server.queries == [
        "consistency=stale&max_lag=5&max_age_ms=100",
        "",
        "consistency=read_your_writes&min_index=18",
    ]


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


async def test_each_server_is_asked_why() -> None:
    server = FakeServer(
        (200, {"id": 1, "role": "leader", "findings": [{"question": "slow", "code": "nobody", "text": "x"}]})
    )
    async with running(server) as urls, nobody() as gone, Client([*urls, gone]) as client:
        answers = await client.whys()
    assert answers[urls[0]] == WhyView(1, "leader", [FindingView("slow", "nobody", "x")])
    assert isinstance(answers[gone], UnavailableError)
    assert server.requests[0][0] == "/v1/why"


async def test_leadership_is_moved() -> None:
    server = FakeServer((200, {"leader": 2, "term": 7}), *[(200, {"leader": 3, "term": 8})] * 3)
    async with running(server) as urls, Client(urls) as client:
        assert await client.transfer_leadership(2) == LeadershipResult(2, 7)
        await client.transfer_leadership()
        await client.step_down(2)
        assert await client.step_down() == LeadershipResult(3, 8)
    assert [request[:2] for request in server.requests] == [
        ("/v1/leadership/transfer", {"to": 2}),
        ("/v1/leadership/transfer", {}),
        ("/v1/leadership/step-down", {"node": 2}),
        ("/v1/leadership/step-down", {}),
    ]


async def test_freshness_is_reported() -> None:
    server = FakeServer((200, {"freshness": 9}))
    async with running(server) as urls, Client(urls) as client:
        await client.report_freshness(9)
    assert server.requests[0][:2] == ("/v1/leadership/freshness", {"freshness": 9})


async def test_a_refused_move_has_its_reason_and_an_unanswered_one_is_not_tried_twice() -> None:
    refused = (409, {"error": "not_a_voter", "message": "no voter", "hint": "name a voter"})
    server = FakeServer(refused, CUT, OK)
    async with running(server) as urls, Client(urls) as client:
        with pytest.raises(RefusedError, match="no voter; name a voter") as caught:
            await client.transfer_leadership(9)
        assert caught.value.error == "not_a_voter"
        with pytest.raises(RequestFailedError, match="it may come to pass yet") as unknown:
            await client.transfer_leadership(2)
        assert unknown.value.uncertain
    assert len(server.requests) == 2


async def test_a_write_without_an_answer_is_sent_again_under_its_key_or_not_at_all() -> None:
    server = FakeServer(CUT, OK)
    async with running(server) as urls, Client(urls) as client:
        assert (await client.put(b"k", b"v")).header.revision == 2
    assert [headers["Idempotency-Key"] for _, _, headers in server.requests] == ["1-0000000000c0ffee-1"] * 2
    server = FakeServer(CUT, OK)
    async with running(server) as urls, Client(urls, exactly_once=False) as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.put(b"k", b"v")
    assert (caught.value.key, server.sessions, len(server.requests)) == (None, 0, 1)
    assert "Idempotency-Key" not in server.requests[0][2]


async def test_every_write_can_be_asked_again_under_the_key_of_the_error() -> None:
    server = FakeServer(*[OK] * 3)
    key = Key(ClientSession(9, 0xAB), 4, settled=2)
    async with running(server) as urls, Client(urls) as client:
        await client.put(b"k", b"v", idempotency=key)
        await client.delete_prefix(b"k", idempotency=key)
        await client.cas(b"k", None, b"v", idempotency=key)
        assert server.sessions == 0
        assert await client.open_session() == ClientSession(1, 0xC0FFEE)
    sent = [(headers["Idempotency-Key"], headers["Idempotency-Settled"]) for _, _, headers in server.requests]
    assert sent == [(str(key), "2")] * 3


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
