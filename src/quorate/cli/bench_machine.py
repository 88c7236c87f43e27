"""The machine that figures are from, as far as it can be asked."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
import time
import timeit
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from quorate.cli.bench_results import Machine

SYNCS = 100
ROUND_TRIPS = 1000
CALLS = 100_000
PATIENCE_S = 60.0
ECHO = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as link:
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    while data := link.recv(1):
        link.sendall(data)
"""
BLOCK = 4096
IN_MEMORY = frozenset({"tmpfs", "ramfs"})
"""File systems on which making something durable costs nothing, because it is not."""


def describe_machine(directory: Path, syncs: int = SYNCS) -> Machine:
    """`directory`: where the nodes will keep their data; a file is written there, and removed."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        system=f"{platform.system()} {platform.release()}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        uvloop=has_uvloop(),
        load=round(os.getloadavg()[0], 2),
        directory=str(directory),
        file_system=file_system(directory),
        sync_p50_ms=sync_p50_ms(directory, syncs),
        round_trip_us=round_trip_us(),
        call_ns=call_ns(),
    )


def has_uvloop() -> bool:
    """Whether the nodes of a benchmark run on uvloop, as those of `quorate node` do where it is installed."""
    return find_spec("uvloop") is not None


def _processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def file_system(directory: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the one that holds `directory`; "unknown" where the system does not tell."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return "unknown"
    resolved = directory.resolve()
    best, kind = "", "unknown"
    for line in lines:
        _, place, type_, *_ = line.split(" ")
        place = place.replace("\\040", " ")
        if resolved.is_relative_to(place) and len(place) >= len(best):
            best, kind = place, type_
    return kind


def sync_p50_ms(directory: Path, syncs: int = SYNCS) -> float:
    """How long it takes, at the median, to write 4 KiB to the end of a file and to make them durable."""
    path = directory / "sync-probe"
    sync = getattr(os, "fdatasync", os.fsync)
    times = []
    try:
        with path.open("wb", buffering=0) as file:
            for _ in range(syncs):
                began = time.perf_counter()
                file.write(bytes(BLOCK))
                sync(file.fileno())
                times.append(time.perf_counter() - began)
    finally:
        path.unlink(missing_ok=True)
    return sorted(times)[len(times) // 2] * 1000


def round_trip_us(trips: int = ROUND_TRIPS) -> float:
    """How long a byte takes, at the median, to another process on this machine and back."""
    times = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        with subprocess.Popen([sys.executable, "-I", "-c", ECHO, str(server.getsockname()[1])]) as other:
            try:
                link, _ = server.accept()
                with link:
                    link.settimeout(PATIENCE_S)
                    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for _ in range(trips):
                        began = time.perf_counter()
                        link.sendall(b"x")
                        link.recv(1)
                        times.append(time.perf_counter() - began)
            finally:
                other.kill()
    return sorted(times)[len(times) // 2] * 1_000_000


def call_ns(calls: int = CALLS) -> float:
    """How long Python takes to call a function that does next to nothing: the best of some attempts, which tells builds apart."""
    return min(timeit.repeat(_one_more_times(calls), number=1, repeat=5)) / calls * 1_000_000_000


def _one_more_times(calls: int) -> Callable[[], None]:
    def one_more(number: int) -> int:
        return number + 1

    def run() -> None:
        number = 0
        for _ in range(calls):
            number = one_more(number)

    return run
