"""`/v1/snapshot*` and `/v1/backup`: take a snapshot, list them, stream a backup out of one."""

from __future__ import annotations

import logging

import msgspec
from aiohttp import web

from quorate.core.errors import QuorateError, RequestFailedError
from quorate.server.config import HttpConfig
from quorate.server.problem import GrpcCode, ProblemBody, ProblemError, bad_request
from quorate.server.receive import receive, seconds_left
from quorate.server.request_problems import problem_of_request
from quorate.server.serving import ServedNode

_logger = logging.getLogger("quorate.server")
_encoder = msgspec.json.Encoder()

BACKUP_TYPE = "application/vnd.quorate.backup"


class SnapshotRoutes:
    """All of it is about the disk of this one node."""

    def __init__(self, node: ServedNode, http: HttpConfig) -> None:
        self._node = node
        self._http = http

    def add_to(self, application: web.Application) -> None:
        """Register the routes."""
        application.router.add_post("/v1/snapshot", self.take)
        application.router.add_get("/v1/snapshots", self.list)
        application.router.add_get("/v1/backup", self.backup)

    async def take(self, request: web.Request) -> web.Response:
        """Answered when it is durable: as late as the state is large, so only the caller's patience is a limit."""
        deadline, _ = await receive(request, self._http)
        asked = seconds_left(deadline) if "Grpc-Timeout" in request.headers else None
        try:
            taken = await self._node.snapshot(asked)
        except RequestFailedError as error:
            raise _problem(error) from error
        return web.Response(body=_encoder.encode(taken), content_type="application/json")

    async def list(self, _request: web.Request) -> web.Response:
        """Oldest first."""
        return web.Response(body=_encoder.encode(self._node.snapshots()), content_type="application/json")

    async def backup(self, request: web.Request) -> web.StreamResponse:
        """One piece in memory at a time, read as fast as the caller takes them. An answer that ends before its last piece is no backup,
        and `quorate snapshot verify` says so."""
        pieces = self._node.backup(consistency="local" if _wants_local(request) else "linearizable")
        try:
            first = await anext(pieces)
        except RequestFailedError as error:
            raise _problem(error) from error
        response = web.StreamResponse(headers={"Content-Type": BACKUP_TYPE})
        await response.prepare(request)
        try:
            await response.write(first)
            async for piece in pieces:
                await response.write(piece)
            await response.write_eof()
        except (QuorateError, OSError) as error:
            _logger.warning("a backup was cut short: %s", error)
            if request.transport is not None:
                request.transport.abort()
        finally:
            await pieces.aclose()
        return response


def _wants_local(request: web.Request) -> bool:
    for name in request.query:
        if name != "local":
            raise bad_request(f"the parameter {name!r:.40} is not known", "there is only: local=true", "bad_field")
    given = request.query.get("local", "false")
    if given not in ("true", "false"):
        raise bad_request(f"local is {given!r:.40}", "give local=true or local=false", "bad_field")
    return given == "true"


def _problem(error: RequestFailedError) -> ProblemError:
    if error.reason == "nothing_applied":
        message, hint = "this node has applied nothing yet, so there is nothing to save", "write something first"
        return ProblemError(409, ProblemBody(error.reason, GrpcCode.FAILED_PRECONDITION, message, hint))
    return problem_of_request(error)
