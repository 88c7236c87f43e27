"""Who keeps a leader while something comes and goes."""

from __future__ import annotations

from quorate.core.ids import SECOND
from quorate.sim.compare.entrants import Entrant
from quorate.sim.compare.stage import Observation, Stage
from quorate.sim.compare.trials.flapping import TIMES, biggest_flaps, links_flap
from sim.compare.biggest import in_catalog


def check_timeline(seen: Observation) -> None:
    line = seen.timeline
    assert line is not None
    assert 62 * SECOND <= line.duration <= 63 * SECOND
    assert len(line.bands) == TIMES
    assert all(band.until - band.since == 2 * SECOND for band in line.bands)
    assert all(0 <= reign.since < reign.until <= line.duration for reign in line.reigns)


def test_raft_changes_its_leader_once_at_most() -> None:
    seen = biggest_flaps(Stage(Entrant("raft", "raft"), 3, 1))
    check_timeline(seen)
    assert seen.values["flaps_changes"] in (0, 1)
    assert (seen.values["flaps_leaderless"] or 0) < SECOND
    links = links_flap(Stage(Entrant("raft", "raft"), 3, 1))
    check_timeline(links)
    assert links.values["links_changes"] == 1
    assert links.values["links_leaderless"] == links.values["links_longest"]


def test_who_always_follows_the_biggest_changes_each_time_it_goes_and_comes() -> None:
    with in_catalog() as name:
        seen = biggest_flaps(Stage(Entrant(name, name), 3, 1))
        links = links_flap(Stage(Entrant(name, name), 3, 1))
    check_timeline(seen)
    assert seen.values["flaps_changes"] == 2 * TIMES
    assert (seen.values["flaps_leaderless"] or 0) > TIMES * 0.5 * SECOND
    assert seen.timeline is not None
    assert seen.timeline.node == 3
    assert {reign.node for reign in seen.timeline.reigns} == {2, 3}
    assert links.values["links_changes"] == 2 * TIMES
