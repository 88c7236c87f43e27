"""Rounds with real processes: a leader that is killed, a cluster that is killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.cli.bench_cluster import Cluster, running
from quorate.cli.bench_rounds import KEEP_LOG, failovers, recovery


@pytest.mark.real
async def test_a_leader_is_missed_for_a_while(tmp_path: Path) -> None:
    done: list[None] = []
    async with running(Cluster(tmp_path / "c", 3, "raft")) as cluster:
        times = await failovers(cluster, 16, 1, lambda: done.append(None))
        assert set(cluster._processes) == {1, 2, 3}, "the killed one is back"
    assert len(times) == len(done) == 1
    assert times[0] > 0


@pytest.mark.real
async def test_a_killed_cluster_serves_again(tmp_path: Path) -> None:
    async with running(Cluster(tmp_path / "c", 3, "raft", KEEP_LOG, "store")) as cluster:
        found = await recovery(cluster, 64, 50)
    assert found.restart_ms > 0
    assert found.peak_mb >= found.resident_mb > 1
