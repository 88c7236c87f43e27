"""The machine that figures are from, as far as it can be asked."""

from __future__ import annotations

import os
import platform
import time
from importlib.util import find_spec
from pathlib import Path

from quorate.cli.bench_results import Machine

SYNCS = 100
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
