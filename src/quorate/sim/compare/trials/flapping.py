"""A minute in which something comes and goes: does the cluster keep its leader?"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from quorate.core.ids import SECOND, Nanos, NodeId
from quorate.sim.compare.stage import Band, Observation, Stage, Timeline
from quorate.sim.compare.watch import covered, leaderships, longest_gap

TIMES = 12
BEFORE: Nanos = 2 * SECOND
"""Undisturbed time that a timeline begins with."""

DOWN: Nanos = 2 * SECOND
UP: Nanos = 3 * SECOND


def biggest_flaps(stage: Stage) -> Observation:
    """The process of the node with the biggest id dies and is back 2 s later, every 5 s."""
    biggest = max(stage.cluster.nodes)
    return _flap(
        stage,
        "flaps",
        lambda _: biggest,
        lambda node: stage.cluster.crash(node, power=False),
        stage.cluster.restart,
    )


def links_flap(stage: Stage) -> Observation:
    """The node that leads at the beginning is cut off from all others for 2 s, every 5 s, as behind a bad cable."""
    heal: list[Callable[[], None]] = []
    return _flap(
        stage,
        "links",
        lambda leader: leader,
        lambda node: heal.append(stage.isolate([node])),
        lambda _: heal.pop()(),
    )


def _flap(
    stage: Stage,
    name: str,
    choose: Callable[[NodeId], NodeId],
    begin: Callable[[NodeId], object],
    end: Callable[[NodeId], object],
) -> Observation:
    node = choose(stage.settle())
    start = stage.now
    stage.watch.run(BEFORE)
    stage.await_quiet()
    struck, earlier = stage.now, stage.watch.reigns()
    bands = stage.flap(lambda: begin(node), lambda: end(node), times=TIMES, down=DOWN, up=UP)
    reigns = stage.watch.reigns(struck)
    return Observation(
        {
            f"{name}_changes": leaderships([*earlier, *reigns]) - leaderships(earlier),
            f"{name}_leaderless": stage.now - struck - covered(reigns),
            f"{name}_longest": longest_gap(reigns, struck, stage.now),
        },
        timeline=_timeline(stage, node, start, bands),
    )


def _timeline(stage: Stage, node: NodeId, start: Nanos, bands: list[Band]) -> Timeline:
    """Counted from `start`."""
    reigns = [
        msgspec.structs.replace(reign, since=reign.since - start, until=reign.until - start)
        for reign in stage.watch.reigns(start)
    ]
    return Timeline(node, stage.now - start, reigns, [Band(band.since - start, band.until - start) for band in bands])
