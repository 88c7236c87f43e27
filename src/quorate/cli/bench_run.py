"""One run of the benchmark: what is measured, in which order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from quorate.cli.bench_cluster import Cluster, running
from quorate.cli.bench_http import serving
from quorate.cli.bench_orders import MachineKind, Run
from quorate.cli.bench_results import Load, Sample, Setting, Span, Speed
from quorate.cli.bench_rounds import KEEP_LOG, MEGABYTE, Recovery, failovers, filled, recovery
from quorate.cli.entrants import entrant_of

What: TypeAlias = Literal["writes", "lists", "reads", "http", "failover", "recovery"]
WHATS: tuple[What, ...] = get_args(What)

LIST = 100
"""Commands in a list."""

LOADS: dict[What, tuple[Load, ...]] = {
    "writes": (
        *(Load("write", "leader", count) for count in (1, 64, 256)),
        *(Load("write", "follower", count) for count in (1, 64, 256)),
    ),
    "lists": tuple(Load("write", "leader", count, LIST) for count in (1, 64)),
    "reads": (*(Load("read", "leader", count) for count in (1, 64)), Load("read", "follower", 64)),
    "http": tuple(Load("http", "leader", count) for count in (1, 64)),
}

Step: TypeAlias = Callable[[str], None]
"""Told what is measured next; or, with an empty text, that one more is done."""


def embedded_cluster(
    directory: Path, setting: Setting, *, machine: MachineKind = "count", options: dict[str, Any] | None = None
) -> Cluster:
    """Nodes as the setting wants them. `options` on top of those that the algorithm's label has."""
    entrant = entrant_of(setting.algorithm)
    return Cluster(directory, setting.nodes, entrant.algorithm, {**entrant.options, **(options or {})}, machine)


def loads_of(whats: Sequence[What]) -> list[Load]:
    """Of all that are named."""
    return [load for what in whats for load in LOADS.get(what, ())]


def steps_of(setting: Setting, whats: Sequence[What]) -> int:
    """How many times `step` will be told that one more is done."""
    rounds = setting.rounds if "failover" in whats else 0
    return setting.repeat * (len(loads_of(whats)) + ("recovery" in whats)) + rounds


async def measure(
    directory: Path, setting: Setting, whats: Sequence[What], step: Step
) -> tuple[list[Speed], list[Span]]:
    """Everything `whats` names. All loads are measured once, then all once more, and so on, each time by new processes on empty logs, so
    that what else the machine does meets all of them alike. Raises `BenchFailedError`, `ConfigError`."""
    loads = loads_of(whats)
    runs: dict[Load, list[Sample]] = {load: [] for load in loads}
    recoveries: list[Recovery] = []
    for turn in range(setting.repeat):
        place = directory / f"run-{turn + 1}"
        async for load, sample in measure_once(place, setting, loads, step):
            runs[load].append(sample)
        if "recovery" in whats:
            step("recovery")
            async with running(
                embedded_cluster(place / "recovery", setting, machine="store", options=KEEP_LOG)
            ) as cluster:
                found = await recovery(cluster, setting.size_bytes, setting.entries)
            async with running(embedded_cluster(place / "memory", setting, options=KEEP_LOG)) as cluster:
                memory = await filled(cluster, setting.size_bytes, setting.entries)
            recoveries.append(msgspec.structs.replace(found, log_mb=memory.resident / MEGABYTE))
            step("")
    spans = spans_of(recoveries, setting.entries)
    if "failover" in whats:
        step("failover")
        async with running(embedded_cluster(directory / "failover", setting)) as cluster:
            times = await failovers(cluster, setting.size_bytes, setting.rounds, lambda: step(""))
        spans.insert(0, Span("failover", "leader killed, to the next acknowledged write", "ms", times))
    return [Speed(load, samples) for load, samples in runs.items()], spans


async def measure_once(
    directory: Path, setting: Setting, loads: Iterable[Load], step: Step
) -> AsyncIterator[tuple[Load, Sample]]:
    """Each load once: those inside of processes on one cluster, those over HTTP on another."""
    inside = [load for load in loads if load.what != "http"]
    outside = [load for load in loads if load.what == "http"]
    if inside:
        async with running(embedded_cluster(directory / "embedded", setting)) as cluster:
            for load in inside:
                step(load.label)
                yield load, await measure_load(cluster, setting, load)
                step("")
    if outside:
        async with serving(directory / "http", setting.nodes, setting.algorithm) as served:
            for load in outside:
                step(load.label)
                yield load, await served.put(load.in_flight, setting.size_bytes, setting.seconds, setting.warm_up_s)
                step("")


async def measure_load(cluster: Cluster, setting: Setting, load: Load, keys: int = 1) -> Sample:
    """One load inside of the process of the leader, or of a follower."""
    leader = await cluster.leader()
    node = leader if load.where == "leader" else leader % setting.nodes + 1
    order = Run(load, setting.size_bytes, setting.seconds, setting.warm_up_s, keys)
    return await cluster.ask(node, order, Sample, seconds=setting.seconds + setting.warm_up_s)


def spans_of(recoveries: Sequence[Recovery], entries: int) -> list[Span]:
    """None of nothing."""
    if not recoveries:
        return []
    logs = f"{entries:,} entries"
    return [
        Span(
            "restart",
            f"all killed, {logs} in the log: start to first write",
            "ms",
            [each.restart_ms for each in recoveries],
        ),
        Span(
            "log",
            f"memory of the leader after {logs}, machine that keeps nothing",
            "MB",
            [each.log_mb for each in recoveries],
        ),
        Span(
            "memory",
            "the same, machine that keeps all keys and values",
            "MB",
            [each.resident_mb for each in recoveries],
        ),
        Span("peak", "the same, at its most", "MB", [each.peak_mb for each in recoveries]),
    ]
