"""One node as a process of its own: the node, its site, signals, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from typing import BinaryIO

from aiohttp import web

from quorate.core.errors import ConfigError
from quorate.machines.kv import KeyValueMachine
from quorate.real.address import parse_address
from quorate.real.node import Node
from quorate.server.app import build_app
from quorate.server.config import NodeConfig

_logger = logging.getLogger("quorate.process")

BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of clients after a failover."""

GRACE_S = 5.0
"""How long answers under way may take to leave when stopping."""

ORPHAN_GRACE_S = 10.0
"""How long a node whose parent has died may take to stop before it is ended."""


class NodeProcess:
    """Runs one node until a signal or a failure ends it."""

    def __init__(self, config: NodeConfig, *, stop_with: BinaryIO | None = None) -> None:
        """`stop_with`: stop when this stream ends; a parent holds the other end, so that its death is noticed."""
        self._config = config
        self._stop_with = stop_with
        self._stopping = asyncio.Event()
        self._reason = ""

    async def run(self) -> None:
        """Serve until told to stop. Raises what made the node fail; returns after a clean stop."""
        listening = _bind(self._config)
        with contextlib.closing(listening), self._signals(), self._parent():
            node = self._node()
            await node.start()
            for note in node.recovery.notes() if node.recovery is not None else ():
                _logger.warning("recovery: %s", note)
            try:
                await self._serve(node, listening)
            finally:
                await node.stop()
        _logger.info("stopped cleanly (%s)", self._reason)

    def _node(self) -> Node[KeyValueMachine]:
        config = self._config
        return Node(
            id=config.id,
            peers=config.peers,
            data_dir=config.data_dir,
            machine=KeyValueMachine(),
            algorithm=config.algorithm,
            cluster=config.cluster,
            options=config.options,
            trace=config.trace.file or None,
            trace_bytes=config.trace.max_bytes,
        )

    async def _serve(self, node: Node[KeyValueMachine], listening: socket.socket) -> None:
        application = build_app(node, self._config.http)

        async def stop_node(_application: web.Application) -> None:
            await (
                node.stop()
            )  # answers every call under way, so that their requests are answered before the site closes

        application.on_shutdown.append(stop_node)
        runner = web.AppRunner(
            application, access_log=None, logger=logging.getLogger("quorate.http"), shutdown_timeout=GRACE_S
        )
        await runner.setup()
        try:
            await _start_site(web.SockSite(runner, listening, backlog=BACKLOG), self._config)
            config = self._config
            _logger.info(
                "node %d of cluster %s serves clients at http://%s and peers at %s; data in %s; pid %d",
                config.id, config.cluster, config.client, config.peers[config.id], config.data_dir, os.getpid(),
            )  # fmt: skip
            await self._until_stopped_or_failed(node)
        finally:
            await runner.cleanup()

    async def _until_stopped_or_failed(self, node: Node[KeyValueMachine]) -> None:
        stopped = asyncio.create_task(self._stopping.wait())
        failed = asyncio.ensure_future(node.failure())
        try:
            await asyncio.wait({stopped, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                raise failed.result()
        finally:
            for task in (stopped, failed):
                task.cancel()
            await asyncio.gather(stopped, failed, return_exceptions=True)

    def stop(self, reason: str) -> None:
        """Begin to stop; the second time, end at once."""
        if self._stopping.is_set():
            _logger.warning("%s again: ending without waiting", reason)
            os._exit(1)
        self._reason = reason
        self._stopping.set()

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handled = (signal.SIGTERM, signal.SIGINT)
        for number in handled:
            loop.add_signal_handler(number, self.stop, number.name)
        try:
            yield
        finally:
            for number in handled:
                loop.remove_signal_handler(number)

    @contextlib.contextmanager
    def _parent(self) -> Iterator[None]:
        if self._stop_with is not None:
            loop = asyncio.get_running_loop()
            watch = threading.Thread(target=self._watch_parent, args=(self._stop_with, loop), daemon=True)
            watch.start()
        yield

    def _watch_parent(self, stream: BinaryIO, loop: asyncio.AbstractEventLoop) -> None:
        # Past the stream's buffer, whose lock a thread still waiting here would hold when the interpreter closes it at the end.
        while os.read(stream.fileno(), 4096):
            pass
        timer = threading.Timer(ORPHAN_GRACE_S, os._exit, args=(1,))
        timer.daemon = True
        timer.start()
        with contextlib.suppress(RuntimeError):  # the loop has closed: it was stopping already
            loop.call_soon_threadsafe(self.stop, "the parent process has gone")


def _bind(config: NodeConfig) -> socket.socket:
    """Take the client port before anything else is touched, without listening: until the node can serve, a
    refused connection is the honest answer. Raises ConfigError, which says what to do."""
    address = parse_address(config.client, "client")
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigError(f"client: {address}: {error.strerror or error}; name an address of this machine") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(target)
        listening.settimeout(0)
    except OSError as error:
        listening.close()
        raise ConfigError(f"client: cannot listen on {address}: {_remedy(error)}") from error
    return listening


async def _start_site(site: web.SockSite, config: NodeConfig) -> None:
    try:
        await site.start()
    except OSError as error:  # another process bound the port too, and listened first
        raise ConfigError(f"client: cannot listen on {config.client}: {_remedy(error)}") from error


def _remedy(error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return "the port is in use by another process; stop that one, or give this node another port"
        case errno.EADDRNOTAVAIL:
            return "this machine has no such address; name one it has, or 0.0.0.0 for all"
        case errno.EACCES:
            return "no permission; take a port from 1024 up"
        case _:
            return f"{error.strerror}; name another address"


def run_node(config: NodeConfig, *, stop_with: BinaryIO | None = None) -> None:
    """Run one node to its end. Raises what made it fail."""

    async def run() -> None:
        await NodeProcess(config, stop_with=stop_with).run()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
