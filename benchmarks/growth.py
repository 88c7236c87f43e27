"""What writes cost as work grows: with the size of a value, the calls in flight, the nodes, the length of the log, the keys in the store.

    python benchmarks/growth.py [--quick] [--only size,in-flight,nodes,log,keys] [--out docs/performance]

Writes a picture of each curve (SVG) and the figures (`growth.json`). In each picture a faint line shows what is expected at the worst:
cost that grows in proportion to the work from the first point on. Where ours bends above it, there is something to explain.
"""

import argparse
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec
from rich.console import Console

from quorate.cli.bench_cluster import run_to_end, running
from quorate.cli.bench_machine import describe_machine
from quorate.cli.bench_orders import Fill
from quorate.cli.bench_results import Load, Machine, Sample, Setting
from quorate.cli.bench_rounds import KEEP_LOG, recovery
from quorate.cli.bench_run import embedded_cluster, measure_load
from quorate.cli.bench_table import number, table
from quorate.core.errors import QuorateError
from quorate.sim.compare.lines import LineChart, Point, Series

Axis = Literal["size", "in-flight", "nodes", "log", "keys"]
BUSY = 64
"""Calls in flight where they are not what grows."""

GROWTH: dict[Axis, tuple[int, ...]] = {
    "size": (16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576),
    "in-flight": (1, 4, 16, 64, 256, 1024, 4096),
    "nodes": (3, 5, 7),
    "log": (1_000, 10_000, 100_000, 1_000_000),
    "keys": (1_000, 10_000, 100_000, 1_000_000),
}
QUICK: dict[Axis, tuple[int, ...]] = {
    "size": (16, 4096),
    "in-flight": (1, 64),
    "nodes": (3, 5),
    "log": (200, 1000),
    "keys": (200, 1000),
}


class Measured(msgspec.Struct, frozen=True):
    """At one point of a curve, of each run. `cost`: microseconds of the cluster for each write, or, of `log`, milliseconds for a
    start. `latency_ms`: the median call; nothing of `log`."""

    x: int
    cost: list[float]
    latency_ms: list[float]


class Curve(msgspec.Struct, frozen=True):
    """One thing that grows."""

    axis: Axis
    points: list[Measured]


class Growth(msgspec.Struct, frozen=True):
    """What the command writes."""

    measured_at: str
    machine: Machine
    seconds: float
    repeat: int
    curves: list[Curve]


TITLES: dict[Axis, tuple[str, str, str]] = {
    "size": ("Cost of a write, by the size of its value", "bytes of a value", "microseconds a write"),
    "in-flight": ("Latency, by calls in flight", "calls in flight", "milliseconds a call, median"),
    "nodes": ("Cost of a write, by the number of nodes", "nodes", "microseconds a write"),
    "log": (
        "Start of a killed cluster, by the length of its log",
        "entries in the log",
        "milliseconds to the first write",
    ),
    "keys": ("Cost of a write, by keys in the store", "keys in the store", "microseconds a write"),
}


async def points(axis: Axis, xs: Sequence[int], directory: Path, setting: Setting) -> AsyncIterator[Measured]:
    """Each run of each point with new processes on empty logs."""
    for x in xs:
        runs = [await one(axis, x, directory / f"{axis}-{x}-{turn}", setting) for turn in range(setting.repeat)]
        costs, latencies = zip(*runs, strict=True)
        yield Measured(x, list(costs), [latency for latency in latencies if latency is not None])


async def one(axis: Axis, x: int, directory: Path, setting: Setting) -> tuple[float, float | None]:
    """Cost and latency of one run at one point."""
    match axis:
        case "size":
            return _cost(await _sample(directory, msgspec.structs.replace(setting, size_bytes=x), BUSY))
        case "in-flight":
            return _cost(await _sample(directory, setting, x))
        case "nodes":
            return _cost(await _sample(directory, msgspec.structs.replace(setting, nodes=x), BUSY))
        case "keys":
            return _cost(await _sample(directory, setting, BUSY, keys=x))
        case "log":
            cluster = embedded_cluster(directory, setting, machine="store", options=KEEP_LOG)
            async with running(cluster):
                return (await recovery(cluster, setting.size_bytes, x)).restart_ms, None


def _cost(sample: Sample) -> tuple[float, float]:
    return 1e6 / max(sample.per_second, 1e-3), sample.p50_ms


