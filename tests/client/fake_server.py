"""A server that does what a test tells it, one behaviour after the other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import web

HEADER = {"cluster_id": "1", "member_id": "1", "revision": "2", "raft_term": "3"}
OK = (200, {"header": HEADER})
NO_LEADER = (503, {"error": "no_leader", "message": "the cluster has no leader now", "hint": "wait"})
UNKNOWN = (504, {"error": "outcome_unknown", "message": "no answer in time", "hint": "read"})
REFUSED = (400, {"error": "empty_key", "message": "key is empty", "hint": "give it one byte"})
CUT = "cut the connection"
HANG = "never answer"
LATE = "refuse when the time is over"


class FakeServer:
    """Answers with `script` in order, and with `OK` when it is used up; an entry is (status, JSON or bytes), `CUT`, `HANG`
    or `LATE`: as a server that has tried for as long as it was told.

    Sessions are opened off the script, unless `plays_sessions`; `sessions` counts them.
    """

    def __init__(self, *script: Any, plays_sessions: bool = False) -> None:
        self.script = list(script)
        self.plays_sessions = plays_sessions
        self.sessions = 0
        self.requests: list[tuple[str, Any, dict[str, str]]] = []
        self.methods: list[str] = []
        self.queries: list[str] = []
        self.url = ""
        self.let_go = asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.path == "/v1/session" and not self.plays_sessions:
            self.sessions += 1
            return web.json_response({"session": f"{self.sessions}-0000000000c0ffee"})
        self.queries.append(request.query_string)
        self.requests.append((request.path, msgspec.json.decode(body) if body else None, dict(request.headers)))
        self.methods.append(request.method)
        step = self.script.pop(0) if self.script else OK
        if step is CUT:
            assert request.transport is not None
            request.transport.abort()
            await self.let_go.wait()
        if step is HANG:
            await self.let_go.wait()
            return web.Response(status=500)
        if step is LATE:
            await asyncio.sleep(int(request.headers["Grpc-Timeout"].removesuffix("m")) / 1000)
            step = NO_LEADER
        status, content = step
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)
        return web.Response(status=status, body=data, content_type="application/json")


@asynccontextmanager
async def running(*servers: FakeServer) -> AsyncIterator[list[str]]:
    """Serve each on a free port; yields their URLs."""
    runners = []
    try:
        for server in servers:
            application = web.Application(client_max_size=8 * 1024 * 1024)
            application.router.add_route("*", "/{path:.*}", server.answer)
            runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            runners.append(runner)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield [server.url for server in servers]
    finally:
        for server in servers:
            server.let_go.set()
        for runner in runners:
            await runner.cleanup()


@asynccontextmanager
async def nobody() -> AsyncIterator[str]:
    """A URL that refuses connections: the port is bound, so nobody else can take it, and not listened on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
