"""Faults are data: they can be written down, read back and left out."""

import msgspec

from quorate.sim import Cluster
from quorate.sim.storms.faults import Crash, CrashAll, Cut, FailDisk, Fault, Isolate, Report
from quorate.sim.storms.nemesis import Nemesis


def test_a_schedule_survives_json() -> None:
    schedule: list[Fault] = [
        Crash(1, node=2, down_ns=3, rule="sectors", again_after=4),
        CrashAll(2, down_ns=5),
        Cut(3, pairs=((1, 2), (2, 1)), lasts_ns=7, breaks_ns=6),
        Isolate(4, node=1, lasts_ns=2, inward=False),
        FailDisk(5, node=3, operation="sync", after=2, lasts_ns=8),
    ]
    assert msgspec.json.decode(msgspec.json.encode(schedule), type=list[Fault]) == schedule


def test_an_application_reports_how_fresh_it_is_each_time_more() -> None:
    cluster = Cluster(nodes=3, seed=1, algorithm="ring", options={"rank": "fresh"})
    cluster.wait_for_leader()
    nemesis = Nemesis(cluster)
    now = cluster.now
    nemesis.plan([Report(now + 1, 2, 3), Report(now + 2, 2, 4)])
    cluster.run(0.1)
    assert cluster.nodes[2].algorithm.inspect().details["freshness"] == 7
    assert (nemesis.applied, nemesis.answers) == ({"Report": 2}, {"requests done": 2})
    cluster.nodes[2].pause()
    nemesis.plan([Report(cluster.now + 1, 2, 3)])
    cluster.run(0.1)
    assert nemesis.applied == {"Report": 2}