async def _sample(directory: Path, setting: Setting, in_flight: int, keys: int = 0) -> Sample:
    cluster = embedded_cluster(directory, setting, machine="store" if keys else "count")
    async with running(cluster):
        if keys:
            await cluster.ask(await cluster.leader(), Fill(0, keys, setting.size_bytes), int, seconds=keys / 100)
        return await measure_load(cluster, setting, Load("write", "leader", in_flight), max(keys, 1))


def chart(curve: Curve, setting: str) -> LineChart:
    """Median, least and worst of the runs, and the line that grows in proportion."""
    title, x_label, y_label = TITLES[curve.axis]
    ours = Series("quorate", tuple(_point(point.x, values_of(curve.axis, point)) for point in curve.points))
    first = ours.points[0]
    straight = tuple(_point(point.x, [first.y * point.x / first.x]) for point in ours.points)
    return LineChart(title, setting, x_label, y_label, (ours, Series("in proportion", straight, faint=True)), log=True)


def values_of(axis: Axis, point: Measured) -> list[float]:
    """What is drawn of a point."""
    return point.latency_ms if axis == "in-flight" else point.cost


def _point(x: int, values: list[float]) -> Point:
    return Point(x, median(values), min(values), max(values))


def steepest(curve: Curve) -> float:
    """From one point to the next: by how much more the cost grew than the work. Above 1: worse than in proportion."""
    found = [_point(point.x, values_of(curve.axis, point)) for point in curve.points]
    return max((later.y / at.y) / (later.x / at.x) for at, later in pairwise(found))


def as_text(growth: Growth) -> str:
    """A table of each curve."""
    lines = []
    for curve in growth.curves:
        title, x_label, _ = TITLES[curve.axis]
        rows = [[f"{point.x:,}", number(median(values_of(curve.axis, point)))] for point in curve.points]
        unit = TITLES[curve.axis][2]
        lines += [title, *(f"  {line}" for line in table([[x_label, unit], *rows], left=0))]
        lines += [f"  steepest step: {steepest(curve):.2f} times in proportion", ""]
    return "\n".join([*lines, f"{growth.machine.title}; {growth.machine.disk}."])


def arguments_of(words: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each point")
    parser.add_argument("--algorithm", default="raft", help="what the nodes run")
    parser.add_argument("--only", default=",".join(GROWTH), help="some of the curves, separated by commas")
    parser.add_argument("--quick", action="store_true", help="two points each, 0.2 s, once")
    parser.add_argument("--data-dir", type=Path, help="on the disk to be measured; default: the system's temporary one")
    parser.add_argument("--out", type=Path, default=Path("docs/performance"), help="folder for pictures and figures")
    found = parser.parse_args(words)
    found.only = [word.strip() for word in found.only.split(",")]
    if wrong := [axis for axis in found.only if axis not in GROWTH]:
        parser.error(f"--only {wrong[0]}: there is {', '.join(GROWTH)}")
    if found.quick:
        found.seconds, found.repeat = 0.2, 1
    return found


async def measure(given: argparse.Namespace, directory: Path) -> list[Curve]:
    """All curves that were asked for."""
    tell = Console(stderr=True, highlight=False)
    setting = Setting(given.algorithm, seconds=given.seconds, warm_up_s=given.seconds / 3, repeat=given.repeat)
    curves = []
    for axis in given.only:
        found = []
        async for point in points(axis, (QUICK if given.quick else GROWTH)[axis], directory, setting):
            found.append(point)
            tell.print(f"  {axis} {point.x:,}: {number(median(point.cost))}")
        curves.append(Curve(axis, found))
    return curves


def main(words: Sequence[str] | None = None) -> int:
    """Measure, draw, and print tables."""
    given = arguments_of(words)
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="quorate-growth-", dir=given.data_dir) as directory:
            machine = describe_machine(Path(directory))
            curves = run_to_end(measure(given, Path(directory)))
    except QuorateError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    now = datetime.now(UTC).isoformat(timespec="seconds")
    growth = Growth(now, machine, given.seconds, given.repeat, curves)
    (given.out / "growth.json").write_bytes(msgspec.json.format(msgspec.json.encode(growth), indent=1) + b"\n")
    for curve in curves:
        (given.out / f"{curve.axis}.svg").write_text(chart(curve, machine.title).draw())
    print(as_text(growth))
    return 0


if __name__ == "__main__":
    sys.exit(main())
