"""How long a cluster that was killed takes until it acknowledges a write again, and what it holds in memory then.

    python benchmarks/recovery.py [--entries 100000] [--repeat 3] [--json FILE]

Three processes of `quorate node`, on logs that hold every command (no snapshot is taken): each command as an entry and a write of
its own, which is the worst case, and 64 commands to an entry, as writers at work make it. All three are killed with SIGKILL and started
again at once. Seconds count from the first process's start to the first answer to a write, through HTTP, at whichever node.
"""

import argparse
import base64
import http.client
import json
import os
import platform
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

from rich.console import Console
from rich.table import Table

from quorate.algorithms import catalog
from quorate.cli.bench_cluster import free_base_port
from quorate.cli.plan import PEER_OFFSET, ClusterPlan
from quorate.core.effects import Persist
from quorate.core.entry import Batch, Entry, EntryKind, SessionId, encode_batch
from quorate.machines.kv import Put, encode_command
from quorate.real.disk import RealDisk, RealFile
from quorate.storage.disk import File
from quorate.storage.store import Store

NODES = 3
SIZE = 256
PATIENCE_S = 120.0
MEGABYTE = 1_000_000
SHAPES = {"one command an entry": 1, "64 commands an entry": 64}

Row = dict[str, Any]


class UnsyncedFile(RealFile):
    """For making a log quickly: it has to survive the death of processes only."""

    def sync(self) -> None:
        """Nothing."""


class UnsyncedDisk(RealDisk):
    """A directory of such files."""

    def open(self, path: str, *, create: bool = False) -> File:
        """A file whose syncs do nothing."""
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        return UnsyncedFile(os.open(self.root / path, flags, 0o640))


def entries(commands: int, together: int) -> Iterator[Entry]:
    """A log of `commands` puts with values of `SIZE` bytes, `together` in each entry."""
    draw = random.Random(7)
    session = SessionId(1, 1, 1)
    for index, first in enumerate(range(0, commands, together), 1):
        puts = [
            encode_command(Put(b"key-%07d" % number, draw.randbytes(SIZE)))
            for number in range(first, min(first + together, commands))
        ]
        data = encode_batch(Batch(session, index, max(0, index - 4), puts))
        yield Entry(index, 1, EntryKind.BATCH, data, crc32(data))


def build(plan: ClusterPlan, commands: int, together: int) -> None:
    """Make the data directories, as three nodes have them that are killed while they take writes."""
    spec = catalog.find(plan.algorithm)
    log = list(entries(commands, together))
    for node in plan.ids:
        with UnsyncedDisk(plan.directory / f"node-{node}") as disk:
            store = Store.open(
                disk,
                cluster="quorate",
                node=node,
                algorithm=spec.name,
                hard_state=spec.hard_state,
                disk_id=node,
            )
            store.write([Persist(1, hard_state=spec.hard_state(1, 1))])
            for entry in log:
                store.write([Persist(entry.index + 1, entries=(entry,), commit=entry.index - 1)])
                if store.wants_upkeep:
                    store.upkeep()
            store.close()


