"""A served node on a thread of its own, so that a command, which runs its own event loop, has somebody to talk to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from server.fake_node import FakeNode, serving


class SiteThread:
    """`url` serves `node`, whose loop is another thread's: change it through `tell`."""

    def __init__(self, node: int) -> None:
        self.url = ""
        self.node: FakeNode
        self._id = node
        self._up = threading.Event()
        self._down: asyncio.Event
        self._loop: asyncio.AbstractEventLoop
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self) -> None:
        self._loop, self._down, self.node = asyncio.get_running_loop(), asyncio.Event(), FakeNode(self._id)
        async with serving(self.node) as self.url:
            self._up.set()
            await self._down.wait()

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(10)

    def stop(self) -> None:
        self.tell(lambda: self._down.set())
        self._thread.join(10)
        assert not self._thread.is_alive()

    def tell(self, change: Callable[[], None]) -> None:
        """Run `change` on the node's thread, and wait for it."""
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (change(), done.set()))
        assert done.wait(10)


@contextmanager
def site(node: int = 1) -> Iterator[SiteThread]:
    """A fake node, served until the block ends."""
    thread = SiteThread(node)
    thread.start()
    try:
        yield thread
    finally:
        thread.stop()
