"""One node as a process of its own: the node, its site, signals, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from typing import BinaryIO, TypeAlias

from quorate.machines.kv import KeyValueMachine
from quorate.real.node import Node
from quorate.server.binding import bind
from quorate.server.config import NodeConfig
from quorate.server.reload import ConfigFile

_logger = logging.getLogger("quorate.process")

OpenSite: TypeAlias = Callable[[Node[KeyValueMachine], NodeConfig, socket.socket], AbstractAsyncContextManager[None]]

_CERTIFICATES = {"SSL_CERT_FILE": os.devnull, "SSL_CERT_DIR": os.devnull}

ORPHAN_GRACE_S = 10.0
"""How long a node whose parent has died may take to stop before it is ended."""


class NodeProcess:
    """Runs one node until a signal or a failure ends it."""

    def __init__(
        self, config: NodeConfig, *, stop_with: BinaryIO | None = None, file: ConfigFile | None = None
    ) -> None:
        """`stop_with`: stop when this stream ends; a parent holds the other end, so that its death is noticed. `file`: where the
        settings came from, to be read again on SIGHUP."""
        self._config = config
        self._file = file
        self._present: Node[KeyValueMachine] | None = None
        self._has_terminal = sys.stderr.isatty()
        self._stop_with = stop_with
        self._stopping = asyncio.Event()
        self._reason = ""

    async def run(self) -> None:
        """Serve until told to stop. Raises what made the node fail; returns after a clean stop."""
        listening = bind(self._config)
        with contextlib.closing(listening), self._signals(), self._parent():
            node = self._present = self._node()
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
            join=config.join,
            learner=config.learner,
            replaces=config.replaces,
            data_dir=config.data_dir,
            machine=KeyValueMachine(),
            algorithm=config.algorithm,
            cluster=config.cluster,
            options=config.options,
            trace=config.trace.file or None,
            trace_bytes=config.trace.max_bytes,
        )

    async def _serve(self, node: Node[KeyValueMachine], listening: socket.socket) -> None:
        # The node takes part already: importing what only the site needs passes while the others are found and a leader is elected.
        open_site = await asyncio.to_thread(_import_site)
        async with open_site(node, self._config, listening):
            config = self._config
            _logger.info(
                "node %d of cluster %s serves clients at http://%s and peers at %s; data in %s; pid %d",
                config.id, config.cluster, config.client, config.peers[config.id], config.data_dir, os.getpid(),
            )  # fmt: skip
            await self._until_stopped_or_failed(node)

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

    def hang_up(self) -> None:
        """SIGHUP: read the settings again; but stop if it says that the terminal has gone."""
        if self._file is None or (self._has_terminal and not sys.stderr.isatty()):
            self.stop("SIGHUP")
        elif self._present is not None:
            self._file.reload_or_say_why_not(self._present)

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
        loop.add_signal_handler(signal.SIGHUP, self.hang_up)
        try:
            yield
        finally:
            for number in (*handled, signal.SIGHUP):
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


def _import_site() -> OpenSite:
    """aiohttp reads the certificates of every authority when it is imported, for calls that a node never makes: a tenth of a second, in
    which the node could serve. So it is shown none."""
    before = {name: os.environ.get(name) for name in _CERTIFICATES}
    os.environ.update(_CERTIFICATES)
    try:
        from quorate.server.site import open_site
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return open_site


def run_node(config: NodeConfig, *, stop_with: BinaryIO | None = None, file: ConfigFile | None = None) -> None:
    """Run one node to its end. Raises what made it fail."""

    async def run() -> None:
        await NodeProcess(config, stop_with=stop_with, file=file).run()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one, else asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop
