"""The key-value routes in etcd's gateway form, on a fake node with the real machine."""

from __future__ import annotations

import asyncio
import io
import zlib
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec
import pytest

from quorate.core.errors import (
    MachineFailedError,
    OutcomeUnknownError,
    ProposalRejectedError,
    ReadFailedError,
    StoppedError,
)
from quorate.machines.kv import Put, encode_command
from quorate.server.config import HttpConfig
from quorate.server.kv_routes import cluster_id
from quorate.server.ranges import MAX_PAIRS
from server.fake_node import FakeNode, eventually, serving


def b64(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


class Api:
    """Posts JSON and returns (status, body)."""

    def __init__(self, node: FakeNode, session: aiohttp.ClientSession, url: str) -> None:
        self.node, self.session, self.url = node, session, url

    async def post(self, path: str, body: Any = None, **options: Any) -> tuple[int, dict[str, Any]]:
        data = io.BytesIO(body if isinstance(body, bytes) else msgspec.json.encode(body))
        async with self.session.post(self.url + path, data=data, **options) as response:
            assert response.content_type == "application/json"
            return response.status, await response.json()

    def fill(self, **pairs: str) -> None:
        for key, value in pairs.items():
            self.node.machine.apply(encode_command(Put(key.encode(), value.encode())))


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    node = FakeNode()
    async with serving(node) as url, aiohttp.ClientSession() as session:
        yield Api(node, session, url)


async def test_a_put_answers_with_the_header_in_strings(api: Api) -> None:
    status, body = await api.post("/v3/kv/put", {"key": b64("foo"), "value": b64("bar")})
    assert status == 200
    header = {
        "cluster_id": str(cluster_id("test")),
        "member_id": "1",
        "revision": "2",
        "raft_term": "3",
        "applied": "9",
    }
    assert body == {"header": header}
    assert 0 <= cluster_id("test") < 2**64


async def test_a_put_tells_what_was_there_only_when_asked(api: Api) -> None:
    api.fill(foo="old")
    _, silent = await api.post("/v3/kv/put", {"key": b64("foo"), "value": b64("new")})
    assert "prev_kv" not in silent
    _, body = await api.post("/v3/kv/put", {"key": b64("foo"), "value": b64("newer"), "prev_kv": True})
    assert body["prev_kv"] == {
        "key": b64("foo"),
        "value": b64("new"),
        "create_revision": "2",
        "mod_revision": "3",
        "version": "2",
    }


async def test_a_range_of_one_key(api: Api) -> None:
    api.fill(foo="bar")
    status, body = await api.post("/v3/kv/range", {"key": b64("foo")})
    assert status == 200
    assert body["kvs"] == [
        {"key": b64("foo"), "value": b64("bar"), "create_revision": "2", "mod_revision": "2", "version": "1"}
    ]
    assert (body["count"], body["more"], body["header"]["revision"]) == ("1", False, "2")


async def test_a_range_of_no_key_is_empty(api: Api) -> None:
    _, body = await api.post("/v3/kv/range", {"key": b64("nobody")})
    assert (body["kvs"], body["count"], body["more"]) == ([], "0", False)


@pytest.mark.parametrize("limit", ["2", 2])
async def test_a_limit_as_string_or_number_leaves_more(api: Api, limit: str | int) -> None:
    api.fill(a="1", b="2", c="3", d="4")
    _, body = await api.post("/v3/kv/range", {"key": b64("a"), "range_end": b64("d"), "limit": limit})
    assert [pair["key"] for pair in body["kvs"]] == [b64("a"), b64("b")]
    assert (body["count"], body["more"]) == ("3", True)


@pytest.mark.parametrize("order", ["DESCEND", 2, "2"])
async def test_an_enum_is_a_name_or_a_number(api: Api, order: str | int) -> None:
    api.fill(a="9", b="5")
    _, body = await api.post(
        "/v3/kv/range", {"key": b64("\0"), "range_end": b64("\0"), "sort_order": order, "sort_target": "VALUE"}
    )
    assert [pair["key"] for pair in body["kvs"]] == [b64("a"), b64("b")]


async def test_count_only_and_keys_only(api: Api) -> None:
    api.fill(a="9", b="5")
    _, counted = await api.post("/v3/kv/range", {"key": b64("\0"), "range_end": b64("\0"), "count_only": True})
    assert (counted["kvs"], counted["count"]) == ([], "2")
    _, keys = await api.post("/v3/kv/range", {"key": b64("\0"), "range_end": b64("\0"), "keys_only": True})
    assert [pair["value"] for pair in keys["kvs"]] == ["", ""]


async def test_deleting_a_range(api: Api) -> None:
    api.fill(a1="x", a2="y", b="z")
    request = {"key": b64("a"), "range_end": b64("b"), "prev_kv": True}
    _, body = await api.post("/v3/kv/deleterange", request)
    assert body["deleted"] == "2"
    assert [pair["value"] for pair in body["prev_kvs"]] == [b64("x"), b64("y")]
    _, again = await api.post("/v3/kv/deleterange", request)
    assert again["deleted"] == "0"
    assert "prev_kvs" not in again


async def test_every_byte_survives(api: Api) -> None:
    key, value = bytes(range(256)), bytes(range(255, -1, -1))
    await api.post("/v3/kv/put", {"key": b64(key), "value": b64(value)})
    _, body = await api.post("/v3/kv/range", {"key": b64(key)})
    assert (body["kvs"][0]["key"], body["kvs"][0]["value"]) == (b64(key), b64(value))


async def test_a_serializable_range_needs_no_leader(api: Api) -> None:
    api.fill(foo="bar")
    api.node.read_fault = ReadFailedError("no_leader")
    status, body = await api.post("/v3/kv/range", {"key": b64("foo")})
    assert (status, body["error"]) == (503, "no_leader")
    status, body = await api.post("/v3/kv/range", {"key": b64("foo"), "serializable": True})
    assert (status, body["count"]) == (200, "1")


FAULTS = [
    (ProposalRejectedError("no_leader", hint=None), 503, "no_leader", 14),
    (ProposalRejectedError("not_leader", hint=2), 503, "not_leader", 14),
    (ProposalRejectedError("busy"), 503, "busy", 14),
    (ProposalRejectedError("something_new"), 503, "something_new", 14),
    (ProposalRejectedError("too_large"), 413, "too_large", 3),
    (ProposalRejectedError("unsupported"), 501, "unsupported", 12),
    (OutcomeUnknownError("timeout"), 504, "outcome_unknown", 4),
    (StoppedError("this node is stopping"), 503, "stopping", 14),
    (MachineFailedError("apply raised"), 503, "failed", 14),
    (RuntimeError("secret detail"), 500, "internal", 13),
]


@pytest.mark.parametrize(("fault", "status", "error", "code"), FAULTS, ids=[f"{fault[2]}" for fault in FAULTS])
async def test_a_write_that_fails_says_what_to_do(
    api: Api, fault: Exception, status: int, error: str, code: int
) -> None:
    api.node.write_fault = fault
    async with api.session.post(api.url + "/v3/kv/put", json={"key": b64("k")}) as response:
        body = await response.json()
        assert (response.status, body["error"], body["code"]) == (status, error, code)
        assert body["message"]
        assert body["hint"]
        assert "secret" not in str(body)
        assert ("Retry-After" in response.headers) == (status == 503)
    hint = fault.hint if isinstance(fault, ProposalRejectedError) else None
    assert body["leader"] == hint


async def test_a_read_that_is_not_confirmed_in_time_is_unavailable() -> None:
    node = FakeNode()
    node.gate.clear()
    async with serving(node, HttpConfig(request_timeout_ms=50)) as url, aiohttp.ClientSession() as session:
        status, body = await Api(node, session, url).post("/v3/kv/range", {"key": b64("k")})
    assert (status, body["error"]) == (503, "timeout")
    assert "consistency=local" in body["hint"]


BAD = [
    (b"", "empty_key"),
    (b"{}", "empty_key"),
    (b"null", "bad_field"),
    (b"[]", "bad_field"),
    (b"{", "bad_json"),
    (b"\xff\xfe", "bad_json"),
    (b"{}{}", "bad_json"),
    (b'{"key": "' + b"[" * 200_000, "bad_json"),
    (b"[" * 200_000, "bad_field"),
    (b'{"key": ' + b"[" * 200_000, "bad_field"),
    (b'{"key": {"a": ' * 50_000, "bad_field"),
    (b'{"key": "Zm9"}', "bad_field"),
    (b'{"key": "\xc3\xa4"}', "bad_field"),
    (b'{"key": 5}', "bad_field"),
    (b'{"key": null}', "bad_field"),
    (b'{"keys": "Zm9v"}', "bad_field"),
    (b'{"key": "Zm9v", "limit": "many"}', "bad_field"),
    (b'{"key": "Zm9v", "limit": 9223372036854775808}', "bad_field"),
    (b'{"key": "Zm9v", "limit": 1e400}', "bad_field"),
    (b'{"key": "Zm9v", "limit": ' + b"9" * 10_000 + b"}", "bad_field"),
    (b'{"key": "Zm9v", "limit": "' + b"9" * 10_000 + b'"}', "bad_field"),
    (b'{"key": "Zm9v", "sort_order": "UP"}', "bad_field"),
    (b'{"key": "Zm9v", "sort_order": 7}', "bad_field"),
    (b'{"key": "Zm9v", "sort_order": "' + b"9" * 10_000 + b'"}', "bad_field"),
    (b'{"key": "Zm9v", "serializable": "perhaps"}', "bad_field"),
    (b'{"key": "' + b64(b"k" * 70_000).encode() + b'"}', "key_too_large"),
]


@pytest.mark.parametrize(("body", "error"), BAD, ids=[repr(body[:40]) for body, _ in BAD])
async def test_bad_input_is_refused_by_name(api: Api, body: bytes, error: str) -> None:
    status, answer = await api.post("/v3/kv/range", body)
    assert (status, answer["error"], answer["code"]) == (400, error, 3)
    assert answer["hint"]
    assert len(str(answer)) < 2_000


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        ("put", {"lease": "5"}),
        ("put", {"ignore_value": True}),
        ("put", {"ignore_lease": True}),
        ("range", {"revision": "2"}),
        ("range", {"min_mod_revision": 1}),
        ("range", {"max_create_revision": "1"}),
    ],
)
async def test_what_etcd_has_and_this_has_not_is_refused_not_ignored(
    api: Api, path: str, extra: dict[str, Any]
) -> None:
    status, body = await api.post(f"/v3/kv/{path}", {"key": b64("k"), **extra})
    assert (status, body["error"], body["code"]) == (501, "unsupported", 12)
    assert api.node.writes == 0


