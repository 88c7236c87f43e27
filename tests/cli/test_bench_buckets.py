"""Buckets of latencies, and their picture."""

from __future__ import annotations

import pytest

from quorate.cli.bench_buckets import BUCKETS_AN_OCTAVE, bucket, percentile, plot, sample


def test_buckets_grow_by_the_same_factor() -> None:
    assert [bucket(microseconds * 1e-6) // BUCKETS_AN_OCTAVE for microseconds in (1.01, 2.01, 4.01, 1025)] == [
        0,
        1,
        2,
        10,
    ]
    assert bucket(0.0) == bucket(-1.0) == bucket(1e-9) == 0
    bounds = [2 ** (number / BUCKETS_AN_OCTAVE) for number in range(200)]
    for number, low in enumerate(bounds):
        assert bucket(low * 1.001e-6) == number
        assert bucket(low * 2 ** (1 / BUCKETS_AN_OCTAVE) * 0.999e-6) == number


def test_a_sample_counts_everything_once() -> None:
    latencies = [number / 1000 for number in range(100, 0, -1)]
    found = sample(latencies, 42.0)
    assert found.calls == sum(found.buckets.values()) == 100
    assert found.per_second == 42.0
    assert [found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms] == pytest.approx([50.0, 95.0, 99.0, 100.0])


def test_nothing_has_no_latency() -> None:
    found = sample([], 0.0)
    assert (found.calls, found.p50_ms, found.max_ms, found.buckets) == (0, 0.0, 0.0, {})
    assert plot(found.buckets) == ["no call ended"]


@pytest.mark.parametrize(("percent", "expected"), [(50, 2), (51, 3), (75, 3), (100, 4), (1, 1)])
def test_percentiles_are_by_nearest_rank(percent: int, expected: int) -> None:
    assert percentile([1, 2, 3, 4], percent) == expected


def test_the_plot_has_a_bar_for_each_doubling() -> None:
    at = {octave: octave * BUCKETS_AN_OCTAVE for octave in range(30)}
    lines = plot({at[8]: 100, at[8] + 3: 100, at[9]: 400, at[11]: 100})
    assert lines == [
        "  256 us - 512 us  28.6 %  ████████████████████",
        " 512 us - 1.02 ms  57.1 %  ████████████████████████████████████████",
        "1.02 ms - 2.05 ms       -",
        " 2.05 ms - 4.1 ms  14.3 %  ██████████",
    ]


def test_stray_calls_share_a_bar() -> None:
    middle = 10 * BUCKETS_AN_OCTAVE
    lines = plot({0: 1, middle: 9_998, 20 * BUCKETS_AN_OCTAVE: 1})
    assert [line.strip().split("  ")[0] for line in lines] == [
        "less than 1.02 ms",
        "1.02 ms - 2.05 ms",
        "2.05 ms and more",
    ]
    assert [line.split("%")[0].split()[-1] for line in lines] == ["<0.1", "100.0", "<0.1"]


def test_a_terminal_without_blocks_gets_ascii() -> None:
    (line,) = plot({80: 5}, unicode=False)
    assert line.endswith("#" * 40)
    assert line.isascii()
