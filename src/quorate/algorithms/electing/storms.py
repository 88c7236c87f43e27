"""What elections differ in by their settings: drawn for storms, small enough for what they delay to happen within one."""

from collections.abc import Sequence
from random import Random
from typing import Any

from quorate.algorithms.electing.config import ElectingConfig
from quorate.core.algorithm import Inspection
from quorate.core.ids import NodeId

GUARDED = 0.8
"""The share of storms with the guard: only there is something promised that could break."""


def draw_options(random: Random, _nodes: int) -> dict[str, Any]:
    """Of the settings that Bully and ring have in common."""
    fresh = random.random() < 0.3
    damped = random.random() < 0.2
    return {
        "guard": "majority" if random.random() < GUARDED else "none",
        "preempt": random.random() < 0.75,
        "preempt_delay_ms": random.choice((0, 0, 0, 300, 1500)),
        "damping_ms": random.choice((20, 40)) if damped else 0,
        "damping_window_ms": random.choice((1000, 5000)),
        "min_tenure_ms": random.choice((0, 0, 0, 500, 2000)),
        "rank": "fresh" if fresh else "id",
        "freshness_gap": random.choice((0, 0, 5)) if fresh else 0,
    }


def highest(config: ElectingConfig, inspections: Sequence[Inspection]) -> NodeId | None:
    """Who leads when nothing goes wrong any more, of those that are left: whoever takes over from all others, if somebody does."""
    if not config.preempt or config.freshness_gap:
        return None
    if config.rank == "id":
        return max((inspection.node for inspection in inspections), default=None)
    return max(((inspection.details["freshness"], inspection.node) for inspection in inspections), default=(0, None))[1]
