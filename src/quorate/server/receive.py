"""The body of a request, and when its answer is due."""

from __future__ import annotations

import asyncio
import math
import re

from aiohttp import web

from quorate.server.config import HttpConfig
from quorate.server.problem import bad_request, slow_request, too_large

_GRPC_TIMEOUT = re.compile(r"([0-9]{1,8})([HMSmun])")
_UNIT_S = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}


async def receive(request: web.Request, http: HttpConfig) -> tuple[float, bytes]:
    """When the whole request must be answered, by the loop's clock, and its body. Raises 400, 408 or 413."""
    limit_s = min(_asked_timeout(request), http.request_timeout_ms / 1000)
    deadline = asyncio.get_running_loop().time() + limit_s
    if (request.content_length or 0) > http.max_request_bytes:
        raise too_large(http.max_request_bytes)
    if request.content.is_eof():  # as with most requests: it came with the head, and there is nothing to wait for
        return deadline, await request.read()
    try:
        async with asyncio.timeout_at(deadline):
            return deadline, await request.read()
    except TimeoutError as error:
        raise slow_request(limit_s) from error


def seconds_left(deadline: float) -> float:
    """Until a deadline that `receive` gave; never quite 0."""
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
