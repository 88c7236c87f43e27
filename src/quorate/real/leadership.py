"""News of leadership, for whoever wants to follow it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec

from quorate.core.effects import Exclusive, LeaderChanged
from quorate.core.ids import NodeId, Term

BACKLOG = 256
"""A subscriber this far behind loses the oldest news, never the newest: what matters is who leads now."""


class LeadershipChange(msgspec.Struct, frozen=True):
    """`leader` leads `term`, as far as this node knows; None: no leader is known. `mine`: it is this node.

    `ready`: it is this node, and everything committed before its term is applied here. `term` is the fencing token: give it to
    whatever the leader touches, and let that refuse a lower one, because a leader may learn late that it leads no more.

    `exclusive`: what keeps others from leading at the same time. `quorum`: nobody else can have anything decided in this term;
    `lease`: nobody else leads before the lease ends, which each heartbeat that is answered moves on: `Node.lease_left`;
    `best_effort`: nothing but time-outs, so two may lead at once, and only the token tells who is right.
    """

    leader: NodeId | None
    term: Term
    mine: bool
    ready: bool
    exclusive: Exclusive = "quorum"


class Leadership:
    """The present state, and a queue of changes for each subscriber."""

    def __init__(self, node: NodeId) -> None:
        self.now = LeadershipChange(None, 0, mine=False, ready=False)
        self._node = node
        self._subscribers: dict[asyncio.Event, deque[LeadershipChange]] = {}
        self._closed = False

    def changed(self, change: LeaderChanged) -> None:
        """The driver's news."""
        mine = change.leader == self._node
        self._tell(LeadershipChange(change.leader, change.term, mine, change.ready, change.exclusive))

    def close(self) -> None:
        """The node stops: if it knew a leader it knows none now, and every subscription ends."""
        if self._closed:
            return
        if self.now.leader is not None:
            self._tell(LeadershipChange(None, self.now.term, mine=False, ready=False))
        self._closed = True
        for wake in self._subscribers:
            wake.set()

    def _tell(self, change: LeadershipChange) -> None:
        self.now = change
        for wake, backlog in self._subscribers.items():
            backlog.append(change)
            wake.set()

    async def follow(self) -> AsyncIterator[LeadershipChange]:
        """The present state, then each change, until the node stops."""
        wake = asyncio.Event()
        backlog: deque[LeadershipChange] = deque([self.now], maxlen=BACKLOG)
        self._subscribers[wake] = backlog
        try:
            while True:
                while backlog:
                    yield backlog.popleft()
                if self._closed:
                    return
                wake.clear()
                await wake.wait()
        finally:
            del self._subscribers[wake]
