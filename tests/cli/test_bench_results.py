"""Figures as data."""

from __future__ import annotations

import json

import msgspec
import pytest

from cli.bench_samples import report, sample
from quorate.cli.bench_results import Load, Span, Speed, decode, encode


def test_a_speed_is_the_median_of_its_runs_with_the_spread() -> None:
    speed = Speed(Load("write", "leader", 64), [sample(10.0, 1.0), sample(30.0, 3.0), sample(20.0, 2.0)])
    assert (speed.median, speed.low, speed.high) == (20.0, 10.0, 30.0)
    assert (speed.p50_ms, speed.p95_ms, speed.p99_ms) == (2.0, 4.0, 6.0)
    assert speed.max_ms == 120.0, "the worst call of all runs"
    assert speed.buckets() == {80: 2700, 88: 300}


def test_percentiles_of_rounds_are_by_nearest_rank() -> None:
    span = Span("failover", "x", "ms", [float(value) for value in range(30, 0, -1)])
    assert (span.median, span.least, span.p90, span.worst) == (15.5, 1.0, 27.0, 30.0)
    one = Span("failover", "x", "ms", [7.0])
    assert (one.median, one.least, one.p90, one.worst) == (7.0, 7.0, 7.0, 7.0)


def test_loads_have_names_for_people() -> None:
    assert Load("write", "leader", 1024).label == "write, leader, 1,024 in flight"
    assert Load("write", "leader", 1, 100).title == "write, lists of 100"
    assert Load("http", "leader", 1).title == "put, HTTP/JSON"


def test_a_report_survives_json() -> None:
    found = report()
    assert decode(encode(found)) == found
    told = json.loads(encode(found))
    assert told["speeds"][0]["runs"][0]["buckets"] == {"80": 900, "88": 100}
    with pytest.raises(msgspec.DecodeError):
        decode(b"{}")


def test_the_machine_is_told_in_a_line() -> None:
    machine = report().machine
    assert machine.title == "A Processor, 2 cores, Linux 6.1, CPython 3.11.7 with uvloop"
    assert machine.disk == "data on ext4 (/data), where a durable write of 4 KiB takes 0.50 ms (median)"
