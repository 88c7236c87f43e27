"""Keeps calling one peer: of two nodes the one with the higher id calls, so that there is one connection for a pair."""

import asyncio
from collections.abc import Callable
from random import Random
from typing import NoReturn

from quorate.core.ids import MILLISECOND, SECOND, NodeId
from quorate.real.backoff import Backoff
from quorate.real.connect import connect
from quorate.real.link import Link
from quorate.real.network_limits import NetworkLimits
from quorate.real.peer import Peer


class Dialer:
    """`make_link` gives a link for the next attempt; `on_failure` hears why one did not even connect."""

    def __init__(
        self,
        peer: Peer,
        make_link: Callable[[NodeId], Link],
        on_failure: Callable[[Peer, OSError], None],
        limits: NetworkLimits,
        random: Random,
    ) -> None:
        self._peer = peer
        self._make_link = make_link
        self._on_failure = on_failure
        self._limits = limits
        self._backoff = Backoff(limits.backoff_first_ms * MILLISECOND, limits.backoff_longest_ms * MILLISECOND, random)

    async def run(self) -> NoReturn:
        """Connect, wait for the end of the link, connect again; until cancelled."""
        while True:
            await asyncio.sleep(self._backoff.next() / SECOND)
            try:
                await self._call_once()
            except OSError as error:
                self._on_failure(self._peer, error)

    async def _call_once(self) -> None:
        """From the attempt to connect to the end of the link. Raises OSError if it does not connect."""
        link = self._make_link(self._peer.node)
        try:
            await connect(self._peer.address, lambda: link, self._limits.connect_timeout_ms)
        except BaseException:
            link.abandon()
            raise
        # Shielded: cancelling this task must not make the link look closed.
        await asyncio.shield(link.closed)
        if self._was_good(link):
            self._backoff.reset()

    def _was_good(self, link: Link) -> bool:
        """Whether the link lived long enough that breaking it at once, again and again, is not the rule."""
        return link.up_at is not None and (link.loop.time() - link.up_at) * 1000 >= self._limits.backoff_longest_ms