async def test_a_body_over_the_bound_is_refused_unread() -> None:
    node = FakeNode()
    async with serving(node, HttpConfig(max_request_bytes=1024)) as url, aiohttp.ClientSession() as session:
        api = Api(node, session, url)
        assert (await api.post("/v3/kv/put", b"x" * 1024))[1]["error"] == "bad_json"
        status, body = await api.post("/v3/kv/put", b"x" * 1025)
        assert (status, body["error"]) == (413, "too_large")
        assert "max_request_bytes" in body["hint"]

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(100):
                yield b"x" * 1000

        async with session.post(url + "/v3/kv/put", data=endless()) as response:
            assert response.status == 413


async def test_a_compressed_bomb_is_bounded_too(api: Api) -> None:
    squeezer = zlib.compressobj(wbits=31)
    bomb = squeezer.compress(b" " * 50_000_000) + squeezer.flush()
    assert len(bomb) < 100_000
    status, body = await api.post("/v3/kv/put", bomb, headers={"Content-Encoding": "gzip"})
    assert (status, body["error"]) == (413, "too_large")


async def test_a_value_over_the_machines_bound_is_refused_before_the_log(api: Api) -> None:
    status, body = await api.post("/v3/kv/put", {"key": b64("k"), "value": b64(b"v" * (1024 * 1024 + 1))})
    assert (status, body["error"]) == (400, "value_too_large")
    assert api.node.writes == 0


