"""Who stands beside whom on the ring. Knows no messages."""

from collections.abc import Collection, Iterator, Sequence

from quorate.core.ids import NodeId


def ring_of(members: Collection[NodeId], order: Sequence[NodeId]) -> tuple[NodeId, ...]:
    """The members, clockwise: in the order that was set, or ascending without one. Raises ValueError if it is not an order of these."""
    if not order:
        return tuple(sorted(members))
    if sorted(order) != sorted(members):
        raise ValueError(
            f"ring_order = {list(order)} must name every member once, and nobody else: {sorted(members)}; correct it, or leave it out"
        )
    return tuple(order)


def others_from(ring: Sequence[NodeId], node: NodeId, *, clockwise: bool = True) -> Iterator[NodeId]:
    """Everybody else, in the order in which one that leaves `node` meets them."""
    at, step = ring.index(node), 1 if clockwise else -1
    for distance in range(1, len(ring)):
        yield ring[(at + step * distance) % len(ring)]


def neighbour(
    ring: Sequence[NodeId], node: NodeId, passed_over: Collection[NodeId], *, clockwise: bool = True
) -> NodeId | None:
    """The next one that is not passed over; None: all are, and `node` is alone."""
    return next((other for other in others_from(ring, node, clockwise=clockwise) if other not in passed_over), None)
