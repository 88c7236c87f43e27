"""Ports for a cluster that nobody else uses now."""

from __future__ import annotations

import random

from quorate.cli.ports import is_free


def free_base_port(nodes: int = 3) -> int:
    """A base port below the range from which the system takes ports for connections, so that none is taken meanwhile."""
    for _ in range(1000):
        base = random.randrange(15_000, 32_000, 100)
        if all(map(is_free, ports_of(base, nodes))):
            return base
    raise AssertionError("no free ports on this machine")


def ports_of(base: int, nodes: int) -> list[int]:
    return [base + offset + node for offset in (0, 100) for node in range(1, nodes + 1)]
