"""How many messages an election costs: by the rules of docs/ring.md, and by holding it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import permutations
from math import ceil, log2

from algorithms.electing.network import Network
from quorate.algorithms.ring import SPEC, RingConfig
from quorate.algorithms.ring.config import VariantName
from quorate.algorithms.ring.messages import Ring
from quorate.core.events import TimePassed
from quorate.core.ids import SECOND, NodeId

QUIET = RingConfig(guard="none", election_timeout_ms=100_000, heartbeat_ms=30_000, delay_ms=10, processing_ms=1)
"""The bounds of the counts, D = 10 ms and p = 1 ms; and no heartbeat, nor anybody who misses one, while an election lasts."""


def all_rings(n: int) -> Iterator[tuple[NodeId, ...]]:
    """Every order of 1 to n on a ring, each once: turned round it is the same one."""
    return ((n, *others) for others in permutations(range(1, n)))


def counted(network: Network) -> Counter[str]:
    """What was sent on the ring, by kind; acknowledgements aside."""
    return Counter(type(sent.message.body).__name__ for sent in network.sent if isinstance(sent.message, Ring))


def ring_of(variant: VariantName, order: Sequence[NodeId], seed: int = 0, **settings: object) -> Network:
    """Nodes in that order, not started."""
    config = RingConfig(**{**_fields(QUIET), "variant": variant, "ring_order": tuple(order), **settings})
    return Network(SPEC, sorted(order), config, seed=seed)


def _fields(config: RingConfig) -> dict[str, object]:
    return {name: getattr(config, name) for name in config.__struct_fields__}


def all_start(
    variant: VariantName, order: Sequence[NodeId], seed: int = 0, **settings: object
) -> tuple[Counter[str], Network]:
    """All hold an election before they receive anything; what it costs, to the end."""
    network = ring_of(variant, order, seed, **settings)
    network.start()
    network.run(3 * SECOND)
    return counted(network), network


def one_starts(
    variant: VariantName, order: Sequence[NodeId], first: NodeId, seed: int = 0, dead: Sequence[NodeId] = ()
) -> tuple[Counter[str], Network]:
    """One of them holds an election, the others sit by, and some are dead."""
    network = ring_of(variant, order, seed, preempt=False)
    network.notice_ns = 60 * SECOND  # a dead node is found by sending to it
    network.start()
    for node in dead:
        network.crash(node)
    node = network[first]
    deadline = node.algorithm.deadline()
    assert deadline is not None
    node.clock = (0, deadline - network.now)  # it alone has waited for long enough
    network.step(node, TimePassed())
    network.run(3 * SECOND)
    return counted(network), network


def to_higher(order: Sequence[NodeId], node: NodeId, step: int = 1) -> int:
    """Hops from `node` to the next higher one; all the way round for the highest."""
    at = order.index(node)
    return next(
        hops for hops in range(1, len(order) + 1) if hops == len(order) or order[(at + step * hops) % len(order)] > node
    )


def chang_roberts(order: Sequence[NodeId]) -> int:
    """Elections, if all start: every token travels to the next higher node."""
    return sum(to_higher(order, node) for node in order)


def hirschberg_sinclair(order: Sequence[NodeId]) -> int:
    """Probes and replies to quiescence, if all start."""
    n, total = len(order), 0
    for node in order:
        phase = 0
        if node == max(order):
            while 2**phase < n:
                total += 4 * 2**phase
                phase += 1
            total += 2 * n
            continue
        distances = [to_higher(order, node, step) for step in (1, -1)]
        while True:
            total += sum(2 * 2**phase if distance > 2**phase else distance for distance in distances)
            if min(distances) <= 2**phase:
                break
            phase += 1
    return total


def phases(n: int) -> int:
    """That the winner of Hirschberg and Sinclair runs."""
    return 1 + ceil(log2(n))
