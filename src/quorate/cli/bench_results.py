"""What `quorate bench` measured, as data: it can be kept, compared with a later run, and drawn."""

from __future__ import annotations

from statistics import median
from typing import Literal, TypeAlias

import msgspec

Where: TypeAlias = Literal["leader", "follower"]


class Load(msgspec.Struct, frozen=True):
    """What callers do: `in_flight` of them, each with one call open at a time. `together`: commands in each call, applied as one unit.
    `where`: whose process they are in, or whose HTTP port they talk to."""

    what: Literal["write", "read", "http"]
    where: Where
    in_flight: int
    together: int = 1

    @property
    def title(self) -> str:
        """For people."""
        name = {"write": "write", "read": "read", "http": "put, HTTP/JSON"}[self.what]
        return f"{name}, lists of {self.together}" if self.together > 1 else name

    @property
    def label(self) -> str:
        """In one piece."""
        return f"{self.title}, {self.where}, {self.in_flight:,} in flight"


class Sample(msgspec.Struct, frozen=True):
    """One measurement of one load. `calls`: how many ended; `per_second`: commands, or reads. Times are those of calls. `buckets`: how
    many calls took how long, by number of the bucket (`bench_buckets`)."""

    calls: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    buckets: dict[int, int]


class Speed(msgspec.Struct, frozen=True):
    """All measurements of one load, in order."""

    load: Load
    runs: list[Sample]

    @property
    def median(self) -> float:
        """Per second."""
        return median(run.per_second for run in self.runs)

    @property
    def low(self) -> float:
        """Per second, of the slowest run."""
        return min(run.per_second for run in self.runs)

    @property
    def high(self) -> float:
        """Per second, of the fastest run."""
        return max(run.per_second for run in self.runs)

    @property
    def p50_ms(self) -> float:
        """The median over the runs."""
        return median(run.p50_ms for run in self.runs)

    @property
    def p95_ms(self) -> float:
        """The median over the runs."""
        return median(run.p95_ms for run in self.runs)

    @property
    def p99_ms(self) -> float:
        """The median over the runs."""
        return median(run.p99_ms for run in self.runs)

    @property
    def max_ms(self) -> float:
        """The slowest call of all runs."""
        return max(run.max_ms for run in self.runs)

    def buckets(self) -> dict[int, int]:
        """Calls of all runs."""
        total: dict[int, int] = {}
        for run in self.runs:
            for number, count in run.buckets.items():
                total[number] = total.get(number, 0) + count
        return dict(sorted(total.items()))


Tale: TypeAlias = Literal["failover", "restart", "log", "memory", "peak"]


class Span(msgspec.Struct, frozen=True):
    """Something measured once a round, such as the time of a failover. `what`: short, for programs; `title`: for people."""

    what: Tale
    title: str
    unit: Literal["ms", "MB"]
    values: list[float]

    @property
    def median(self) -> float:
        """Of all rounds."""
        return median(self.values)

    @property
    def p90(self) -> float:
        """By nearest rank."""
        return sorted(self.values)[max(0, -(-9 * len(self.values) // 10) - 1)]

    @property
    def worst(self) -> float:
        """Of all rounds."""
        return max(self.values)

    @property
    def least(self) -> float:
        """Of all rounds."""
        return min(self.values)


class Machine(msgspec.Struct, frozen=True):
    """What it was measured on. `load`: how many processes wanted to run just before, over a minute. `sync_p50_ms`: of writing 4 KiB to the
    end of a file and making them durable. `uvloop`: whether the nodes ran on it. `round_trip_us`: of a byte between two processes over
    loopback, and `call_ns`: of calling a function of Python; 0: not measured."""

    processor: str
    cores: int
    system: str
    python: str
    uvloop: bool
    load: float
    directory: str
    file_system: str
    sync_p50_ms: float
    round_trip_us: float = 0.0
    call_ns: float = 0.0

    @property
    def title(self) -> str:
        """In one line."""
        loop = " with uvloop" if self.uvloop else ""
        return f"{self.processor}, {_cores(self.cores)}, {self.system}, {self.python}{loop}"

    @property
    def disk(self) -> str:
        """In one line."""
        return f"data on {self.file_system} ({self.directory}), {self.pace}"

    @property
    def pace(self) -> str:
        """What its parts take, in one line."""
        parts = f"where a durable write of 4 KiB takes {self.sync_p50_ms:.2f} ms (median)"
        if self.round_trip_us:
            parts += f", a round trip over loopback {self.round_trip_us:.0f} µs, and a function call in Python {self.call_ns:.0f} ns"
        return parts


def _cores(count: int) -> str:
    return "1 core" if count == 1 else f"{count} cores"


class Setting(msgspec.Struct, frozen=True):
    """What was asked for. `entries`: commands in the logs of the rows about recovery; `rounds`: of failovers."""

    algorithm: str = "raft"
    nodes: int = 3
    size_bytes: int = 256
    seconds: float = 3.0
    warm_up_s: float = 0.5
    repeat: int = 3
    rounds: int = 30
    entries: int = 100_000

    @property
    def title(self) -> str:
        """In one line."""
        return f"{self.algorithm}: {self.nodes} processes on loopback, durable logs, {self.size_bytes:,}-byte values"


class Report(msgspec.Struct, frozen=True):
    """One run of the command. `measured_at`: in ISO 8601, UTC."""

    version: str
    measured_at: str
    machine: Machine
    setting: Setting
    speeds: list[Speed]
    spans: list[Span]


def encode(report: Report) -> bytes:
    """As JSON, for reading too."""
    return msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n"


def decode(data: bytes) -> Report:
    """Back. Raises `msgspec.DecodeError` for anything else."""
    return msgspec.json.decode(data, type=Report)
