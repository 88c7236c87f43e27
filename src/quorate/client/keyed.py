"""Writes that are sent again without harm: each has a key of this client's session, and is applied once, wherever it arrives."""

from __future__ import annotations

import asyncio

import msgspec

from quorate.client.errors import RefusedError, UnexpectedAnswerError
from quorate.client.transport import Certainty, Transport
from quorate.core.errors import OutcomeUnknownError
from quorate.core.keys import SESSION_EXPIRED, ClientSession, Key, Keys, parse_session

SESSION_PATH = "/v1/session"


class _Opened(msgspec.Struct):
    session: str = ""


class KeyedWrites:
    """Opens a session at the first write, and another one when the group has forgotten it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._keys: Keys | None = None
        self._opening = asyncio.Lock()

    async def post(self, path: str, body: bytes, timeout_s: float, key: Key | None = None) -> bytes:
        """The body of the answer 200. `timeout_s` covers everything. `key`: of a request that may have been sent before.

        Raises as `Transport.post`; an `OutcomeUnknownError` has the key under which the same can be asked again.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        if key is not None:
            return await self._send(path, body, timeout_s, key)
        while True:
            keys = await self._session(deadline - loop.time())
            fresh = keys.next()
            try:
                answer = await self._send(path, body, deadline - loop.time(), fresh)
            except OutcomeUnknownError:
                raise  # it stays open: its caller may ask again
            except RefusedError as error:
                keys.settle(fresh)
                if error.error != SESSION_EXPIRED:
                    raise
                # Certainly not applied: this was the first time that it was sent, or no earlier one was left without an answer.
                self._forget(keys)
            except BaseException:
                keys.settle(fresh)
                raise
            else:
                keys.settle(fresh)
                return answer

    async def open(self, timeout_s: float) -> ClientSession:
        """A new session. One that was opened without an answer is forgotten by the group."""
        answer = await self._transport.post(SESSION_PATH, b"{}", timeout_s, Certainty.REPEATABLE)
        try:
            return parse_session(msgspec.json.decode(answer, type=_Opened).session)
        except ValueError as error:
            raise UnexpectedAnswerError(f"{SESSION_PATH}: not the answer of a quorate server ({error})") from error

    async def _send(self, path: str, body: bytes, timeout_s: float, key: Key) -> bytes:
        headers = {"Idempotency-Key": str(key), "Idempotency-Settled": str(key.settled)}
        try:
            return await self._transport.post(path, body, timeout_s, Certainty.KEYED, headers)
        except OutcomeUnknownError as error:
            raise OutcomeUnknownError(error.reason, key) from error

    async def _session(self, timeout_s: float) -> Keys:
        """The present session, or a new one, which callers who come at the same time share."""
        async with self._opening:
            if self._keys is None:
                self._keys = Keys(await self.open(timeout_s))
            return self._keys

    def _forget(self, keys: Keys) -> None:
        if self._keys is keys:
            self._keys = None
