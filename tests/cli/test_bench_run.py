"""What is measured, in which order."""

from __future__ import annotations

from pathlib import Path

from quorate.cli.bench_results import Setting
from quorate.cli.bench_rounds import Recovery
from quorate.cli.bench_run import LOADS, WHATS, embedded_cluster, loads_of, spans_of, steps_of


def test_everything_that_can_be_named_is_measured() -> None:
    assert set(LOADS) == {"writes", "lists", "reads", "http"} == set(WHATS) - {"failover", "recovery"}
    assert {load.in_flight for load in LOADS["writes"]} == {1, 64, 256}
    assert {load.where for load in (*LOADS["writes"], *LOADS["reads"])} == {"leader", "follower"}
    assert {load.together for load in LOADS["lists"]} == {100}
    loads = loads_of(WHATS)
    assert len(loads) == len(set(loads))


def test_steps_are_counted_beforehand() -> None:
    setting = Setting(repeat=2, rounds=5)
    assert steps_of(setting, ["reads"]) == 2 * len(LOADS["reads"])
    assert steps_of(setting, ["failover", "recovery"]) == 5 + 2


def test_an_algorithm_may_have_settings(tmp_path: Path) -> None:
    cluster = embedded_cluster(tmp_path, Setting("raft,heartbeat_ms=40", nodes=5), options={"snapshot_entries": 7})
    assert list(cluster.ids) == [1, 2, 3, 4, 5]
    plan = cluster._plan(5)
    assert plan.algorithm == "raft"
    assert plan.options == {"heartbeat_ms": 40, "snapshot_entries": 7}
    assert len(plan.peers) == 5


def test_recoveries_are_four_rows() -> None:
    assert spans_of([], 100) == []
    rows = spans_of([Recovery(1000.0, 40.0, 50.0, 20.0), Recovery(3000.0, 42.0, 52.0, 22.0)], 1000)
    assert [(row.what, row.median, row.unit) for row in rows] == [
        ("restart", 2000.0, "ms"),
        ("log", 21.0, "MB"),
        ("memory", 41.0, "MB"),
        ("peak", 51.0, "MB"),
    ]
    assert "1,000 entries" in rows[0].title
