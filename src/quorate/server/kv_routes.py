"""`/v3/kv/put`, `range`, `deleterange` and `txn`, on any node."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from quorate.core.consistency import Consistency, ReadInfo, level_of
from quorate.core.errors import InvariantError, OutcomeUnknownError
from quorate.core.keys import Key
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
from quorate.server.consistency import consistency_of, label_of
from quorate.server.metrics import Metrics
from quorate.server.problem import unknown, unsupported
from quorate.server.ranges import Query, range_of
from quorate.server.receive import receive, seconds_left
from quorate.server.serving import ServedNode
from quorate.server.session_routes import key_of
from quorate.server.transaction import response_of, swap_of

T = TypeVar("T")
_encoder = msgspec.json.Encoder()
_puts = gateway.decoder(gateway.PutRequest)
_ranges = gateway.decoder(gateway.RangeRequest)
_deletes = gateway.decoder(gateway.DeleteRangeRequest)
_transactions = gateway.decoder(gateway.TxnRequest)

_OUTCOMES: dict[type[Exception], str] = {CommandError: "refused", OutcomeUnknownError: "unknown"}


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
        deadline, body = await receive(request, self._http)
        asked = gateway.decode(_puts, body)
        if asked.lease or asked.ignore_value or asked.ignore_lease:
            raise unsupported("lease, ignore_value and ignore_lease are not offered", "put the key and value alone")
        result = await self._write(Put(asked.key, asked.value, asked.prev_kv), PutResult, deadline, key_of(request))
        previous = None if result.previous is None else gateway.pair_of(result.previous)
        return _answer(gateway.PutResponse(self._header(result.revision), previous))

    async def range(self, request: web.Request) -> web.Response:
        """Read one key or a range: linearizable, if the request does not say how fresh it must be."""
        deadline, body = await receive(request, self._http)
        asked = gateway.decode(_ranges, body)
        consistency = consistency_of(request, serializable=asked.serializable)
        found, info = await self._read(range_of(asked), deadline, consistency)
        pairs = [gateway.pair_of(pair) for pair in found.pairs]
        header = self._header(found.revision, info.index)
        label = label_of(info) if request.query_string else None
        return _answer(gateway.RangeResponse(header, pairs, str(found.count), found.more, label))

    async def delete_range(self, request: web.Request) -> web.Response:
        """Delete one key or a range."""
        deadline, body = await receive(request, self._http)
        asked = gateway.decode(_deletes, body)
        result = await self._write(
            Delete(asked.key, asked.range_end, asked.prev_kv), DeleteResult, deadline, key_of(request)
        )
        previous = [gateway.pair_of(pair) for pair in result.previous]
        return _answer(gateway.DeleteRangeResponse(self._header(result.revision), str(result.deleted), previous))

    async def transact(self, request: web.Request) -> web.Response:
        """Compare and swap one key."""
        deadline, body = await receive(request, self._http)
        swap = swap_of(gateway.decode(_transactions, body))
        result = await self._write(swap.command, SwapResult, deadline, key_of(request))
        return _answer(response_of(swap, result, self._header(result.revision)))

    async def _write(self, command: Command, expected: type[T], deadline: float, key: Key | None) -> T:
        encoded = encode_command(command)
        try:
            result = await self._node.apply(encoded, timeout=seconds_left(deadline), key=key)
        except Exception as error:
            self._metrics.wrote(_OUTCOMES.get(type(error), "rejected"))
            if key is not None and isinstance(error, OutcomeUnknownError):
                raise unknown(error, "send it again with the same key, to any node: it is applied once") from error
            raise
        self._metrics.wrote("applied")
        if not isinstance(result, expected):
            raise InvariantError(f"{type(command).__name__} was answered with {type(result).__name__}")
        return result

    async def _read(self, query: Query, deadline: float, consistency: Consistency) -> tuple[RangeResult, ReadInfo]:
        asked = level_of(consistency)
        try:
            found, info = await self._node.read_with_info(
                query, timeout=seconds_left(deadline), consistency=consistency
            )
        except Exception:
            self._metrics.was_read(asked, "failed")
            raise
        self._metrics.was_read(asked, "served" if info.answered == asked else "fell_back")
        return found, info

    def _header(self, revision: int, applied: int | None = None) -> gateway.Header:
        index = self._node.applied if applied is None else applied
        return gateway.Header(self._cluster_id, self._member_id, str(revision), str(self._node.term), str(index))


def cluster_id(cluster: str) -> int:
    """An unsigned 64-bit number for the cluster's name, the same on all nodes."""
    return int.from_bytes(blake2b(cluster.encode(), digest_size=8).digest())


def _answer(answer: Any) -> web.Response:
    return web.Response(body=_encoder.encode(answer), content_type="application/json")
