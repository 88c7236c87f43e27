"""A client of the key-value server: any number of endpoints, one of which serves each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec
from yarl import URL

from quorate.client.endpoints import Endpoints
from quorate.client.errors import UnavailableError, UnexpectedAnswerError
from quorate.client.keyed import KeyedWrites
from quorate.client.members import PATH, Members
from quorate.client.results import (
    CasResult,
    DeleteResult,
    FreshnessResult,
    KeyValue,
    LeadershipResult,
    MembersView,
    NodeView,
    PutResult,
    RangeResult,
    SnapshotView,
    TxnResult,
    WhyView,
)
from quorate.client.transport import Certainty, Transport
from quorate.core.consistency import LINEARIZABLE, Consistency, ReadYourWrites, Stale, level_of
from quorate.core.errors import OutcomeUnknownError, QuorateError, RequestFailedError, StoppedError
from quorate.core.keys import ClientSession, Key

T = TypeVar("T")
_encoder = msgspec.json.Encoder()
_CLOSED = "the client is closed; use it inside `async with Client(...) as client:`"


class Client:
    """Use it as `async with Client(["127.0.0.1:7001", ...]) as client:`.

    A call is tried on the next endpoint until `timeout_s` is over; then it raises `UnavailableError`, if it is certain that nothing was
    done, else `OutcomeUnknownError`. Writes too are tried again: each has a key of this client's session, which the first write opens,
    so it is applied once. The error has that key; the same call with `idempotency=error.key` asks again, on this client or another.
    With `exactly_once=False` there is no session, and a write that may have been applied is not sent again.
    What the server refuses for good raises `RefusedError`.
    """

    def __init__(
        self,
        endpoints: Iterable[str],
        *,
        timeout_s: float = 5.0,
        exactly_once: bool = True,
        max_connections: int = 256,
    ) -> None:
        self._endpoints = Endpoints(endpoints)
        self._timeout_s = timeout_s
        self._exactly_once = exactly_once
        self._max_connections = max_connections
        self.members = Members(lambda: self._ask_each(PATH, MembersView), self._change_members)
        self._transport: Transport | None = None
        self._keyed: KeyedWrites | None = None

    @property
    def endpoints(self) -> list[str]:
        """The servers, in the order given."""
        return [str(url) for url in self._endpoints.urls]

    async def __aenter__(self) -> Client:
        self._transport = Transport(self._endpoints, self._max_connections)
        self._keyed = KeyedWrites(self._transport)
        return self

    async def __aexit__(self, *_: object) -> None:
        transport, self._transport, self._keyed = self._transport, None, None
        if transport is not None:
            await transport.close()

    async def open_session(self) -> ClientSession:
        """A session of your own: number the writes with `Keys(session)` if they are to be repeated by another process."""
        return await self._opened_keyed().open(self._timeout_s)

    async def put(
        self, key: bytes, value: bytes, *, previous: bool = False, idempotency: Key | None = None
    ) -> PutResult:
        """Write one key. `previous`: say what was there."""
        body = {"key": key, "value": value, "prev_kv": previous}
        return await self._write("/v3/kv/put", body, PutResult, idempotency)

    async def get(self, key: bytes, *, consistency: Consistency = LINEARIZABLE) -> KeyValue | None:
        """One key, or None. Linearizable, if not said otherwise: see `range`."""
        result = await self.range(key, consistency=consistency)
        return result.kvs[0] if result.kvs else None

    async def get_prefix(
        self, prefix: bytes, *, limit: int = 0, consistency: Consistency = LINEARIZABLE
    ) -> RangeResult:
        """All keys that begin with `prefix`, ascending; at most `limit` of them, 0: all."""
        return await self.range(prefix or b"\0", prefix_end(prefix), limit=limit, consistency=consistency)

    async def range(
        self, key: bytes, range_end: bytes = b"", *, limit: int = 0, consistency: Consistency = LINEARIZABLE
    ) -> RangeResult:
        """The keys from `key` up to, not including, `range_end`; empty: `key` alone; one zero byte: no upper end.

        `consistency`: "linearizable", "lease", `ReadYourWrites(header.applied of an earlier answer)`, `Stale(...)`, or "local", which
        works without a leader too; docs/reads.md says what they promise. `read` of the result tells how it was answered.
        """
        body = {"key": key, "range_end": range_end, "limit": limit}
        received = await self._opened().post(
            "/v3/kv/range", _encoder.encode(body), self._timeout_s, Certainty.REPEATABLE, query=query_of(consistency)
        )
        return _decode(received, RangeResult, "/v3/kv/range")

    async def delete(
        self, key: bytes, range_end: bytes = b"", *, previous: bool = False, idempotency: Key | None = None
    ) -> DeleteResult:
        """Delete one key, or a range as in `range`. `previous`: say what was there."""
        body = {"key": key, "range_end": range_end, "prev_kv": previous}
        return await self._write("/v3/kv/deleterange", body, DeleteResult, idempotency)

    async def delete_prefix(
        self, prefix: bytes, *, previous: bool = False, idempotency: Key | None = None
    ) -> DeleteResult:
        """Delete all keys that begin with `prefix`."""
        return await self.delete(prefix or b"\0", prefix_end(prefix), previous=previous, idempotency=idempotency)

    async def cas(self, key: bytes, expect: bytes | None, value: bytes, *, idempotency: Key | None = None) -> CasResult:
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
        result = await self._write("/v3/kv/txn", body, TxnResult, idempotency)
        held = [kv for part in result.responses for kv in part.response_range.kvs]
        return CasResult(result.header, result.succeeded, held[0] if held else None)

    async def transfer_leadership(self, to: int | None = None) -> LeadershipResult:
        """Let node `to` lead, or whichever is best prepared, and wait until it does. Raises as every call does: what the group
        refuses is a `RefusedError` whose `error` is the reason, and `RequestFailedError` says that it may come to pass yet."""
        return await self._move("/v1/leadership/transfer", {} if to is None else {"to": to})

    async def step_down(self, node: int | None = None) -> LeadershipResult:
        """Let another node lead than `node`, or than whoever leads. Raises as `transfer_leadership`."""
        return await self._move("/v1/leadership/step-down", {} if node is None else {"node": node})

    async def report_freshness(self, freshness: int) -> None:
        """Tell the server that serves this call how new its data is: give the client that one endpoint alone. It counts where the
        freshest is to lead."""
        await self._post("/v1/leadership/freshness", {"freshness": freshness}, FreshnessResult, Certainty.REPEATABLE)

    async def _move(self, path: str, body: dict[str, Any]) -> LeadershipResult:
        try:
            return await self._post(path, body, LeadershipResult, Certainty.ONCE)
        except OutcomeUnknownError as error:
            raise RequestFailedError(error.reason, uncertain=True) from error

    async def _change_members(self, method: str, path: str, body: dict[str, Any], expected: int | None) -> MembersView:
        query = {} if expected is None else {"expected": str(expected)}
        try:
            received = await self._opened().post(
                path, _encoder.encode(body), self._timeout_s, Certainty.ONCE, method=method, query=query
            )
        except OutcomeUnknownError as error:
            raise RequestFailedError(error.reason, uncertain=True) from error
        return _decode(received, MembersView, path)

    async def take_snapshot(self) -> SnapshotView:
        """Let the server that serves this call save its state on its own disk, and wait until it is there."""
        return await self._post("/v1/snapshot", {}, SnapshotView, Certainty.REPEATABLE)

    async def snapshots(self) -> list[SnapshotView]:
        """Those on the disk of the server that last served, oldest first."""
        url = self._endpoints.current()
        return _decode(await self._opened().get(url, "/v1/snapshots", self._timeout_s), list[SnapshotView], str(url))

    async def backup(self, write: Callable[[bytes], object], *, local: bool = False) -> None:
        """Hand the bytes of a backup to `write` as they come, from the first server that has any. Linearizable; `local`: what that
        server has, even without a leader. It is whole only if `BackupReader` says so. Raises `UnavailableError` too if it breaks off."""
        await self._opened().download("/v1/backup", {"local": "true"} if local else {}, self._timeout_s, write)

    async def status(self, endpoint: str | None = None) -> NodeView:
        """What one server says of itself; without `endpoint` the one that last served."""
        url = Endpoints([endpoint]).current() if endpoint is not None else self._endpoints.current()
        answer = await self._opened().get(url, "/status", self._timeout_s)
        return _decode(answer, NodeView, str(url))

    async def statuses(self) -> dict[str, NodeView | QuorateError]:
        """What each server says of itself, or why it says nothing, by endpoint."""
        return await self._ask_each("/status", NodeView)

    async def whys(self) -> dict[str, WhyView | QuorateError]:
        """What each server answers to those who ask why something does not go on, or why it says nothing, by endpoint."""
        return await self._ask_each("/v1/why", WhyView)

    async def _ask_each(self, path: str, answer: type[T]) -> dict[str, T | QuorateError]:
        async def ask(url: URL) -> T | QuorateError:
            try:
                return _decode(await self._opened().get(url, path, self._timeout_s), answer, str(url))
            except (UnavailableError, UnexpectedAnswerError) as error:
                return error

        answers = await asyncio.gather(*map(ask, self._endpoints.urls))
        return dict(zip(self.endpoints, answers, strict=True))

    async def _post(self, path: str, body: dict[str, Any], answer: type[T], certainty: Certainty) -> T:
        received = await self._opened().post(path, _encoder.encode(body), self._timeout_s, certainty)
        return _decode(received, answer, path)

    async def _write(self, path: str, body: dict[str, Any], answer: type[T], key: Key | None) -> T:
        if key is None and not self._exactly_once:
            return await self._post(path, body, answer, Certainty.ONCE)
        received = await self._opened_keyed().post(path, _encoder.encode(body), self._timeout_s, key)
        return _decode(received, answer, path)

    def _opened(self) -> Transport:
        if self._transport is None:
            raise StoppedError(_CLOSED)
        return self._transport

    def _opened_keyed(self) -> KeyedWrites:
        if self._keyed is None:
            raise StoppedError(_CLOSED)
        return self._keyed


def query_of(consistency: Consistency) -> dict[str, str]:
    """The parameters of a request that ask for it."""
    match consistency:
        case "linearizable":
            return {}
        case ReadYourWrites(index=index):
            return {"consistency": level_of(consistency), "min_index": str(index)}
        case Stale(max_lag=lag, max_age_ms=age):
            return {"consistency": level_of(consistency), "max_lag": str(lag), "max_age_ms": str(age)}
        case level:
            return {"consistency": level}


def prefix_end(prefix: bytes) -> bytes:
    """The smallest key above every key that begins with `prefix`; one zero byte, which means no end, if there is none."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else b"\0"


def _decode(answer: bytes, expected: type[T], source: str) -> T:
    try:
        return msgspec.json.decode(answer, type=expected, strict=False)
    except msgspec.DecodeError as error:
        raise UnexpectedAnswerError(f"{source}: not the answer of a quorate server ({error})") from error
