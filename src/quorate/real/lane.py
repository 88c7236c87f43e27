"""One thread that runs jobs in order, and tells the event loop of each when it is done."""

import asyncio
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any

from quorate.core.errors import StoppedError


class Lane:
    """Jobs run one at a time, in the order of `submit`, on a thread of their own; each `done` is called on the loop.

    The thread begins with the first job. It is no daemon: a job that writes to disk is never torn apart by the end of
    the interpreter, so `stop` must be called. All methods belong to the loop's thread.
    """

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, on_error: Callable[[BaseException], None]) -> None:
        self._loop = loop
        self._on_error = on_error
        self._jobs: SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name=name)
        self._started = False
        self._stopped: asyncio.Future[None] | None = None

    def submit(self, job: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Run `job` after all earlier ones, then `done(what it returned or raised)`. After `stop`: `done(StoppedError)`.

        An exception out of `done` goes to `on_error`.
        """
        if self._stopped is not None:
            self._loop.call_soon(
                self._finish, done, StoppedError(f"{self._thread.name} is stopped; the job was not run")
            )
            return
        if not self._started:
            self._started = True
            self._thread.start()
        self._jobs.put((job, done))

    async def stop(self) -> None:
        """Take no more jobs, and wait until all that were submitted have run and their `done` was called."""
        if self._stopped is None:
            self._stopped = self._loop.create_future()
            if self._started:
                self._jobs.put(None)
            else:
                self._stopped.set_result(None)
        # Shielded: a caller that gives up waiting must not cancel it for the others.
        await asyncio.shield(self._stopped)
        if self._started:
            self._thread.join()

    def _run(self) -> None:
        while (item := self._jobs.get()) is not None:
            job, done = item
            result: Any
            try:
                result = job()
            except BaseException as error:
                result = error
            self._tell(self._finish, done, result)
            del item, job, done, result  # a waiting lane must not keep a snapshot alive
        self._tell(self._ended)

    def _tell(self, callback: Callable[..., None], *arguments: Any) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # A loop that was closed before stop() has nobody left to tell; anything else is a bug.
            if not self._loop.is_closed():
                raise

    def _finish(self, done: Callable[[Any], None], result: Any) -> None:
        try:
            done(result)
        except Exception as error:
            self._on_error(error)

    def _ended(self) -> None:
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_result(None)
