"""The trials there are."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from quorate.sim.compare.stage import Observation, Stage
from quorate.sim.compare.trials import elections, flapping, freshness, partition, steady


class Trial(msgspec.Struct, frozen=True):
    """`logs_only`: means nothing for an algorithm that only elects. `sized`: also made at every other size, for the curves."""

    run: Callable[[Stage], Observation]
    logs_only: bool = False
    sized: bool = False


TRIALS: dict[str, Trial] = {
    "cold": Trial(elections.cold_start),
    "dies": Trial(elections.process_dies, sized=True),
    "vanishes": Trial(elections.machine_vanishes, sized=True),
    "paused": Trial(elections.leader_paused),
    "heals": Trial(elections.split_heals),
    "fresh": Trial(freshness.freshest_survives, logs_only=True),
    "flaps": Trial(flapping.biggest_flaps),
    "links": Trial(flapping.links_flap),
    "cut": Trial(partition.leader_cut_off),
    "rest": Trial(steady.rest, sized=True),
    "alone": Trial(steady.writes_alone, logs_only=True),
    "together": Trial(steady.writes_together, logs_only=True),
}
"""By name; the names of a trial's measures begin with it."""
