"""Sends one request until a server has served it, or it is certain, or impossible, to know that none will.

The rule that matters: a write that may have reached a log is never sent again, unless the caller asks for it.
"""

from __future__ import annotations

import asyncio
import io
import os
from enum import Enum

import aiohttp
import msgspec
from yarl import URL

from quorate.client.endpoints import Endpoints
from quorate.client.errors import RefusedError, UnavailableError, UnexpectedAnswerError
from quorate.core.errors import OutcomeUnknownError

CONNECT_TIMEOUT_S = 1.0
"""A host that does not even accept a connection in this time is passed over."""

READ_ATTEMPT_S = 2.0
"""A read is tried elsewhere after this time: a paused process accepts connections and never answers."""

FIRST_PAUSE_S = 0.01
LONGEST_PAUSE_S = 0.25
"""Between rounds through all endpoints. A cluster elects in tens of milliseconds when a process dies."""


class Certainty(Enum):
    """What may be concluded when no answer came."""

    REPEATABLE = "repeatable"
    """Sending it twice does no harm."""

    ONCE = "once"
    """Sending it twice may do it twice: without an answer its outcome is unknown."""


class _ProblemBody(msgspec.Struct):
    error: str = ""
    message: str = ""
    hint: str = ""


class _NotServedError(Exception):
    """This endpoint certainly did not do it."""


class _NoAnswerError(Exception):
    """This endpoint may or may not have done it."""


class Transport:
    """One HTTP session over all endpoints. Owned by a client; call `close`."""

    def __init__(self, endpoints: Endpoints, max_connections: int) -> None:
        self._endpoints = endpoints
        connector = aiohttp.TCPConnector(limit=max_connections)
        self._session = aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def post(self, path: str, body: bytes, timeout_s: float, certainty: Certainty) -> bytes:
        """The body of the answer 200. `timeout_s` covers all attempts.

        Raises UnavailableError, OutcomeUnknownError, RefusedError or UnexpectedAnswerError.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        pause, tried, last = FIRST_PAUSE_S, 0, "no time to try"
        while (remaining := deadline - loop.time()) > 0:
            url = self._endpoints.current()
            try:
                return await self._attempt(url, path, body, self._attempt_limit(remaining, certainty))
            except (_NotServedError, _NoAnswerError) as error:
                self._endpoints.move_on(url)
                last = f"{url}: {error}"
                if isinstance(error, _NoAnswerError) and certainty is Certainty.ONCE:
                    raise OutcomeUnknownError(last) from error
            tried += 1
            if tried % len(self._endpoints) == 0:
                await asyncio.sleep(min(pause, max(deadline - loop.time(), 0.0)))
                pause = min(pause * 2, LONGEST_PAUSE_S)
        raise UnavailableError(_unavailable(timeout_s, last))

    async def get(self, url: URL, path: str, timeout_s: float) -> bytes:
        """The body of the answer of this one server. Raises UnavailableError or UnexpectedAnswerError."""
        timeout = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(CONNECT_TIMEOUT_S, timeout_s))
        try:
            async with self._session.get(url.with_path(path), timeout=timeout) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise UnavailableError(f"{url}: {describe(error)}") from error
        if response.status != 200:
            raise UnexpectedAnswerError(f"{url}{path} answered {response.status}; is this a quorate server?")
        return body

    def _attempt_limit(self, remaining: float, certainty: Certainty) -> float:
        if certainty is Certainty.REPEATABLE and len(self._endpoints) > 1:
            return min(remaining, READ_ATTEMPT_S)
        return remaining

    async def _attempt(self, url: URL, path: str, body: bytes, limit_s: float) -> bytes:
        timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=min(CONNECT_TIMEOUT_S, limit_s / 2))
        headers = {"Content-Type": "application/json", "Grpc-Timeout": _grpc_timeout(limit_s)}
        try:
            async with self._session.post(
                url.with_path(path), data=io.BytesIO(body), headers=headers, timeout=timeout
            ) as response:
                status, answer = response.status, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise _NotServedError(describe(error)) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _NoAnswerError(describe(error)) from error
        if status == 200:
            return answer
        raise _failure(status, answer, url)


def _failure(status: int, answer: bytes, url: URL) -> Exception:
    try:
        problem = msgspec.json.decode(answer, type=_ProblemBody)
    except msgspec.DecodeError:
        problem = _ProblemBody()
    message = problem.message or f"answered {status}"
    if status == 503:
        return _NotServedError(message)
    if status >= 500 and status != 501:
        return _NoAnswerError(message)
    if not problem.error:
        return UnexpectedAnswerError(f"{url} answered {status}; is this a quorate server?")
    return RefusedError(status, problem.error, message, problem.hint)


def _grpc_timeout(limit_s: float) -> str:
    """What the server may take, a little less than we wait: then it is the server who says what is certain."""
    allowed_s = limit_s - min(0.1 * limit_s, 0.25)
    return f"{max(1, int(allowed_s * 1000))}m"


def _unavailable(timeout_s: float, last: str) -> str:
    return (
        f"no server could do it within {timeout_s:g} s, and it is certain that none did ({last}); "
        "check that a majority of the nodes is up and that the endpoints are right"
    )


def describe(error: BaseException) -> str:
    """A connection's failure in a few words, without the library's own wording around it."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        cause = error.os_error
        return f"cannot connect: {os.strerror(cause.errno) if cause.errno else cause}"
    if isinstance(error, (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        return "the connection broke before the answer"
    return str(error) or type(error).__name__