async def test_a_request_that_trickles_in_is_cut_off() -> None:
    node = FakeNode()
    async with serving(node, HttpConfig(request_timeout_ms=100)) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rsplit(":", 1)[1]))
        writer.write(b"POST /v3/kv/put HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert b"408" in await reader.readline()
        writer.close()
        await writer.wait_closed()


async def test_the_callers_time_limit_is_passed_on_and_bounded(api: Api) -> None:
    await api.post("/v3/kv/put", {"key": b64("k")}, headers={"Grpc-Timeout": "1500m"})
    await api.post("/v3/kv/put", {"key": b64("k")}, headers={"Grpc-Timeout": "99H"})
    short, long = api.node.timeouts
    assert short is not None
    assert long is not None
    assert 0.5 < short <= 1.5
    assert 4.0 < long <= 5.0


@pytest.mark.parametrize("given", ["", "5", "S", "-1S", "123456789S", "1.5S", "5s", "x" * 1000])
async def test_a_malformed_time_limit_is_refused(api: Api, given: str) -> None:
    status, body = await api.post("/v3/kv/put", {"key": b64("k")}, headers={"Grpc-Timeout": given})
    assert (status, body["error"]) == (400, "bad_header")


async def test_more_than_may_be_under_way_is_refused_at_once() -> None:
    node = FakeNode()
    node.gate.clear()
    async with serving(node, HttpConfig(max_in_flight=2)) as url, aiohttp.ClientSession() as session:
        api = Api(node, session, url)
        held = [asyncio.create_task(api.post("/v3/kv/put", {"key": b64("k")})) for _ in range(2)]
        await eventually(lambda: node.writes == 2)
        status, body = await api.post("/v3/kv/put", {"key": b64("k")})
        assert (status, body["error"]) == (503, "overloaded")
        node.gate.set()
        assert [status for status, _ in await asyncio.gather(*held)] == [200, 200]
        assert (await api.post("/v3/kv/put", {"key": b64("k")}))[0] == 200


async def test_a_range_that_would_hold_up_the_node_is_refused(api: Api) -> None:
    for number in range(MAX_PAIRS + 1):
        api.node.machine.apply(encode_command(Put(b"%08d" % number, b"")))
    everything = {"key": b64("\0"), "range_end": b64("\0")}
    status, body = await api.post("/v3/kv/range", everything)
    assert (status, body["error"]) == (400, "range_too_large")
    assert "limit" in body["hint"]
    status, body = await api.post("/v3/kv/range", {**everything, "limit": "5", "sort_target": "MOD"})
    assert (status, body["error"]) == (400, "range_too_large")
    status, body = await api.post("/v3/kv/range", {**everything, "limit": "5"})
    assert (status, len(body["kvs"]), body["more"]) == (200, 5, True)
    status, body = await api.post("/v3/kv/range", {**everything, "count_only": True})
    assert (status, body["count"]) == (200, str(MAX_PAIRS + 1))


async def test_a_range_of_too_many_bytes_is_refused(api: Api) -> None:
    for number in range(17):
        api.node.machine.apply(encode_command(Put(b"%02d" % number, b"v" * 1024 * 1024)))
    status, body = await api.post("/v3/kv/range", {"key": b64("\0"), "range_end": b64("\0")})
    assert (status, body["error"]) == (400, "range_too_large")
