"""A plan that is bound to fail: all disks lie, and then all lose power."""

from __future__ import annotations

import msgspec

from quorate.core.ids import MILLISECOND, SECOND
from quorate.sim.storms.faults import CrashAll, LyingDisk
from quorate.sim.storms.plan import Plan, draw_plan


def bad_plan(seed: int, *_settings: object) -> Plan:
    """As `draw_plan`, whatever else it is asked for; always three nodes."""
    faults = [
        *(LyingDisk(SECOND, node, 9 * SECOND) for node in (1, 2, 3)),
        CrashAll(2 * SECOND, 100 * MILLISECOND, "all"),
    ]
    plan = draw_plan(seed, nodes=3, network_mode="links")
    return msgspec.structs.replace(plan, faults=faults, triggers=[], duration_ns=3 * SECOND)
