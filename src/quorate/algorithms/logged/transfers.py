"""Snapshots under way to several peers at once: few places, one rate. Knows no messages."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from quorate.algorithms.logged.outgoing import Outgoing
from quorate.core.ids import SECOND, Nanos, NodeId


class Candidate(NamedTuple):
    """A peer that is being sent a snapshot. `silent`: it has not been heard for too long to keep a place."""

    peer: NodeId
    outgoing: Outgoing
    silent: bool


class Chunk(NamedTuple):
    """What to ask our disk for next."""

    peer: NodeId
    outgoing: Outgoing
    offset: int


class Transfers:
    """`paid_at`: when the rate allows the next chunk; all transfers share it."""

    __slots__ = ("paid_at",)

    def __init__(self) -> None:
        self.paid_at: Nanos = 0

    def next_chunks(
        self, peers: Iterable[Candidate], now: Nanos, *, places: int, chunk_bytes: int, bytes_per_s: int
    ) -> Iterator[Chunk]:
        """What places, windows and rate allow now. Who waits longest goes first. `bytes_per_s`: 0 is no limit."""
        served = _give_places(list(peers), places)
        while now >= self.paid_at:
            waiting = [each for each in served if each.outgoing.wants_chunk]
            if not waiting:
                return
            peer, outgoing, _ = min(waiting, key=lambda each: (each.outgoing.asked_at, each.peer))
            flight = outgoing.ask(chunk_bytes, now)
            if bytes_per_s:
                self.paid_at = max(now, self.paid_at) + (flight.end - flight.offset) * SECOND // bytes_per_s
            yield Chunk(peer, outgoing, flight.offset)

    def due(self, under_way: Iterable[Outgoing], now: Nanos) -> Nanos | None:
        """When the rate allows the next chunk; None: nothing waits for that."""
        waits = now < self.paid_at and any(outgoing.served and outgoing.wants_chunk for outgoing in under_way)
        return self.paid_at if waits else None


def _give_places(peers: list[Candidate], places: int) -> list[Candidate]:
    """Whoever has a place keeps it, unless it has fallen silent: a dead peer must not keep the others waiting."""
    free = places
    for each in peers:
        each.outgoing.served = each.outgoing.served and not each.silent
        free -= each.outgoing.served
    others = [each for each in peers if not each.outgoing.served and not each.silent and each.outgoing.held is not None]
    for each in others[: max(0, free)]:
        each.outgoing.served = True
    return [each for each in peers if each.outgoing.served]
