"""A client of the key-value server: any number of endpoints, one of which serves each call."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from quorate.client.endpoints import Endpoints
from quorate.client.errors import UnavailableError, UnexpectedAnswerError
from quorate.client.results import (
    CasResult,
    DeleteResult,
    KeyValue,
    NodeView,
    PutResult,
    RangeResult,
    TxnResult,
)
from quorate.client.transport import Certainty, Transport
from quorate.core.errors import QuorateError, StoppedError

T = TypeVar("T")
_encoder = msgspec.json.Encoder()


class Client:
    """Use it as `async with Client(["127.0.0.1:7001", ...]) as client:`.

    A call is tried on the next endpoint as long as it is certain that nothing was done, until `timeout_s` is over; then it
    raises `UnavailableError`. A write of which nobody knows whether it was applied raises `OutcomeUnknownError`
    and is not sent again, unless `retry_unknown` says that doing it twice is harmless. What the server refuses for
    good raises `RefusedError`.
    """

    def __init__(
        self,
        endpoints: Iterable[str],
        *,
        timeout_s: float = 5.0,
        retry_unknown: bool = False,
        max_connections: int = 256,
    ) -> None:
        self._endpoints = Endpoints(endpoints)
        self._timeout_s = timeout_s
        self._write = Certainty.REPEATABLE if retry_unknown else Certainty.ONCE
        self._max_connections = max_connections
        self._transport: Transport | None = None

    @property
    def endpoints(self) -> list[str]:
        """The servers, in the order given."""
        return [str(url) for url in self._endpoints.urls]

    async def __aenter__(self) -> Client:
        self._transport = Transport(self._endpoints, self._max_connections)
        return self

    async def __aexit__(self, *_: object) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    async def put(self, key: bytes, value: bytes, *, previous: bool = False) -> PutResult:
        """Write one key. `previous`: say what was there."""
        body = {"key": key, "value": value, "prev_kv": previous}
        return await self._post("/v3/kv/put", body, PutResult, self._write)

    async def get(self, key: bytes, *, local: bool = False) -> KeyValue | None:
        """One key, or None. Linearizable; `local`: what the server asked has, possibly stale, even without a leader."""
        result = await self.range(key, local=local)
        return result.kvs[0] if result.kvs else None

    async def get_prefix(self, prefix: bytes, *, limit: int = 0, local: bool = False) -> RangeResult:
        """All keys that begin with `prefix`, ascending; at most `limit` of them, 0: all."""
        return await self.range(prefix or b"\0", prefix_end(prefix), limit=limit, local=local)

    async def range(self, key: bytes, range_end: bytes = b"", *, limit: int = 0, local: bool = False) -> RangeResult:
        """The keys from `key` up to, not including, `range_end`; empty: `key` alone; one zero byte: no upper end."""
        body = {"key": key, "range_end": range_end, "limit": limit, "serializable": local}
        return await self._post("/v3/kv/range", body, RangeResult, Certainty.REPEATABLE)

    async def delete(self, key: bytes, range_end: bytes = b"", *, previous: bool = False) -> DeleteResult:
        """Delete one key, or a range as in `range`. `previous`: say what was there."""
        body = {"key": key, "range_end": range_end, "prev_kv": previous}
        return await self._post("/v3/kv/deleterange", body, DeleteResult, self._write)

    async def delete_prefix(self, prefix: bytes, *, previous: bool = False) -> DeleteResult:
        """Delete all keys that begin with `prefix`."""
        return await self.delete(prefix or b"\0", prefix_end(prefix), previous=previous)

    async def cas(self, key: bytes, expect: bytes | None, value: bytes) -> CasResult:
        """Write `value` if the key holds `expect`, or, with None, if it is absent; else change nothing."""
        compare: dict[str, Any] = {"key": key, "result": "EQUAL"}
        if expect is None:
            compare |= {"target": "VERSION", "version": "0"}
        else:
            compare |= {"target": "VALUE", "value": expect}
        body = {
            "compare": [compare],
            "success": [{"request_put": {"key": key, "value": value}}],
            "failure": [{"request_range": {"key": key}}],
        }
        result = await self._post("/v3/kv/txn", body, TxnResult, self._write)
        held = [kv for part in result.responses for kv in part.response_range.kvs]
        return CasResult(result.header, result.succeeded, held[0] if held else None)

    async def status(self, endpoint: str | None = None) -> NodeView:
        """What one server says of itself; without `endpoint` the one that last served."""
        url = Endpoints([endpoint]).current() if endpoint is not None else self._endpoints.current()
        answer = await self._opened().get(url, "/status", self._timeout_s)
        return _decode(answer, NodeView, str(url))

    async def statuses(self) -> dict[str, NodeView | QuorateError]:
        """What each server says of itself, or why it says nothing, by endpoint."""

        async def ask(endpoint: str) -> NodeView | QuorateError:
            try:
                return await self.status(endpoint)
            except (UnavailableError, UnexpectedAnswerError) as error:
                return error

        answers = await asyncio.gather(*map(ask, self.endpoints))
        return dict(zip(self.endpoints, answers, strict=True))

    async def _post(self, path: str, body: dict[str, Any], answer: type[T], certainty: Certainty) -> T:
        received = await self._opened().post(path, _encoder.encode(body), self._timeout_s, certainty)
        return _decode(received, answer, path)

    def _opened(self) -> Transport:
        if self._transport is None:
            raise StoppedError("the client is closed; use it inside `async with Client(...) as client:`")
        return self._transport


def prefix_end(prefix: bytes) -> bytes:
    """The smallest key above every key that begins with `prefix`; one zero byte, which means no end, if there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


def _decode(answer: bytes, expected: type[T], source: str) -> T:
    try:
        return msgspec.json.decode(answer, type=expected, strict=False)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswerError(f"{source}: not the answer of a quorate server ({error})") from error
