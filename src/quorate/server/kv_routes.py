"""`/v3/kv/put`, `range`, `deleterange` and `txn`, on any node."""

from __future__ import annotations

import asyncio
import math
import re
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from quorate.core.errors import InvariantError, OutcomeUnknownError
from quorate.core.machine import CommandError
from quorate.machines.kv import (
    Command,
    Delete,
    DeleteResult,
    Put,
    PutResult,
    RangeResult,
    SwapResult,
    encode_command,
)
from quorate.server import gateway
from quorate.server.config import HttpConfig
from quorate.server.metrics import Metrics
from quorate.server.problem import bad_request, slow_request, too_large, unsupported
from quorate.server.ranges import Query, range_of
from quorate.server.serving import ServedNode
from quorate.server.transaction import response_of, swap_of

T = TypeVar("T")
_encoder = msgspec.json.Encoder()
_puts = gateway.decoder(gateway.PutRequest)
_ranges = gateway.decoder(gateway.RangeRequest)
_deletes = gateway.decoder(gateway.DeleteRangeRequest)
_transactions = gateway.decoder(gateway.TxnRequest)

_OUTCOMES: dict[type[Exception], str] = {CommandError: "refused", OutcomeUnknownError: "unknown"}

_GRPC_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
_UNIT_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


class KeyValueRoutes:
    """Decodes a request, proposes or reads through the node, and encodes the answer."""

    def __init__(self, node: ServedNode, http: HttpConfig, metrics: Metrics, *, cluster: str, member: int) -> None:
        self._node = node
        self._http = http
        self._metrics = metrics
        self._cluster_id = str(cluster_id(cluster))
        self._member_id = str(member)

    def add_to(self, application: web.Application) -> None:
        """Register the routes."""
        application.router.add_post("/v3/kv/put", self.put)
        application.router.add_post("/v3/kv/range", self.range)
        application.router.add_post("/v3/kv/deleterange", self.delete_range)
        application.router.add_post("/v3/kv/txn", self.transact)

    async def put(self, request: web.Request) -> web.Response:
        """Write one key."""
        deadline, body = await self._received(request)
        asked = gateway.decode(_puts, body)
        if asked.lease or asked.ignore_value or asked.ignore_lease:
            raise unsupported("lease, ignore_value and ignore_lease are not offered", "put the key and value alone")
        result = await self._write(Put(asked.key, asked.value, asked.prev_kv), PutResult, deadline)
        previous = None if result.previous is None else gateway.pair_of(result.previous)
        return _answer(gateway.PutResponse(self._header(result.revision), previous))

    async def range(self, request: web.Request) -> web.Response:
        """Read one key or a range: linearizable, or with `serializable` from this node's own copy."""
        deadline, body = await self._received(request)
        asked = gateway.decode(_ranges, body)
        query = range_of(asked)
        found = query(self._node.machine) if asked.serializable else await self._read(query, deadline)
        if asked.serializable:
            self._metrics.was_read(local=True, served=True)
        pairs = [gateway.pair_of(pair) for pair in found.pairs]
        return _answer(gateway.RangeResponse(self._header(found.revision), pairs, str(found.count), found.more))

    async def delete_range(self, request: web.Request) -> web.Response:
        """Delete one key or a range."""
        deadline, body = await self._received(request)
        asked = gateway.decode(_deletes, body)
        result = await self._write(Delete(asked.key, asked.range_end, asked.prev_kv), DeleteResult, deadline)
        previous = [gateway.pair_of(pair) for pair in result.previous]
        return _answer(gateway.DeleteRangeResponse(self._header(result.revision), str(result.deleted), previous))

    async def transact(self, request: web.Request) -> web.Response:
        """Compare and swap one key."""
        deadline, body = await self._received(request)
        swap = swap_of(gateway.decode(_transactions, body))
        result = await self._write(swap.command, SwapResult, deadline)
        return _answer(response_of(swap, result, self._header(result.revision)))

    async def _received(self, request: web.Request) -> tuple[float, bytes]:
        """When the whole request must be answered, and its body. Raises 400, 408 or 413."""
        limit_s = min(_asked_timeout(request), self._http.request_timeout_ms / 1000)
        deadline = asyncio.get_running_loop().time() + limit_s
        if (request.content_length or 0) > self._http.max_request_bytes:
            raise too_large(self._http.max_request_bytes)
        try:
            async with asyncio.timeout_at(deadline):
                return deadline, await request.read()
        except TimeoutError as error:
            raise slow_request(limit_s) from error

    async def _write(self, command: Command, expected: type[T], deadline: float) -> T:
        encoded = encode_command(command)
        try:
            result = await self._node.apply(encoded, timeout=_left(deadline))
        except Exception as error:
            self._metrics.wrote(_OUTCOMES.get(type(error), "rejected"))
            raise
        self._metrics.wrote("applied")
        if not isinstance(result, expected):
            raise InvariantError(f"{type(command).__name__} was answered with {type(result).__name__}")
        return result

    async def _read(self, query: Query, deadline: float) -> RangeResult:
        try:
            found = await self._node.read(query, timeout=_left(deadline))
        except Exception:
            self._metrics.was_read(local=False, served=False)
            raise
        self._metrics.was_read(local=False, served=True)
        return found

    def _header(self, revision: int) -> gateway.Header:
        return gateway.Header(self._cluster_id, self._member_id, str(revision), str(self._node.term))


def cluster_id(cluster: str) -> int:
    """An unsigned 64-bit number for the cluster's name, the same on all nodes."""
    return int.from_bytes(blake2b(cluster.encode(), digest_size=8).digest())


def _left(deadline: float) -> float:
    return max(deadline - asyncio.get_running_loop().time(), 0.001)


def _asked_timeout(request: web.Request) -> float:
    """Seconds out of the header that the gateway knows, such as `1500m` for 1.5 s. Raises a 400."""
    given = request.headers.get("Grpc-Timeout")
    if given is None:
        return math.inf
    parts = _GRPC_TIMEOUT.fullmatch(given)
    if parts is None:
        hint = "write a whole number of up to 8 digits and one of H, M, S, m, u, n, as in 1500m for 1.5 s"
        raise bad_request(f"the header Grpc-Timeout is {given!r:.40}", hint, "bad_header")
    return int(parts[1]) * _UNIT_S[parts[2]]


def _answer(answer: Any) -> web.Response:
    return web.Response(body=_encoder.encode(answer), content_type="application/json")
