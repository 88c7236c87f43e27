"""One simulated TCP connection: two FIFO streams, each of which stalls while its direction is cut."""

from __future__ import annotations

from collections import deque

from quorate.core.ids import Nanos, NodeId

END = b""
"""Stands in a stream for its end: the sending process has closed, or died. No message is empty."""


class Stream:
    """What is under way in one direction, oldest first.

    Each item has a ticket: a scheduled moment at which the *oldest* item arrives. So order holds whatever the latencies are. A
    ticket that comes due while the direction is cut waits for the cut to heal, as TCP's retransmission does.
    """

    __slots__ = ("bytes", "horizon", "items")

    def __init__(self, horizon: Nanos) -> None:
        self.items: deque[bytes] = deque()
        self.bytes = 0
        self.horizon = horizon

    def put(self, item: bytes, arrival: Nanos) -> Nanos:
        """Queue it and return when its ticket comes due: not before those of earlier items."""
        self.items.append(item)
        self.bytes += len(item)
        if arrival > self.horizon:
            self.horizon = arrival
        return self.horizon

    def take(self) -> bytes | None:
        """The oldest item; None if all was lost since the ticket was issued."""
        if not self.items:
            return None
        item = self.items.popleft()
        self.bytes -= len(item)
        return item

    def lose_all(self) -> None:
        """What is under way never arrives."""
        self.items.clear()
        self.bytes = 0


class Connection:
    """`toward[n]` is the stream that ends at node n. `open` holds the ends whose process believes in it."""

    __slots__ = ("broken", "open", "toward")

    def __init__(self, left: NodeId, right: NodeId, now: Nanos) -> None:
        self.toward = {left: Stream(now), right: Stream(now)}
        self.open: set[NodeId] = set()
        self.broken = False

    def lose_all(self) -> None:
        """It is broken in the middle: nothing under way arrives, and nothing sent later does."""
        self.broken = True
        for stream in self.toward.values():
            stream.lose_all()
