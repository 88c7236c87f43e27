"""What is measured once a round: how long a leader that is killed is missed, how soon a cluster that was killed serves again, and what
its leader holds in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

import msgspec

from quorate.cli.bench_cluster import Cluster
from quorate.cli.bench_orders import BeginWrites, CatchUp, EndWrites, Fill, Memory, Remember, WriteOnce

MEGABYTE = 1_000_000

KEEP_LOG = {"snapshot_entries": 1 << 30, "snapshot_bytes": 1 << 40}
"""No snapshot is taken, so that the log holds every command: the worst case for a start."""


class Recovery(msgspec.Struct, frozen=True):
    """Of one round. `resident_mb`, `peak_mb`: of the leader that has taken all entries; `log_mb`: of one whose machine keeps nothing."""

    restart_ms: float
    resident_mb: float
    peak_mb: float
    log_mb: float = 0.0


async def failovers(cluster: Cluster, size_bytes: int, rounds: int, done: Callable[[], None]) -> list[float]:
    """Milliseconds from the last write acknowledged before to the first one after the leader's process got SIGKILL, as one writer in
    the process of a follower sees it. The killed node is started again and catches up before the next round."""
    times = []
    for _ in range(rounds):
        leader = await cluster.leader()
        follower = leader % len(cluster.ids) + 1
        await cluster.ask(follower, BeginWrites(size_bytes), int)
        killed_at = await cluster.kill([leader])
        gap_s = await cluster.ask(follower, EndWrites(leader, killed_at), float)
        times.append(gap_s * 1000)
        await cluster.start([leader])
        await cluster.ask(leader, CatchUp(), bool)
        done()
    return times


async def recovery(cluster: Cluster, size_bytes: int, entries: int) -> Recovery:
    """Fill the logs with `entries` commands through the leader, look at its memory, kill all nodes with SIGKILL, start them at once, and
    take the time from the first process's start to the first write that is acknowledged, at whichever node."""
    memory = await filled(cluster, size_bytes, entries)
    await cluster.kill()
    began = monotonic()
    await cluster.start()
    served = [asyncio.ensure_future(cluster.ask(node, WriteOnce(size_bytes), float)) for node in cluster.ids]
    try:
        first = min([await at for at in served])
    finally:
        for task in served:
            task.cancel()
    return Recovery((first - began) * 1000, memory.resident / MEGABYTE, memory.peak / MEGABYTE)


async def filled(cluster: Cluster, size_bytes: int, entries: int) -> Memory:
    """What the leader holds after as many commands."""
    leader = await cluster.leader()
    await cluster.ask(leader, Fill(0, entries, size_bytes), int, seconds=entries / 100)
    return await cluster.ask(leader, Remember(), Memory)