class Cluster:
    """The processes of one plan."""

    def __init__(self, plan: ClusterPlan, environment: dict[str, str]) -> None:
        self._plan = plan
        self._environment = environment
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start all of them."""
        for node in self._plan.ids:
            command = [sys.executable, "-m", "quorate.cli.main", "node", "--config", str(self._plan.config_file(node))]
            with self._plan.log_file(node).open("ab") as log:
                self._processes.append(subprocess.Popen(command, stderr=log, env=self._environment))

    def kill(self) -> None:
        """SIGKILL, all of them, and wait until they are gone."""
        for process in self._processes:
            process.send_signal(signal.SIGKILL)
        for process in self._processes:
            process.wait(30)
        self._processes.clear()

    def first_write(self) -> float:
        """When the first write was acknowledged, by the clock of `time.perf_counter`."""
        answered = threading.Event()
        times: list[float] = []

        def ask(port: int) -> None:
            deadline = time.perf_counter() + PATIENCE_S
            while not answered.is_set() and not self._all_ended() and time.perf_counter() < deadline:
                if put(port):
                    times.append(time.perf_counter())
                    answered.set()
                else:
                    answered.wait(0.005)

        threads = [threading.Thread(target=ask, args=(self._plan.base_port + node,)) for node in self._plan.ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not times:
            log = self._plan.log_file(1).read_text().splitlines()
            raise SystemExit("\n".join(["no write was acknowledged; the last words of node 1:", *log[-10:]]))
        return min(times)

    def _all_ended(self) -> bool:
        return all(process.poll() is not None for process in self._processes)

    def measure(self) -> Row:
        """Processor seconds so far and memory of the node that has most of it."""
        rows = [_of_process(process.pid) for process in self._processes]
        return {name: max(row[name] for row in rows) for name in rows[0]}


def put(port: int) -> bool:
    """Whether a write was acknowledged there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    body = {"key": base64.b64encode(b"again").decode(), "value": base64.b64encode(bytes(SIZE)).decode()}
    try:
        connection.request("POST", "/v3/kv/put", json.dumps(body), {"Content-Type": "application/json"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _of_process(pid: int) -> Row:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    sizes = {
        name: int(status[key].split()[0]) * 1024 / MEGABYTE for name, key in (("rss_mb", "VmRSS"), ("peak_mb", "VmHWM"))
    }
    return {"cpu_s": ticks / os.sysconf("SC_CLK_TCK"), **sizes}


@contextmanager
def killed_cluster(directory: Path, commands: int, together: int) -> Iterator[Cluster]:
    """A cluster that has served on such logs and was killed."""
    options = {"snapshot_entries": 1 << 30, "snapshot_bytes": 1 << 40}
    ports = [offset + node for offset in (0, PEER_OFFSET) for node in range(1, NODES + 1)]
    plan = ClusterPlan(directory / "cluster", NODES, catalog.DEFAULT, free_base_port(ports), options)
    plan.prepare()
    build(plan, commands, together)
    # As an installed package: its modules are compiled once, not at each start.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(directory / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    cluster = Cluster(plan, environment)
    try:
        cluster.start()
        cluster.first_write()
        cluster.kill()
        yield cluster
    finally:
        cluster.kill()


def recover(directory: Path, commands: int, together: int, repeat: int) -> Row:
    """Start, write and kill, `repeat` times on the same logs."""
    runs: list[Row] = []
    with killed_cluster(directory, commands, together) as cluster:
        for _ in range(repeat):
            began = time.perf_counter()
            cluster.start()
            seconds = cluster.first_write() - began
            runs.append({"seconds": seconds, **cluster.measure()})
            cluster.kill()
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return median | {"low": min(run["seconds"] for run in runs), "high": max(run["seconds"] for run in runs)}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=100_000, help="commands in each log")
    parser.add_argument("--repeat", type=int, default=3, help="starts; the median is shown, with the spread")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    console = Console()
    rows = []
    for shape, together in SHAPES.items():
        with tempfile.TemporaryDirectory() as directory, console.status(shape):
            row = recover(Path(directory), arguments.entries, together, arguments.repeat)
        rows.append({"shape": shape, **row})
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    table = Table(title=f"3 processes killed and started on {arguments.entries:,} commands of {SIZE} bytes; {machine}")
    headings = ("log", "s to first write", "lowest - highest", "processor s of a node", "memory MB", "peak MB")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "log" else "right")
    for row in rows:
        spread = f"{row['low']:.2f} - {row['high']:.2f}"
        figures = (
            f"{row['seconds']:.2f}",
            spread,
            f"{row['cpu_s']:.2f}",
            f"{row['rss_mb']:.0f}",
            f"{row['peak_mb']:.0f}",
        )
        table.add_row(row["shape"], *figures)
    console.print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "rows": rows}, indent=2))


if __name__ == "__main__":
    main()
