"""The site of one node: routes, and the one place through which every request passes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from quorate.server.config import HttpConfig
from quorate.server.kv_routes import KeyValueRoutes
from quorate.server.leadership_routes import LeadershipRoutes
from quorate.server.member_routes import MemberRoutes
from quorate.server.metrics import Metrics
from quorate.server.problem import (
    GrpcCode,
    ProblemBody,
    ProblemError,
    internal,
    overloaded,
    problem_of,
    too_large,
)
from quorate.server.serving import ServedNode
from quorate.server.session_routes import SessionRoutes
from quorate.server.snapshot_routes import SnapshotRoutes
from quorate.server.status_routes import StatusRoutes

_logger = logging.getLogger("quorate.server")
_encoder = msgspec.json.Encoder()


def build_app(node: ServedNode, http: HttpConfig | None = None) -> web.Application:
    """Everything a node answers to clients. The node is started and stopped by the caller."""
    http = http or HttpConfig()
    metrics = Metrics(node)
    application = web.Application(middlewares=[_gate(http, metrics)], client_max_size=http.max_request_bytes)
    status = node.status()
    KeyValueRoutes(node, http, metrics, cluster=status.cluster, member=status.id).add_to(application)
    StatusRoutes(node, metrics).add_to(application)
    LeadershipRoutes(node, http).add_to(application)
    MemberRoutes(node, http).add_to(application)
    SnapshotRoutes(node, http).add_to(application)
    SessionRoutes(node, http).add_to(application)
    application.cleanup_ctx.append(_leader_counter(node, metrics))
    return application


def _leader_counter(node: ServedNode, metrics: Metrics) -> Callable[[web.Application], AsyncIterator[None]]:
    async def count() -> None:
        async for change in node.leadership():
            metrics.leadership_changed(change)

    async def running(_application: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(count())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return running


def _gate(http: HttpConfig, metrics: Metrics) -> Middleware:
    """Bounds what is under way, measures, and turns every error into an answer that says what to do."""
    under_way = every = 0
    metrics.in_flight.set_function(lambda: every)

    @web.middleware
    async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
        nonlocal under_way, every
        began = time.perf_counter()
        bounded = request.method not in ("GET", "HEAD")
        under_way += bounded
        every += 1
        try:
            if bounded and under_way > http.max_in_flight:
                raise overloaded(http.max_in_flight)
            response = await handler(request)
        except Exception as error:  # the boundary: whatever went wrong, the caller is told
            response = _problem_response(_described(error, request, http))
        finally:
            under_way -= bounded
            every -= 1
        metrics.answered(_route_of(request), response.status, time.perf_counter() - began)
        return response

    return gate


def _route_of(request: web.Request) -> str:
    """A label out of a small, fixed set, whatever is asked for."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"


def _described(error: Exception, request: web.Request, http: HttpConfig) -> ProblemError:
    if isinstance(error, web.HTTPRequestEntityTooLarge):
        return too_large(http.max_request_bytes)
    if isinstance(error, web.HTTPException):
        return _http_problem(error, request)
    problem = problem_of(error)
    if problem is None:
        _logger.error("%s %s met a fault", request.method, request.path, exc_info=error)
        problem = internal()
    return problem


def _http_problem(error: web.HTTPException, request: web.Request) -> ProblemError:
    routes = ", ".join(_routes(request.app))
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.path} does not take {error.method}"
        body = ProblemBody("method_not_allowed", GrpcCode.UNIMPLEMENTED, message, f"use {allowed}")
        return ProblemError(405, body, allow=allowed)
    if error.status == 404:
        message = "there is nothing at this path"
        return ProblemError(404, ProblemBody("not_found", GrpcCode.NOT_FOUND, message, f"there is: {routes}"))
    body = ProblemBody("bad_request", GrpcCode.INVALID_ARGUMENT, error.reason, f"there is: {routes}")
    return ProblemError(error.status, body)


def _routes(application: web.Application) -> list[str]:
    return sorted(
        f"{route.method} {route.resource.canonical}"
        for route in application.router.routes()
        if route.resource is not None and route.method != "HEAD"
    )


def _problem_response(problem: ProblemError) -> web.Response:
    headers = {}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if problem.allow:
        headers["Allow"] = problem.allow
    body = _encoder.encode(problem.body)
    return web.Response(body=body, status=problem.status, headers=headers, content_type="application/json")
