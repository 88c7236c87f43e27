"""Servers for a benchmark, and load on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from quorate.cli.bench_cluster import BenchFailedError
from quorate.cli.bench_http import HttpCluster, serving
from quorate.cli.plan import ClusterPlan


@pytest.mark.real
async def test_puts_are_measured_at_the_leader(tmp_path: Path) -> None:
    async with serving(tmp_path / "c", 3, "raft,heartbeat_ms=40") as served:
        assert served.leader in (1, 2, 3)
        found = await served.put(2, 16, 0.2, 0.0)
        assert found.calls >= 2
        served.check()
    assert served.supervisor.running == 0
    assert "heartbeat_ms = 40" in (tmp_path / "c" / "node-1.toml").read_text()


def test_a_node_that_ended_is_told(tmp_path: Path) -> None:
    cluster = HttpCluster(ClusterPlan(tmp_path, 3, "raft", 7000))
    cluster.check()
    cluster._news.append("node 2 (pid 7) was ended by SIGKILL; it stays down")
    with pytest.raises(BenchFailedError, match=r"node 2 .* SIGKILL"):
        cluster.check()
