"""A snapshot under way to one peer, as its leader sees it. Knows no messages."""

from collections import deque

from quorate.core.errors import InvariantError
from quorate.core.ids import Nanos
from quorate.core.snapshot import SnapshotMeta


class Flight:
    """One chunk, from `offset` to `end`: being read from our disk, or, since `sent_at`, on its way to the peer's."""

    __slots__ = ("end", "offset", "sent_at")

    def __init__(self, offset: int, end: int) -> None:
        self.offset = offset
        self.end = end
        self.sent_at: Nanos | None = None


class Outgoing:
    """`held`: bytes that are durable at the peer; None until it has said where to go on. `asked`: bytes asked of our disk for it.

    `flights`: chunks that are asked for and not durable there yet, oldest first. `window`: how many of them there may be. It grows
    while they arrive quickly and shrinks when they do not, because what is sent to the peer after them waits behind them: heartbeats too.
    `offered_at`: when it was last offered. `served`: it has one of the few places. `asked_at`: when it last had its turn.
    """

    __slots__ = ("asked", "asked_at", "flights", "held", "meta", "offered_at", "served", "window")

    def __init__(self, meta: SnapshotMeta, now: Nanos) -> None:
        self.meta = meta
        self.held: int | None = None
        self.asked = 0
        self.asked_at: Nanos = 0
        self.offered_at = now
        self.flights: deque[Flight] = deque()
        self.window = 1
        self.served = False

    def offer_again(self, now: Nanos) -> None:
        """Whatever was on its way may be lost: nothing more is sent before the peer has said where to go on."""
        self.held = None
        self.flights.clear()
        self.offered_at = now

    def go_on(self, offset: int) -> None:
        """The peer says that it holds the bytes below `offset` and awaits those from there on."""
        self.held = self.asked = min(offset, self.meta.size)
        self.flights.clear()

    def arrived(self, offset: int, now: Nanos, quick_ns: Nanos, most: int) -> None:
        """The bytes below `offset` are durable at the peer. `quick_ns`: how long a chunk may take without the window shrinking."""
        if self.held is None or not self.held <= offset <= self.meta.size:
            return
        self.held = offset
        self.asked = max(self.asked, offset)
        while self.flights and self.flights[0].end <= offset:
            sent_at = self.flights.popleft().sent_at
            if sent_at is not None and now - sent_at > quick_ns:
                self.window = max(1, self.window // 2)
            else:
                self.window = min(most, self.window + 1)

    @property
    def wants_chunk(self) -> bool:
        """Whether another one may be asked for. Behind the last byte that is an empty one: it makes whole what a peer has in full and
        has not published."""
        if self.held is None:
            return False
        if self.asked < self.meta.size:
            return len(self.flights) < self.window
        return self.held == self.meta.size and not self.flights

    def ask(self, size: int, now: Nanos) -> Flight:
        """Take off with the next chunk, of at most `size` bytes."""
        flight = Flight(self.asked, min(self.asked + size, self.meta.size))
        self.flights.append(flight)
        self.asked = flight.end
        self.asked_at = now
        return flight

    def was_read(self, offset: int, now: Nanos) -> bool:
        """Our disk has given the bytes at `offset`; False: nobody waits for them any more."""
        for flight in self.flights:
            if flight.offset == offset and flight.sent_at is None:
                flight.sent_at = now
                return True
        return False

    def silent_since(self) -> Nanos | None:
        """Since when an answer is owed; None: none is, or our own disk is not done yet."""
        if self.held is None:
            return self.offered_at
        return self.flights[0].sent_at if self.flights else None

    def check(self) -> None:
        """Assert the invariants; raises `InvariantError`."""
        ends = [flight.end for flight in self.flights]
        if self.held is not None and not (self.held <= self.asked <= self.meta.size and ends == sorted(ends)):
            raise InvariantError(
                f"a snapshot of {self.meta.size} bytes: {self.held} held, {self.asked} asked for, {ends}"
            )
