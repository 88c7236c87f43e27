"""How many reads a cluster serves as observers are added to three voters.

    python benchmarks/observers.py [--algorithm zab] [--seconds 3] [--repeat 3] [--in-flight 16] [--json FILE]

For each node, a process of `quorate node`, there is a process of clients that read through it, by HTTP, all at once. `local` is what the
node has itself, `linearizable` the latest. Two figures: reads per second as measured, with every process on the cores that there are; and,
from the processor time that each node took for them, how many there would be if each node had a core of its own: the busiest node sets the
limit. With few cores growth shows in the second figure only: clients and nodes share them.
"""

import argparse
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.console import Console
from rich.table import Table

from quorate.cli.bench_cluster import free_base_port
from quorate.cli.bench_http_load import HttpOrder
from quorate.cli.bench_results import Sample
from quorate.cli.plan import PEER_OFFSET, ClusterPlan
from recovery import NODES, SIZE, put

OBSERVERS = (0, 1, 2)
LOAD = (sys.executable, "-m", "quorate.cli.bench_http_load")
KINDS: tuple[Literal["local", "linearizable"], ...] = ("local", "linearizable")
PORTS = [offset + node for offset in (0, PEER_OFFSET) for node in range(1, NODES + max(OBSERVERS) + 1)]
PATIENCE_S = 60.0

Row = dict[str, Any]


class Cluster:
    """Voters, and observers that joined them. `processes`: by node."""

    def __init__(self, plan: ClusterPlan) -> None:
        self.plan = plan
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        # As an installed package: its modules are compiled once, not at each start.
        self._environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(plan.directory.parent / "compiled")}
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def start(self, node: int) -> None:
        """Start a node whose file is there."""
        command = [sys.executable, "-m", "quorate.cli.main", "node", "--config", str(self.plan.config_file(node))]
        with self.plan.log_file(node).open("ab") as log:
            self.processes[node] = subprocess.Popen(command, stderr=log, env=self._environment)

    def observe(self, node: int) -> None:
        """One more node, which never votes."""
        plan = self.plan
        self.plan.config_file(node).write_text(
            f'cluster = "quorate"\nid = {node}\nalgorithm = "{plan.algorithm}"\ndata_dir = "node-{node}"\n'
            f'client = "{plan.endpoint(node).removeprefix("http://")}"\njoin = "{plan.peer(1)}"\nlearner = true\n'
            f'[peers]\n{node} = "{plan.peer(node)}"\n'
        )
        self.start(node)

    def settle(self) -> int:
        """Wait until all nodes follow one leader and have what it has; returns the leader."""
        deadline, never = time.monotonic() + PATIENCE_S, threading.Event()
        while time.monotonic() < deadline:
            said = [status(self.plan.base_port + node) for node in self.processes]
            known = [each for each in said if each is not None and each["leader"] is not None]
            if len(known) == len(said) and len({(each["leader"], each["applied"]) for each in known}) == 1:
                return int(known[0]["leader"])
            never.wait(0.05)
        log = self.plan.log_file(max(self.processes)).read_text().splitlines()
        raise SystemExit("\n".join(["the nodes do not agree on a leader; the last words of the newest:", *log[-10:]]))

    def processor_seconds(self) -> dict[int, float]:
        """So far, by node."""
        return {node: _processor_seconds(process.pid) for node, process in self.processes.items()}

    def stop(self) -> None:
        """End all of them."""
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait(PATIENCE_S)


def status(port: int) -> Row | None:
    """What a node says of itself; None: nobody answers there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/status")
        answer: Row = json.loads(connection.getresponse().read())
        return answer
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def cluster(directory: Path, algorithm: str) -> Iterator[Cluster]:
    """Three voters that hold one key."""
    plan = ClusterPlan(directory / "cluster", NODES, algorithm, free_base_port(PORTS))
    plan.prepare()
    made = Cluster(plan)
    try:
        for node in plan.ids:
            made.start(node)
        made.settle()
        if not put(plan.base_port + 1):
            raise SystemExit("the cluster took no write")
        yield made
    finally:
        made.stop()


def read(made: Cluster, what: Literal["local", "linearizable"], seconds: float, in_flight: int) -> Row:
    """Read through all nodes at once."""
    leader = made.settle()
    before = made.processor_seconds()
    clients = [
        subprocess.Popen([*LOAD, msgspec.json.encode(order).decode()], stdout=subprocess.PIPE)
        for order in (
            HttpOrder("127.0.0.1", made.plan.base_port + node, in_flight, SIZE, seconds, 0.0, what)
            for node in made.processes
        )
    ]
    said = [client.communicate(timeout=seconds + PATIENCE_S)[0] for client in clients]
    answers = [msgspec.json.decode(each, type=Sample) for each in said]
    spent = {node: after - before[node] for node, after in made.processor_seconds().items()}
    reads = sum(answer.per_second for answer in answers) * seconds
    return {
        "per_second": reads / seconds,
        "core_each_per_second": reads / max(spent.values()),
        "leader_us": spent[leader] / reads * 1e6,
        "p50_ms": statistics.median(answer.p50_ms for answer in answers),
    }


def measure(algorithm: str, seconds: float, repeat: int, in_flight: int, console: Console) -> list[Row]:
    """Both kinds of reads, with ever more observers."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory, cluster(Path(directory), algorithm) as made:
        for observers in OBSERVERS:
            if observers:
                made.observe(NODES + observers)
            for what in KINDS:
                with console.status(f"{what}, {observers} observers"):
                    runs = [read(made, what, seconds, in_flight) for _ in range(repeat)]
                median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
                low, high = (found(run["per_second"] for run in runs) for found in (min, max))
                rows.append({"observers": observers, "what": what, **median, "low": low, "high": high})
    return sorted(rows, key=lambda row: row["what"], reverse=True)


def table_of(rows: list[Row], title: str) -> Table:
    """A row for each kind and number of observers."""
    caption = f"a core each: reads/s if no node had to share one; here {os.cpu_count()} cores are shared by all nodes and clients"
    table = Table(title=title, caption=caption)
    headings = ("reads", "observers", "reads/s here", "lowest - highest", "a core each", "growth")
    for heading in (*headings, "leader µs/read", "p50 ms"):
        table.add_column(heading, justify="left" if heading == "reads" else "right")
    for row in rows:
        first = next(each for each in rows if each["what"] == row["what"])
        table.add_row(
            row["what"],
            str(row["observers"]),
            f"{row['per_second']:,.0f}",
            f"{row['low']:,.0f} - {row['high']:,.0f}",
            f"{row['core_each_per_second']:,.0f}",
            f"{row['core_each_per_second'] / first['core_each_per_second']:.2f}",
            f"{row['leader_us']:.0f}",
            f"{row['p50_ms']:.1f}",
        )
    return table


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--algorithm", default="zab", help="what the nodes run: one that has members without a vote")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement")
    parser.add_argument("--repeat", type=int, default=3, help="measurements; the median is shown, with the spread")
    parser.add_argument("--in-flight", type=int, default=16, help="connections to each node, a request open on each")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    console = Console()
    rows = measure(arguments.algorithm, arguments.seconds, arguments.repeat, arguments.in_flight, console)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    title = f"Reads through {NODES} voters and some observers, {arguments.algorithm}; {machine}"
    console.print(table_of(rows, title))
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"machine": machine, "algorithm": arguments.algorithm, "rows": rows}, indent=2)
        )


if __name__ == "__main__":
    main()
