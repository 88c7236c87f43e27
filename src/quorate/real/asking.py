"""Operators' requests, awaited; and the last one of all, a leader's own before it stops."""

import asyncio
import logging

from quorate.core.errors import RequestFailedError
from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.core.requests import Request, TransferLeadership
from quorate.runtime.driver import Driver
from quorate.runtime.requests import Answer

_log = logging.getLogger("quorate.node")

HAND_OVER_NS: Nanos = 2 * SECOND
"""What a leader that stops gives the others to take over: a few election timeouts."""


async def ask(driver: Driver, request: Request, deadline: Nanos) -> None:
    """Ask the group, and wait until it has come to pass. Raises `RequestFailedError`, by `deadline` or soon after."""
    future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def done(answer: Answer) -> None:
        if not future.done():
            future.set_result(answer)

    driver.request(request, deadline, done)
    failed = await future
    if failed is not None:
        raise RequestFailedError(failed.reason, failed.hint, uncertain=failed.uncertain)


async def hand_over(driver: Driver, me: NodeId, now: Nanos) -> None:
    """A leader that stops lets another lead first, so that writers elsewhere hardly notice; and its own callers' proposals
    are decided there. All of it within a limit: stopping never waits for long."""
    if driver.leader != me:
        return
    try:
        async with asyncio.timeout(HAND_OVER_NS / SECOND):
            drained = asyncio.Event()
            driver.drain(drained.set)
            await ask(driver, TransferLeadership(only_from=me), now + HAND_OVER_NS)
            await drained.wait()
        _log.info("node %d: leadership handed to node %s before stopping", me, driver.leader)
    except (TimeoutError, RequestFailedError) as error:
        _log.warning("node %d: stopping without handing leadership over: %s", me, error)
