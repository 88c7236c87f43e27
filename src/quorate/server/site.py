"""The site of a node on its port: from the first connection to the last answer."""

from __future__ import annotations

import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from quorate.core.errors import ConfigError
from quorate.machines.kv import KeyValueMachine
from quorate.real.node import Node
from quorate.server.app import build_app
from quorate.server.binding import bind_remedy
from quorate.server.config import NodeConfig

BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of clients after a failover."""

GRACE_S = 5.0
"""How long answers under way may take to leave when stopping."""


@asynccontextmanager
async def open_site(node: Node[KeyValueMachine], config: NodeConfig, listening: socket.socket) -> AsyncIterator[None]:
    """Serve clients of `node` on `listening`, which is bound. At the end every request under way is answered. Raises ConfigError."""
    application = build_app(node, config.http)

    async def stop_node(_application: web.Application) -> None:
        await node.stop()  # answers every call under way, so that their requests are answered before the site closes

    application.on_shutdown.append(stop_node)
    runner = web.AppRunner(
        application, access_log=None, logger=logging.getLogger("quorate.http"), shutdown_timeout=GRACE_S
    )
    await runner.setup()
    try:
        await start_site(web.SockSite(runner, listening, backlog=BACKLOG), config)
        yield
    finally:
        await runner.cleanup()


async def start_site(site: web.SockSite, config: NodeConfig) -> None:
    """Begin to listen. Raises ConfigError: another process bound the port too, and listened first."""
    try:
        await site.start()
    except OSError as error:
        raise ConfigError(f"client: cannot listen on {config.client}: {bind_remedy(error)}") from error
