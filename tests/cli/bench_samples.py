"""Figures made up for tests of what is shown of them."""

from __future__ import annotations

from quorate.cli.bench_results import Load, Machine, Report, Sample, Setting, Span, Speed


def machine(*, load: float = 0.1, file_system: str = "ext4") -> Machine:
    return Machine("A Processor", 2, "Linux 6.1", "CPython 3.11.7", True, load, "/data", file_system, 0.5)


def sample(per_second: float, p50_ms: float = 1.0, buckets: dict[int, int] | None = None) -> Sample:
    return Sample(1000, per_second, p50_ms, 2 * p50_ms, 3 * p50_ms, 40 * p50_ms, buckets or {80: 900, 88: 100})


def report(*, load: float = 0.1, file_system: str = "ext4") -> Report:
    speeds = [
        Speed(Load("write", "leader", 1), [sample(900.0), sample(1000.0), sample(1200.0)]),
        Speed(Load("write", "leader", 256), [sample(30_000.0, 8.0), sample(31_000.0, 8.5), sample(29_000.0, 9.0)]),
        Speed(Load("write", "leader", 64, 100), [sample(200_000.0, 20.0)] * 3),
        Speed(Load("http", "leader", 64), [sample(5_000.0, 12.0)] * 3),
    ]
    spans = [
        Span("failover", "leader killed, to the next acknowledged write", "ms", [float(ms) for ms in range(101, 131)])
    ]
    return Report(
        "1.0", "2026-01-02T03:04:05+00:00", machine(load=load, file_system=file_system), Setting(), speeds, spans
    )
