"""A simulated world with seeded clock, network and disk: the production code, in storms that can be run again.

from quorate.sim import Cluster, storm

cluster = Cluster(MyStateMachine, nodes=5, seed=1)
leader = cluster.wait_for_leader()
cluster.crash(leader.node)
cluster.wait_for_leader()

storm(MyStateMachine, commands=lambda random: b"one command", seeds=100)

Names are imported when they are first used, so that the pytest plugin costs other people's test runs nothing.
"""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quorate.sim.cluster import Cluster, NeverError, Pending, Reading
    from quorate.sim.guard.check import check_determinism
    from quorate.sim.guard.machine import GuardSettings
    from quorate.sim.guard.rules import MachineBrokenError, Rule
    from quorate.sim.invariants.base import InvariantBrokenError
    from quorate.sim.node import SimNode
    from quorate.sim.storms.custom import StormFailedError, StormResult, storm

__all__ = [
    "Cluster",
    "GuardSettings",
    "InvariantBrokenError",
    "MachineBrokenError",
    "NeverError",
    "Pending",
    "Reading",
    "Rule",
    "SimNode",
    "StormFailedError",
    "StormResult",
    "check_determinism",
    "storm",
]

_HOMES = {
    "cluster": ("Cluster", "NeverError", "Pending", "Reading"),
    "guard.check": ("check_determinism",),
    "guard.machine": ("GuardSettings",),
    "guard.rules": ("MachineBrokenError", "Rule"),
    "invariants.base": ("InvariantBrokenError",),
    "node": ("SimNode",),
    "storms.custom": ("StormFailedError", "StormResult", "storm"),
}
_HOME = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # or type checkers would believe that every name is there

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found: object = getattr(importlib.import_module(_HOME[name]), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
