"""Sends one request until a server has served it, or it is certain, or impossible, to know that none will.

The rule that matters: a write that may have reached a log is never sent again, unless it has a key, by which the group knows it.

aiohttp takes longer to import than all the rest, so that is done where it is used: `quorate node` knows this module and never calls.
"""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from quorate.client.endpoints import Endpoints
from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.core.errors import OutcomeUnknownError
from quorate.core.keys import SESSION_EXPIRED

if TYPE_CHECKING:
    from yarl import URL

CONNECT_TIMEOUT_S = 1.0
"""A host that does not even accept a connection in this time is passed over."""

ATTEMPT_S = 2.0
"""What may be sent twice is tried elsewhere after this time: a paused process accepts connections and never answers."""

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.25
"""Between rounds through all endpoints. A cluster elects in tens of milliseconds when a process dies."""


DOWNLOAD_BYTES = 1 << 16
"""Of a long answer, what is handed on at once."""


class Certainty(Enum):
    """What may be concluded when no answer came."""

    REPEATABLE = "repeatable"
    """Sending it twice does no harm."""

    ONCE = "once"
    """Sending it twice may do it twice: without an answer its outcome is unknown."""

    KEYED = "keyed"
    """Sent twice it is done once, and answered as the first time."""


_NO_QUORUM = frozenset({"", "no_leader", "not_leader", "not_ready"})
"""Why a server did nothing, where the advice is to look at all of them."""


class _ProblemBody(msgspec.Struct):
    error: str = ""
    message: str = ""
    hint: str = ""


