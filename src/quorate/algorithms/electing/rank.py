"""Ranks: who should lead. Total order, the highest wins."""

from typing import Literal, TypeAlias

import msgspec

from quorate.core.ids import NodeId

RankRule: TypeAlias = Literal["id", "fresh"]
"""id: the node with the highest id. fresh: the highest priority first, then the newest data, then the highest id."""


class Rank(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """What is compared. By the rule `id` the first two are 0. It travels in every message in which it counts: one that was remembered
    may be out of date, and an old node would win."""

    priority: int
    freshness: int
    node: NodeId


def rank(rule: RankRule, priority: int, freshness: int, node: NodeId) -> Rank:
    """The rank of a node."""
    return Rank(priority, freshness, node) if rule == "fresh" else Rank(0, 0, node)
