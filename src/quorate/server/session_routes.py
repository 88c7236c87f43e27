"""`/v1/session`, and the header by which a write says that it is the same one again."""

from __future__ import annotations

import msgspec
from aiohttp import web

from quorate.core.keys import MAX_NUMBER, Key, parse_key
from quorate.server.config import HttpConfig
from quorate.server.problem import bad_request
from quorate.server.receive import receive, seconds_left
from quorate.server.serving import ServedNode

KEY_HEADER = "Idempotency-Key"
SETTLED_HEADER = "Idempotency-Settled"

_encoder = msgspec.json.Encoder()


class SessionAnswer(msgspec.Struct, frozen=True):
    """The session that was opened, as keys begin with it."""

    session: str


class SessionRoutes:
    """Opens sessions, on any node."""

    def __init__(self, node: ServedNode, http: HttpConfig) -> None:
        self._node = node
        self._http = http

    def add_to(self, application: web.Application) -> None:
        """Register the route."""
        application.router.add_post("/v1/session", self.open)

    async def open(self, request: web.Request) -> web.Response:
        """Open one. The body is ignored: there is nothing to choose."""
        deadline, _ = await receive(request, self._http)
        session = await self._node.open_session(seconds_left(deadline))
        return web.Response(body=_encoder.encode(SessionAnswer(str(session))), content_type="application/json")


def key_of(request: web.Request) -> Key | None:
    """The key that a write carries, if it does. Raises a 400 for one that cannot be read."""
    written = request.headers.get(KEY_HEADER)
    if written is None:
        return None
    settled = request.headers.get(SETTLED_HEADER, "0")
    if not (settled.isascii() and settled.isdigit() and len(settled) <= 19 and int(settled) <= MAX_NUMBER):
        raise bad_request(
            f"the header {SETTLED_HEADER} is {settled!r:.40}",
            "write the highest number up to which every request of the session is answered, or leave it out",
            "bad_key",
        )
    try:
        return parse_key(written, int(settled))
    except ValueError as error:
        raise bad_request(f"the header {KEY_HEADER} is {written!r:.80}", str(error), "bad_key") from error
