"""How fast quorate is on this machine: three processes, durable logs, loopback.

    python benchmarks/bench.py [--seconds 3] [--repeat 3] [--json FILE]

At the end comes how fast a killed cluster is back: see `recovery.py`, which can be run by itself.
Figures of one machine at one moment; compare only what one run measured.
"""

import argparse
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

HERE = Path(__file__).parent
NODES = 3
SIZE = 256

Row = dict[str, Any]


class Member:
    """A process of `member.py`."""

    def __init__(self, node_id: int, base_port: int, directory: Path) -> None:
        command = [sys.executable, str(HERE / "member.py"), str(node_id), str(base_port), str(directory / str(node_id))]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, order: Row) -> Any:
        """One order, one answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self) -> None:
        """End of orders: the process stops by itself."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def free_base_port() -> int:
    """A base such that the ports behind it are free now, below the range from which the system takes its own."""
    for base in range(21_000, 32_000, 200):
        try:
            for offset in (1, 2, 3, 101, 102, 103):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise SystemExit("no free ports between 21000 and 32000")


def embedded(directory: Path, seconds: float) -> Iterator[Row]:
    """Writes and reads through the embedded API, in the leader's process and in a follower's."""
    base_port = free_base_port()
    members = {i: Member(i, base_port, directory) for i in range(1, NODES + 1)}
    try:
        leader = members[1].ask({"do": "leader"})
        follower = leader % NODES + 1
        for what, where, node in (
            ("write", "leader", leader),
            ("write", "follower", follower),
            ("read", "leader", leader),
        ):
            for in_flight in (1, 64, 256):
                order = {"do": what, "in_flight": in_flight, "size": SIZE, "seconds": seconds, "warm_up": 0.5}
                yield {"what": what, "where": where, "in_flight": in_flight, **members[node].ask(order)}
    finally:
        for member in members.values():
            member.close()


@contextmanager
def served(directory: Path) -> Iterator[int]:
    """A cluster of `quorate up`; gives the client port of its leader."""
    base_port = free_base_port()
    command = [
        sys.executable,
        "-m",
        "quorate.cli.main",
        "up",
        "--data-dir",
        str(directory),
        "--base-port",
        str(base_port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield base_port + wait_for_leader(base_port)
    finally:
        process.terminate()
        process.wait(30)


def wait_for_leader(base_port: int) -> int:
    """Ask node 1 until it names a leader."""
    deadline = time.monotonic() + 60
    command = [
        sys.executable,
        "-m",
        "quorate.cli.main",
        "status",
        "--json",
        "--endpoint",
        f"http://127.0.0.1:{base_port + 1}",
    ]
    while time.monotonic() < deadline:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return int(json.loads(answer.stdout)["leader"])
    raise SystemExit("the HTTP cluster found no leader within 60 s")


def http(directory: Path, seconds: float) -> Iterator[Row]:
    """Puts through the HTTP face of the leader."""
    with served(directory) as port:
        for connections in (1, 64):
            command = [
                sys.executable,
                str(HERE / "http_load.py"),
                "127.0.0.1",
                str(port),
                str(connections),
                str(seconds),
                str(SIZE),
            ]
            answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 30)
            yield {"what": "put (HTTP)", "where": "leader", "in_flight": connections, **json.loads(answer.stdout)}


def merge(runs: list[list[Row]]) -> list[Row]:
    """The median run of each row, by throughput, with the spread over all."""
    merged = []
    for rows in zip(*runs, strict=True):
        ordered = sorted(rows, key=lambda row: row["per_second"])
        speeds = [row["per_second"] for row in rows]
        merged.append(
            ordered[len(ordered) // 2] | {"low": min(speeds), "high": max(speeds), "median": statistics.median(speeds)}
        )
    return merged


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of each measurement")
    parser.add_argument("--repeat", type=int, default=3, help="runs; the median is shown, with the spread")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    parser.add_argument("--only", choices=("embedded", "http", "recovery"), help="leave out the rest")
    arguments = parser.parse_args()
    if arguments.only != "recovery":
        measure_speed(arguments)
    if arguments.only in (None, "recovery"):
        command = [sys.executable, str(HERE / "recovery.py"), "--repeat", str(arguments.repeat)]
        raise SystemExit(subprocess.run(command, check=False).returncode)


def measure_speed(arguments: argparse.Namespace) -> None:
    """Writes and reads per second."""
    console = Console()
    runs = []
    for turn in range(arguments.repeat):
        rows: list[Row] = []
        with tempfile.TemporaryDirectory() as directory, console.status("starting") as status:
            for part in (embedded, http):
                if arguments.only in (None, part.__name__):
                    for row in part(Path(directory) / part.__name__, arguments.seconds):
                        rows.append(row)
                        status.update(
                            f"run {turn + 1} of {arguments.repeat}: {row['what']} {row['where']} x{row['in_flight']}"
                        )
        runs.append(rows)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()} {platform.release()}"
    table = Table(title=f"3 processes, durable, {SIZE}-byte values; {machine}")
    for heading in (
        "what",
        "in process of",
        "in flight",
        "per second",
        "lowest - highest",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "max ms",
    ):
        table.add_column(heading, justify="left" if heading in ("what", "in process of") else "right")
    merged = merge(runs)
    for row in merged:
        times = [f"{row[name]:.2f}" for name in ("p50_ms", "p95_ms", "p99_ms", "max_ms")]
        spread = f"{row['low']:,.0f} - {row['high']:,.0f}"
        table.add_row(row["what"], row["where"], str(row["in_flight"]), f"{row['per_second']:,.0f}", spread, *times)
    console.print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine, "rows": merged}, indent=2))


if __name__ == "__main__":
    main()
