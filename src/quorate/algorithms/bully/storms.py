"""What Bully's elections differ in by its own settings, and what its messages grant: for storms."""

from collections.abc import Sequence
from random import Random
from typing import Any

from quorate.algorithms.bully.messages import Halt, Victory, VictoryAck
from quorate.algorithms.electing.epoch import token
from quorate.algorithms.electing.storms import draw_options as draw_shared
from quorate.algorithms.electing.storms import highest
from quorate.core.algorithm import Inspection
from quorate.core.ids import NodeId, Term
from quorate.core.message import Message


def draw_options(random: Random, nodes: int) -> dict[str, Any]:
    """Variants that bring their own rules have no guard."""
    options = draw_shared(random, nodes)
    guarded = options["guard"] == "majority"
    variants = ("classic", "classic", "ranked_successors")
    own_rules = ("two_phase", "two_phase", "mongodb_v0", "mongodb_v0")
    variant = random.choice(variants if guarded else (*variants, *own_rules))
    if variant == "ranked_successors":
        options |= {"rank": "id", "freshness_gap": 0}
    restarts = not guarded and options["preempt"] and random.random() < 0.3
    own = {
        "variant": variant,
        "direct_victory": random.choice(("members", "live_view")),
        "settled": "restart" if restarts else "auto",
        "late_alive": random.choice(("void", "void", "ignore")),
        "resend_victory": random.random() < 0.7,
        "vote_lease_ms": 1000,
        "grace_ms": random.choice((0, 500)),
    }
    # Its ties cost up to a second, and its votes bind for one: the bound on recovery counts election timeouts.
    slowly = {"election_timeout_ms": 1000, "heartbeat_ms": 200} if variant == "mongodb_v0" else {}
    return options | own | slowly


def granted(sender: NodeId, to: NodeId, message: Message) -> tuple[Term, NodeId] | None:
    """A claim is its sender's own grant."""
    if isinstance(message, Victory | Halt):
        return token(message.epoch), sender
    if isinstance(message, VictoryAck) and message.granted:
        return token(message.epoch), to
    return None


def should_lead(config: Any, inspections: Sequence[Inspection]) -> NodeId | None:
    """Whoever ranks highest, but by the rules of MongoDB, which leave a primary in peace."""
    return None if config.variant == "mongodb_v0" else highest(config, inspections)
