"""From the loss of a leader to the next one, for each way to lose it."""

from __future__ import annotations

from collections.abc import Callable

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.sim.compare.stage import LIMIT, Count, Observation, Stage
from quorate.sim.compare.watch import overlap

PAUSE: Nanos = 5 * SECOND
SPLIT: Nanos = 5 * SECOND
AFTERWARDS: Nanos = 3 * SECOND


def cold_start(stage: Stage) -> Observation:
    """All nodes start at once, on empty disks."""
    mark = stage.meter.mark()
    elected = stage.elect() is not None
    traffic = stage.meter.since(mark)
    return Observation(
        {
            "cold_time": stage.now if elected else None,
            "cold_messages": traffic.messages if elected else None,
            "cold_bytes": traffic.size if elected else None,
        },
        dict(traffic.kinds()),
    )


def process_dies(stage: Stage) -> Observation:
    """The leader's process dies: its connections close, and new ones are refused."""
    return _lose(stage, "dies", lambda leader: stage.cluster.crash(leader, power=False))


def machine_vanishes(stage: Stage) -> Observation:
    """The leader's machine is gone, and nobody says so."""
    return _lose(stage, "vanishes", lambda leader: stage.cluster.crash(leader, silent=True))


def leader_paused(stage: Stage) -> Observation:
    """The leader's process stands still for 5 s and then goes on, not knowing that it did."""
    leader = stage.settle()
    stage.await_quiet()
    struck = stage.now
    stage.cluster.nodes[leader].pause()
    stage.watch.look()
    elected = stage.elect(PAUSE) is not None
    took = stage.now - struck
    stage.watch.run(struck + PAUSE - stage.now)
    stage.cluster.nodes[leader].resume()
    resumed = stage.now
    stage.watch.run(AFTERWARDS)
    claims = stage.watch.claims(resumed)
    return Observation(
        {
            "paused_time": took if elected else None,
            "paused_claims": overlap(claims, same_term=False) + overlap(claims, same_term=True),
        }
    )


def split_heals(stage: Stage) -> Observation:
    """For 5 s the nodes are in three parts, none of which is a majority; then all links work again."""
    stage.settle()
    stage.await_quiet()
    nodes = list(stage.cluster.nodes)
    heal = stage.cut([(a, b) for a in nodes for b in nodes if a < b and a % 3 != b % 3])
    stage.watch.run(SPLIT)
    heal()
    healed = stage.now
    elected = stage.elect() is not None
    return Observation({"heals_time": stage.now - healed if elected else None})


def _lose(stage: Stage, name: str, strike: Callable[[NodeId], None]) -> Observation:
    """Messages are counted from the fault to the moment at which somebody leads again. What the survivors say to each other at rest is
    taken off, at the rate of the second before."""
    stage.settle()
    resting, began = stage.meter.mark(), stage.now
    stage.watch.run(SECOND)
    stage.await_quiet()
    leader = stage.settle() if stage.watch.leader is None else stage.watch.leader
    others = [node for node in stage.cluster.nodes if node != leader]
    background = stage.meter.since(resting).among(others)
    rested = stage.now - began
    mark, struck = stage.meter.mark(), stage.now
    strike(leader)
    stage.watch.look()
    if stage.elect(LIMIT) is None:
        return Observation({f"{name}_time": None, f"{name}_messages": None, f"{name}_bytes": None})
    took = stage.now - struck
    traffic = stage.meter.since(mark)
    usual = background.kinds()

    def above(count: int, resting: int) -> Count:
        return max(0, count - resting * took / rested) if resting else count

    return Observation(
        {
            f"{name}_time": took,
            f"{name}_messages": above(traffic.messages, background.messages),
            f"{name}_bytes": above(traffic.size, background.size),
        },
        {kind: above(messages, usual.get(kind, 0)) for kind, messages in traffic.kinds().items()},
    )
