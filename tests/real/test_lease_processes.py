"""Leases of real processes: one that was stopped answers nothing by the lease it had."""

import asyncio
import contextlib
import signal
from pathlib import Path

import pytest

from quorate.client.client import Client
from quorate.client.errors import UnavailableError
from quorate.client.results import RangeResult
from quorate.core.consistency import Stale
from real.processes import ServedCluster

OPTIONS = "lease_reads = true\nfast_failover = false\n"

pytestmark = [pytest.mark.real, pytest.mark.timeout(300)]


async def look(cluster: ServedCluster, node: int, timeout_s: float = 20.0) -> RangeResult | None:
    """The key, by lease, through one node; None if that cannot answer now."""
    async with Client([cluster.client[node]], timeout_s=timeout_s) as client:
        with contextlib.suppress(UnavailableError):
            return await client.range(b"k", consistency="lease")
    return None


async def test_s_q5_r12_a_leader_that_was_stopped_and_goes_on_shows_nothing_stale(tmp_path: Path) -> None:
    async with ServedCluster(tmp_path, options=OPTIONS) as cluster:
        old = await cluster.whole()
        assert await cluster.put(old, b"k", b"old") == 200
        found = await look(cluster, old)
        assert found is not None
        assert found.read is not None
        assert (found.kvs[0].value, found.read.consistency in ("lease", "linearizable")) == (b"old", True)
        process = cluster.processes[old]
        process.send_signal(signal.SIGSTOP)
        try:
            others = [cluster.client[node] for node in cluster.nodes if node != old]
            async with Client(others, timeout_s=60, exactly_once=True) as client:
                written = await client.put(b"k", b"new")
            # On its way before the process goes on, so that it is among the first that it does.
            looking = asyncio.create_task(look(cluster, old))
            await asyncio.sleep(0)
        finally:
            process.send_signal(signal.SIGCONT)
        found = await looking
        assert found is None or found.kvs[0].value == b"new"
        async with Client([cluster.client[old]], timeout_s=60) as client:
            within = await client.range(b"k", consistency=Stale(max_lag=0, max_age_ms=0))
            assert (within.kvs[0].value, within.read is not None) == (b"new", True)
            assert within.header.applied >= written.header.applied