class _NotServedError(Exception):
    """This endpoint certainly did not do it. `hint`: what it advises; empty: nothing."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.hint = hint
        super().__init__(message)


class _NoAnswerError(Exception):
    """This endpoint may or may not have done it."""


class Transport:
    """One HTTP session over all endpoints. Owned by a client; call `close`."""

    def __init__(self, endpoints: Endpoints, max_connections: int) -> None:
        import aiohttp

        self._endpoints = endpoints
        connector = aiohttp.TCPConnector(limit=max_connections)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def post(
        self,
        path: str,
        body: bytes,
        timeout_s: float,
        certainty: Certainty,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "POST",
        query: Mapping[str, str] | None = None,
    ) -> bytes:
        """The body of the answer 200. `timeout_s` covers all attempts. `headers`: besides the usual ones.

        Raises UnavailableError, OutcomeUnknownError, RefusedError or UnexpectedAnswerError.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        pause, tried, last, hint = FIRST_PAUSE_S, 0, "no time to try", ""
        uncertain = False
        while (remaining := deadline - loop.time()) > 0:
            if tried and certainty is Certainty.ONCE and remaining < _kept_back(timeout_s):
                # Begun now it would most likely end without an answer, and what is certain so far would be so no more.
                break
            url = self._endpoints.current()
            limit_s = self._attempt_limit(remaining, certainty)
            try:
                return await self._attempt(
                    method, url, url.with_path(path).with_query(query), body, limit_s, headers or {}
                )
            except (_NotServedError, _NoAnswerError) as error:
                self._endpoints.move_on(url)
                last = f"{url}: {error}"
                hint = error.hint if isinstance(error, _NotServedError) else ""
                if isinstance(error, _NoAnswerError):
                    uncertain = certainty is not Certainty.REPEATABLE
                    if certainty is Certainty.ONCE:
                        raise OutcomeUnknownError(last) from error
            except RefusedError as error:
                if uncertain and error.error == SESSION_EXPIRED:
                    # Not applied by this attempt; an earlier one may have been, and nobody knows any more.
                    raise OutcomeUnknownError(f"{url}: {error.message}") from error
                raise
            tried += 1
            if tried % len(self._endpoints) == 0:
                await asyncio.sleep(min(pause, max(deadline - loop.time(), 0.0)))
                pause = min(pause * 2, LONGEST_PAUSE_S)
        if uncertain:
            raise OutcomeUnknownError(last)
        raise UnavailableError(_unavailable(timeout_s, last, hint))

    async def get(self, url: URL, path: str, timeout_s: float) -> bytes:
        """The body of the answer of this one server. Raises UnavailableError or UnexpectedAnswerError."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, timeout_s))
        try:
            async with self._session.get(url.with_path(path), timeout=timeout) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnavailableError(f"{url}: {describe(error)}") from error
        if response.status != 200:
            raise UnexpectedAnswerError(f"{url}{path} answered {response.status}; is this a quorate server?")
        return body

    async def download(
        self, path: str, query: Mapping[str, str], silence_s: float, write: Callable[[bytes], object]
    ) -> None:
        """Hand the body of an answer to `write` as it comes, from the first server that begins to answer; there is no limit but for
        silence. Raises UnavailableError, RefusedError or UnexpectedAnswerError."""
        import aiohttp

        limits = aiohttp.ClientTimeout(sock_connect=min(CONNECT_TIMEOUT_S, silence_s), sock_read=silence_s)
        last = ""
        for _ in range(len(self._endpoints)):
            url = self._endpoints.current()
            begun = False
            try:
                async with self._session.get(url.with_path(path).with_query(query), timeout=limits) as response:
                    if response.status != 200:
                        raise _failure(response.status, await response.read(), url)
                    async for piece in response.content.iter_chunked(DOWNLOAD_BYTES):
                        begun = True
                        write(piece)
                    return
            except (aiohttp.ClientError, TimeoutError, _NotServedError, _NoAnswerError) as error:
                last = f"{url}: {describe(error)}"
                if begun:
                    raise UnavailableError(f"{last}; what was received is not whole: ask again") from error
                self._endpoints.move_on(url)
        raise UnavailableError(f"no server could begin to answer ({last}); look at `quorate status`")

    def _attempt_limit(self, remaining: float, certainty: Certainty) -> float:
        if certainty is not Certainty.ONCE and len(self._endpoints) > 1:
            return min(remaining, ATTEMPT_S)
        return remaining

    async def _attempt(
        self, method: str, server: URL, target: URL, body: bytes, limit_s: float, extra: Mapping[str, str]
    ) -> bytes:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=min(CONNECT_TIMEOUT_S, limit_s / 2))
        headers = {"Content-Type": "application/json", "Grpc-Timeout": _grpc_timeout(limit_s), **extra}
        try:
            async with self._session.request(
                method, target, data=io.BytesIO(body), headers=headers, timeout=timeout
            ) as response:
                status, answer = response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NotServedError(describe(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _NoAnswerError(describe(error)) from error
        if status == 200:
            return answer
        raise _failure(status, answer, server)


def _failure(status: int, answer: bytes, url: URL) -> Exception:
    try:
        problem = msgspec.json.decode(answer, type=_ProblemBody)
    except msgspec.DecodeError:
        problem = _ProblemBody()
    message = problem.message or f"answered {status}"
    if status == 503:
        return _NotServedError(message, "" if problem.error in _NO_QUORUM else problem.hint)
    if status >= 500 and status != 501:
        return _NoAnswerError(message)
    if not problem.error:
        return UnexpectedAnswerError(f"{url} answered {status}; is this a quorate server?")
    return RefusedError(status, problem.error, message, problem.hint)


def _grpc_timeout(limit_s: float) -> str:
    """What the server may take, a little less than we wait: then it is the server who says what is certain."""
    return f"{max(1, int((limit_s - _kept_back(limit_s)) * 1000))}m"


def _kept_back(limit_s: float) -> float:
    """Of the time for an answer, what its way back may take."""
    return min(0.1 * limit_s, 0.25)


def _unavailable(timeout_s: float, last: str, hint: str) -> str:
    advice = hint or "check that a majority of the nodes is up and that the endpoints are right"
    return f"no server could do it within {timeout_s:g} s, and it is certain that none did ({last}); {advice}"


def describe(error: BaseException) -> str:
    """A connection's failure in a few words, without the library's own wording around it."""
    import aiohttp

    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return f"cannot connect: {os.strerror(cause.errno) if cause.errno else cause}"
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        return "the connection broke before the answer"
    return str(error) or type(error).__name__
