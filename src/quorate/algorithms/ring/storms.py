"""What elections on a ring differ in by its own settings, and what its envelopes grant: for storms."""

from collections.abc import Sequence
from random import Random
from typing import Any

from quorate.algorithms.electing.epoch import token
from quorate.algorithms.electing.storms import draw_options as draw_shared
from quorate.algorithms.electing.storms import highest
from quorate.algorithms.ring.messages import Elected, Install, Ring
from quorate.core.algorithm import Inspection
from quorate.core.ids import NodeId, Term
from quorate.core.message import Message


def draw_options(random: Random, nodes: int) -> dict[str, Any]:
    """Any variant, and any order of the ring."""
    order = list(range(1, nodes + 1))
    random.shuffle(order)
    own = {
        "variant": random.choice(("chang_roberts", "lap", "lelann", "hirschberg_sinclair")),
        "monitor": random.choice(("leader", "leader", "predecessor")),
        "ring_order": order if random.random() < 0.6 else [],
        "ring_version": random.randint(1, 3),
    }
    return draw_shared(random, nodes) | own


def granted(sender: NodeId, _to: NodeId, message: Message) -> tuple[Term, NodeId] | None:
    """A claim grants for whoever sent it out, and then for all who have signed it on its way."""
    body = message.body if isinstance(message, Ring) else None
    if isinstance(body, Elected | Install) and sender in (body.epoch.node, *body.grants):
        return token(body.epoch), body.epoch.node
    return None


def should_lead(config: Any, inspections: Sequence[Inspection]) -> NodeId | None:
    """Whoever ranks highest."""
    return highest(config, inspections)
