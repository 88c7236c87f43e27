"""A leader is lost while one of the others has entries that nobody else has: is that one elected?"""

from __future__ import annotations

from quorate.core.ids import MILLISECOND, SECOND, Nanos
from quorate.core.outcome import Outcome
from quorate.sim.cluster import NeverError
from quorate.sim.compare.stage import Observation, Stage

TOLD_ONE: Nanos = 10 * MILLISECOND
"""Long enough for one to be told, and to write; too short for the others to miss the leader."""

PATIENCE: Nanos = 10 * SECOND


def freshest_survives(stage: Stage) -> Observation:
    """The leader can reach only one of the others, that with the smallest id, when it takes a write. Then its machine vanishes. The write
    was acknowledged to nobody, so whoever is elected loses nothing that was promised."""
    leader = stage.settle()
    stage.await_quiet()
    freshest, *others = sorted(node for node in stage.cluster.nodes if node != leader)
    stage.cut([(leader, node) for node in others])
    stage.cluster.nodes[leader].propose([b"known to two"], PATIENCE, _ignore)
    stage.watch.run(TOLD_ONE)
    views = stage.cluster.observer.chronicle.views
    if views[freshest].disk.last <= max(views[node].disk.last for node in others):
        raise NeverError(f"node {freshest} has nothing that others lack: {stage.cluster.describe()}")
    struck = stage.now
    stage.cluster.crash(leader, silent=True)
    stage.watch.look()
    elected = stage.elect()
    return Observation(
        {
            "fresh_passed": None if elected is None else int(elected != freshest),
            "fresh_time": None if elected is None else stage.now - struck,
        }
    )


def _ignore(_outcome: Outcome) -> None:
    """Its client has lost its leader."""
