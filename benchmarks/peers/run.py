"""Other systems and quorate, in turns on the same machine: writes per second, and the ratio.

    python benchmarks/peers/run.py [--seconds 3] [--repeat 3] [--only etcd,ZooKeeper] [--json FILE]

Each has three processes on loopback, a durable log, and values of 256 bytes; each load is that of so many callers who wait for one answer
before the next call. Where a system is embedded in a program (hashicorp/raft, PySyncObj) its callers are in the leader's process, and are
compared with quorate's there; where it is a server (etcd, ZooKeeper) they are clients in a process of their own, and are compared with
quorate's HTTP/JSON face too. What is not installed is left out, with a line on how to install it.
"""

import argparse
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from peer import Order, Peer, Running
from peer_etcd import Etcd
from peer_hashicorp import Hashicorp
from peer_pysyncobj import PySyncObj
from peer_zookeeper import ZooKeeper
from results import Comparison, Row, as_text
from rich.console import Console

from quorate.cli.bench_cluster import BenchFailedError, Cluster, run_to_end, running
from quorate.cli.bench_http import HttpCluster, serving
from quorate.cli.bench_machine import describe_machine
from quorate.cli.bench_results import Load, Sample, Setting
from quorate.cli.bench_run import embedded_cluster, measure_load
from quorate.cli.bench_table import number
from quorate.core.errors import QuorateError
from quorate.version import __version__

IN_FLIGHT = (1, 64, 256)
NODES = 3
PEERS: tuple[Peer, ...] = (Hashicorp(), PySyncObj(), PySyncObj(at_once=True), Etcd(), ZooKeeper())


class Embedded:
    """quorate, with callers in the leader's process."""

    name = "quorate, embedded"
    callers = "embedded"
    note = "callers in the leader's process"

    def __init__(self, algorithm: str) -> None:
        self._algorithm = algorithm

    def missing(self) -> str | None:
        """It is here."""
        return None

    def prepare(self, workshop: Path) -> None:
        """Nothing to be done."""

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        async with running(embedded_cluster(directory, Setting(self._algorithm, NODES))) as cluster:
            yield Inside(cluster, self._algorithm)


class Inside:
    """Its processes."""

    def __init__(self, cluster: Cluster, algorithm: str) -> None:
        self._cluster = cluster
        self._algorithm = algorithm

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        setting = Setting(self._algorithm, NODES, order.size_bytes, order.seconds, order.warm_up_s)
        return await measure_load(self._cluster, setting, Load("write", "leader", order.in_flight))


class Http(Embedded):
    """quorate as a server, with clients on HTTP/JSON."""

    name = "quorate, HTTP"
    callers = "clients"
    note = "one request at a time on each connection with the leader"

    @asynccontextmanager
    async def cluster(self, directory: Path) -> AsyncIterator[Running]:
        """See `Peer`."""
        async with serving(directory, NODES, self._algorithm) as served:
            yield Outside(served)


class Outside:
    """Its server processes."""

    def __init__(self, served: HttpCluster) -> None:
        self._served = served

    async def measure(self, order: Order) -> Sample:
        """See `Running`."""
        return await self._served.put(order.in_flight, order.size_bytes, order.seconds, order.warm_up_s)


async def measure(
    systems: Sequence[Peer], directory: Path, order: Order, repeat: int, tell: Console, failed: dict[str, str]
) -> list[Row]:
    """All systems once, then all once more, each time with new processes on empty logs. `failed` gets those that could not be measured
    to the end, with the reason."""
    runs: dict[tuple[str, int], list[Sample]] = {(each.name, count): [] for each in systems for count in IN_FLIGHT}
    for turn in range(repeat):
        for system in (each for each in systems if each.name not in failed):
            place = directory / f"run-{turn + 1}-{system.name.replace('/', '-').replace(', ', '-')}"
            tell.print(f"  run {turn + 1} of {repeat}: {system.name}")
            try:
                async with system.cluster(place) as cluster:
                    for count in IN_FLIGHT:
                        sample = await cluster.measure(msgspec.structs.replace(order, in_flight=count))
                        runs[system.name, count].append(sample)
                        tell.print(f"    {count} in flight: {number(sample.per_second)}/s")
            except BenchFailedError as error:
                if isinstance(system, Embedded):
                    raise
                failed[system.name] = str(error)
    by_name = {system.name: system for system in systems}
    return [Row(name, by_name[name].callers, count, samples) for (name, count), samples in runs.items() if samples]


def arguments_of(words: Sequence[str] | None) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--warm-up", type=float, default=1.0, help="seconds before it, which do not count")
    parser.add_argument("--repeat", type=int, default=3, help="turns; the median is shown")
    parser.add_argument("--size", type=int, default=256, help="bytes of a value")
    parser.add_argument("--algorithm", default="raft", help="what quorate runs")
    parser.add_argument("--only", help="some of the others, separated by commas; quorate is always measured")
    parser.add_argument("--data-dir", type=Path, help="on the disk to be measured; default: the system's temporary one")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    found = parser.parse_args(words)
    names = [peer.name for peer in PEERS]
    chosen = [name.strip() for name in found.only.split(",")] if found.only else names
    if wrong := [name for name in chosen if name not in names]:
        parser.error(f"--only {wrong[0]}: there is {', '.join(names)}")
    found.only = chosen
    return found


def compare(given: argparse.Namespace, directory: Path) -> Comparison:
    """Build, measure. A system that cannot be built or run is left out, with the reason."""
    tell = Console(stderr=True, highlight=False)
    systems: list[Peer] = [Embedded(given.algorithm), Http(given.algorithm)]
    missing: dict[str, str] = {}
    for peer in (peer for peer in PEERS if peer.name in given.only):
        tell.print(f"  preparing {peer.name}")
        try:
            lacking = peer.missing()
            if lacking is None:
                peer.prepare(directory / "workshop")
                systems.append(peer)
            else:
                missing[peer.name] = lacking
        except QuorateError as error:
            missing[peer.name] = str(error)
    machine = describe_machine(directory)
    order = Order(1, given.size, given.seconds, given.warm_up)
    rows = run_to_end(measure(systems, directory, order, given.repeat, tell, missing))
    notes = {system.name: system.note for system in systems}
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Comparison(__version__, now, machine, given.size, given.seconds, given.repeat, rows, notes, missing)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, and print a table."""
    given = arguments_of(words)
    try:
        with tempfile.TemporaryDirectory(
            prefix="quorate-peers-", dir=given.data_dir, ignore_cleanup_errors=True
        ) as directory:
            found = compare(given, Path(directory))
    except QuorateError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(as_text(found))
    if given.json:
        given.json.write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
